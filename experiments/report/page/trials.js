// The search: its trials over time with the best so far, the front as it grew, what the
// axes matter, and the trials that were stopped early. A slider goes back in time.

const trials = {
  at: 0, // which of the searches
  goal: 0, // of the first plot
  until: Infinity, // the last trial that is shown
  plots: [],

  make(root) {
    this.root = root;
    this.tools = $(".tools", root);
    this.note = $(".note", root);
    this.body = $(".searches", root);
    page.on("runs", () => this.arrange());
    for (const event of ["visible", "lit"])
      page.on(
        event,
        soon(() => this.redraw()),
      );
    this.arrange();
  },

  search() {
    return page.model.searches[this.at];
  },
  // shown are the trials up to the slider.
  shown() {
    return this.search().trials.slice(0, this.until);
  },
  redraw() {
    for (const p of this.plots) p.redraw();
  },

  // arrange makes the figures that this search needs.
  arrange() {
    this.at = Math.min(this.at, page.model.searches.length - 1);
    this.root.hidden = this.at < 0;
    for (const p of this.plots) p.remove();
    this.plots = [];
    if (this.root.hidden) return void (this.at = 0);
    const s = this.search();
    this.goal = Math.min(this.goal, s.goals.length - 1);
    this.drawTools(s);
    const figure = (kind, title, ...more) =>
      h(
        "figure",
        { class: "searched " + kind },
        h("figcaption", {}, h("b", {}, title)),
        h("div", { class: "plot" }),
        ...more,
      );
    const figures = [[TimePlot, figure("time", "Trials over time", trialKey(s))]];
    if (s.goals.length > 1)
      figures.push([FrontPlot, figure("front", "The front", h("p", { class: "hint" }))]);
    if (s.rule)
      figures.push([
        RungPlot,
        figure("rungs", "Where runs were stopped", h("p", { class: "hint" }, rungWords(s))),
      ]);
    this.body.replaceChildren(
      ...figures.map(([, f]) => f),
      h("figure", { class: "searched importance" }, importance(s)),
    );
    this.plots = figures.map(([Kind, f]) => new Kind($(".plot", f), f));
    this.say();
  },

  drawTools(s) {
    const n = s.trials.length,
      shown = Math.min(n, this.until);
    this.output = h("output", {}, `${shown} of ${n}`);
    this.tools.replaceChildren(
      ...[
        page.model.searches.length > 1 &&
          choice(
            "Search",
            page.model.searches.map((x, k) => [k, x.name]),
            this.at,
            (v) => {
              this.at = Number(v);
              this.until = Infinity;
              this.arrange();
            },
          ),
        s.goals.length > 1 &&
          segments(
            "Over time",
            s.goals.map((g, k) => [k, g.name]),
            this.goal,
            (k) => {
              this.goal = k;
              this.redraw();
            },
          ),
        n > 1 &&
          h(
            "label",
            { class: "tool" },
            h("span", {}, "Trials"),
            h("input", {
              type: "range",
              id: "trials",
              min: 1,
              max: n,
              value: shown,
              on: {
                input: (event) => {
                  const v = Number(event.target.value);
                  this.until = v < n ? v : Infinity;
                  this.output.textContent = `${v} of ${n}`;
                  this.redraw();
                },
              },
            }),
            this.output,
          ),
      ].filter(Boolean),
    );
  },

  say() {
    const s = this.search(),
      count = (state) => s.trials.filter((t) => t.state === state).length;
    const counts = [
      [count("stopped"), "stopped early"],
      [count("failed"), "failed"],
      [
        s.trials.filter((t) => t.state !== "failed" && t.values?.length && t.excess !== 0).length,
        "outside of the bounds",
      ],
      [count("pending"), "without an outcome"],
    ].filter(([n]) => n);
    this.note.textContent =
      s.words +
      (s.words.endsWith("…") ? "" : ".") +
      (counts.length ? ` ${counts.map(([n, what]) => `${n} ${what}`).join(", ")}.` : "");
  },
};

// feasible are trials that count: done, and within all bounds.
const feasible = (t) => t.state === "done" && t.excess === 0;
const valueOf = (t, goal) => t.values?.[goal] ?? null;
const ahead = (goal, v, than) => (goal.higher ? v > than : v < than);

// bestSoFar gives for each trial the best value up to it, or null.
function bestSoFar(list, goals, goal) {
  let best = null;
  return list.map((t) => {
    const v = feasible(t) ? valueOf(t, goal) : null;
    if (v !== null && (best === null || ahead(goals[goal], v, best))) best = v;
    return best;
  });
}

// frontOf gives the trials that no other equals or exceeds in both goals.
function frontOf(list, goals) {
  const turn = (t, g) => (goals[g].higher ? -1 : 1) * valueOf(t, g);
  return paretoFront(
    list
      .filter((t) => feasible(t) && valueOf(t, 0) !== null && valueOf(t, 1) !== null)
      .map((t) => ({ t, x: turn(t, 0), y: turn(t, 1) })),
  ).map((p) => p.t);
}

function trialKey(s) {
  const has = (f) => s.trials.some((t) => t.values?.length && f(t));
  return h(
    "p",
    { class: "trial-key" },
    [
      ["done", "done"],
      has((t) => t.state === "done" && t.excess !== 0) && ["outside", "outside of the bounds"],
      has((t) => t.state === "stopped") && ["stopped", "stopped early"],
      ["line", "best so far"],
    ]
      .filter(Boolean)
      .map(([kind, text]) => h("span", {}, h("i", { class: "sign " + kind }), text)),
  );
}

function rungWords(s) {
  const name = s.goals[0].name;
  return s.rule === "median"
    ? `${name} at the rungs: a run worse than the median of those before it ends there.`
    : `${name} at the rungs: the best of each few go on, the others end there.`;
}

// words of a trial for the box beside the pointer.
function trialWords(t, k, s) {
  const run = page.model.runs[t.run];
  return [
    h("b", {}, swatch(t.run), `Trial ${k + 1}`, t.origin && ` by ${t.origin}`),
    h("span", {}, run.label),
    s.goals.map((g, i) => h("span", {}, `${g.name} ${short(valueOf(t, i))}`)),
    t.state === "done" && t.excess !== 0 && h("span", {}, `outside of ${s.bounds.join(", ")}`),
    t.state !== "done" && h("span", {}, run.problem || t.state),
  ].flat();
}
