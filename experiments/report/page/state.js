// What is shown and lit, for everything on the page: which runs are visible (the
// filter), picked, and under the pointer. Whoever shows runs listens.

const page = {
  model: null,
  picked: new Set(), // indices of runs
  hover: null,
  text: "", // the query
  facets: new Map(), // axis -> Set of its values' indices that are wanted
  ranges: new Map(), // dimension's id -> [low, high]
  visible: [],
  problem: "", // what is wrong with the query
  listeners: {},

  on(event, f) {
    (this.listeners[event] ??= []).push(f);
  },
  off(event, f) {
    this.listeners[event] = this.listeners[event].filter((g) => g !== f);
  },
  emit(event) {
    for (const f of this.listeners[event] ?? []) f();
  },

  setHover(run) {
    if (run === this.hover) return;
    this.hover = run;
    this.emit("lit");
  },
  toggle(run) {
    if (!this.picked.delete(run)) this.picked.add(run);
    this.emit("picked");
    this.emit("lit");
  },
  pick(runs) {
    this.picked = new Set(runs);
    this.emit("picked");
    this.emit("lit");
  },
  lit(run) {
    return this.picked.has(run) || this.hover === run;
  },
  dim(run) {
    return this.picked.size > 0 && !this.lit(run);
  },

  filtering() {
    return this.text.trim() !== "" || this.facets.size > 0 || this.ranges.size > 0;
  },
  // filter works out anew which runs are visible.
  filter() {
    const { test, problem } = parseQuery(this.text, this.dims);
    this.problem = problem;
    const before = this.visible.join();
    this.visible = this.model.runs
      .map((_, i) => i)
      .filter((i) => {
        const run = this.model.runs[i];
        for (const [axis, wanted] of this.facets) if (!wanted.has(run.at[axis])) return false;
        for (const [id, [low, high]] of this.ranges) {
          const v = this.dim$(id)?.of(run);
          if (v === null || v === undefined || v < low || v > high) return false;
        }
        return test(run);
      });
    this.shows = new Set(this.visible);
    if (this.visible.join() !== before) this.emit("visible");
    this.emit("filter");
  },
  clearFilter() {
    this.text = "";
    this.facets.clear();
    this.ranges.clear();
    this.filter();
  },
  dim$(id) {
    return this.dims.find((d) => d.id === id);
  },

  // lacking says how many visible runs are done and have no such number.
  lacking(what, has) {
    const n = this.visible.filter((i) => {
      const run = this.model.runs[i];
      return run.status === "done" && !has(run);
    }).length;
    if (!n) return "";
    return n === 1
      ? ` 1 run is left out: it is done and has no ${what}.`
      : ` ${n} runs are left out: they are done and have no ${what}.`;
  },

  // load takes a model, at first and whenever a live page gets another.
  load(model) {
    for (const list of [
      "experiments",
      "inputs",
      "axes",
      "columns",
      "series",
      "runs",
      "findings",
      "searches",
      "notes",
      "warnings",
      "facts",
      "files",
    ])
      model[list] ??= [];
    for (const run of model.runs)
      for (const list of ["at", "numbers", "curves", "frames", "links", "tags"]) run[list] ??= [];
    for (const run of model.runs) for (const table of run.curves) table.y ??= [];
    this.model = model;
    this.dims = dimensions(model);
    this.shows = new Set();
  },
};

// A dimension is an axis or a column, where it does not matter which: of gives a
// run's place on it, a number or null; label what to call that.
function dimensions(model) {
  return [
    ...model.axes.map((axis, k) => {
      const numbers = axis.values.map(Number),
        numeric = axis.values.every((v, i) => v.trim() !== "" && Number.isFinite(numbers[i]));
      return {
        id: "axis:" + axis.key,
        key: axis.key,
        name: axis.name,
        axis: k,
        values: axis.values,
        colours: axis.colours,
        other: axis.other,
        numeric,
        of: (run) => (run.at[k] >= 0 ? run.at[k] : null),
        number: (run) => (run.at[k] >= 0 && numeric ? numbers[run.at[k]] : null),
        label: (run) => (run.at[k] >= 0 ? axis.values[run.at[k]] : "–"),
      };
    }),
    ...model.columns.map((column, k) => ({
      id: "column:" + column.key,
      key: column.key,
      name: column.name,
      column: k,
      better: column.better,
      unit: column.unit,
      group: column.group,
      first: column.first,
      numeric: true,
      of: (run) => run.numbers[k],
      number: (run) => run.numbers[k],
      label: (run) => written(column, run.numbers[k]),
      write: (v) => written(column, v),
    })),
  ];
}

// columnOptions lists the columns for a select, by group.
function columnOptions() {
  const groups = new Map();
  for (const d of page.dims) {
    if (d.column === undefined) continue;
    if (!groups.has(d.group)) groups.set(d.group, []);
    groups.get(d.group).push([d.id, d.name]);
  }
  return [...groups].map(([group, options]) => ({ group, options }));
}

const runOf = (node) => {
  const e = node instanceof Element && node.closest("[data-run]");
  return e ? Number(e.dataset.run) : null;
};
