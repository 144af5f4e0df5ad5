// Effects: what each axis does to a number by itself, over all visible runs; and,
// where seeds repeat, how much of a difference is noise.

const effects = {
  of: null, // a column's id
  // "log" or "linear"; null until the reader chooses: log where values differ by a factor of fifty.
  scale: null,

  make(root) {
    this.root = root;
    this.tools = $(".tools", root);
    this.body = $(".effects", root);
    this.note = $(".note", root);
    page.on("runs", () => {
      this.drawTools();
      this.draw();
    });
    page.on(
      "visible",
      soon(() => this.draw()),
    );
    page.on(
      "lit",
      soon(() => this.light()),
    );
    page.on("theme", () => this.draw());
    this.body.addEventListener("pointerover", (event) => {
      if (event.target.dataset.run) page.setHover(Number(event.target.dataset.run));
    });
    this.body.addEventListener("click", (event) => {
      if (event.target.dataset.run) page.toggle(Number(event.target.dataset.run));
    });
    this.drawTools();
    this.draw();
  },

  drawTools() {
    if (!page.dim$(this.of))
      this.of =
        page.dims.find((d) => d.key.startsWith("term.style") || d.group === "style")?.id ??
        page.dims.find((d) => d.column !== undefined)?.id;
    this.tools.replaceChildren(
      choice("On", columnOptions(), this.of, (v) => {
        this.of = v;
        this.scale = null;
        this.draw();
      }),
      h("span", { class: "scale" }),
    );
  },

  draw() {
    const dim = page.dim$(this.of),
      axes = page.dims.filter((d) => d.axis !== undefined && !d.other);
    let runs = dim
      ? page.visible
          .map((i) => ({ i, run: page.model.runs[i], v: dim.of(page.model.runs[i]) }))
          .filter((r) => r.v !== null)
      : [];
    const left = comparable(runs);
    runs = left.runs;
    this.root.hidden = !axes.length;
    if (!axes.length) return;
    this.body.replaceChildren();
    if (runs.length < 2) {
      this.note.textContent = "Effects need two visible runs with this number.";
      return;
    }
    // On a log scale means are of the logarithms, and differences are factors.
    const able = runs.every((r) => r.v > 0),
      wide = able && Math.max(...runs.map((r) => r.v)) > 50 * Math.min(...runs.map((r) => r.v));
    const log = able && (this.scale === null ? wide : this.scale === "log");
    $(".scale", this.tools).replaceChildren(
      segments(
        "Scale",
        [
          ["log", "log", !able],
          ["linear", "linear"],
        ],
        log ? "log" : "linear",
        (v) => {
          this.scale = v;
          this.draw();
        },
      ),
    );
    if (log) runs = runs.map((r) => ({ ...r, v: Math.log(r.v) }));
    this.write = {
      mean: (v) => dim.write(log ? Math.exp(v) : v),
      span: (v) => (log ? "a factor of " + short(Math.exp(v)) : dim.write(v)),
      noise: (v) => (log ? "a factor of " : "±") + short(log ? Math.exp(v) : v),
    };
    const isSeed = (d) => d.key === "seed" || d.key.endsWith(".seed") || d.name === "seed";
    const cell = (run) =>
      page.dims
        .filter((d) => d.axis !== undefined && !isSeed(d))
        .map((d) => d.of(run))
        .join();
    const floor = noiseFloor(runs.map(({ run, v }) => [cell(run), v]));
    const found = axes
      .map((axis) => {
        const rows = runs.filter(({ run }) => axis.of(run) !== null);
        return {
          axis,
          seed: isSeed(axis),
          rows,
          ...mainEffect(rows.map(({ run, v }) => [axis.of(run), v])),
        };
      })
      .filter((e) => e.levels.length > 1)
      .sort((a, b) => (b.part ?? 0) - (a.part ?? 0));
    const { scale } = scaleOf(
      runs.map((r) => r.v),
      false,
      0.06,
    );
    const ticks = log
      ? logTicks(Math.exp(scale.low), Math.exp(scale.high), 4)
          .filter((t) => t.label)
          .map((t) => ({ v: Math.log(t.v), label: t.label }))
      : scale.ticks(4);
    for (const e of found) this.body.append(this.one(e, dim, scale, ticks, floor));
    this.note.textContent = found.length
      ? this.strongest(found, dim, log) +
        this.noise(floor, log) +
        left.words +
        page.lacking(dim.name, (r) => dim.of(r) !== null)
      : "No axis has two values among the visible runs.";
  },

  // strongest names the axis that explains most of the variance.
  strongest(found, dim, log) {
    const best = found.find((e) => !e.seed);
    if (!best) return "";
    const part = `${percent(best.part)} of the variance${log ? " of its logarithm" : ""}`;
    return `${best.axis.name} matters most to ${dim.name}: it explains ${part}. `;
  },

  // noise says how far runs of equal configurations lie apart.
  noise(floor, log) {
    if (!floor) {
      return "No two runs differ in the seed alone, so the noise is unknown: make seed an axis.";
    }
    const both = 2 * Math.SQRT2 * floor.deviation;
    return (
      `Noise floor: runs that differ only in the seed differ by ` +
      `${this.write.noise(floor.deviation)} ` +
      `(standard deviation within ${count(floor.cells, "cell")}, ` +
      `${floor.freedom} degrees of freedom); of two single runs, ` +
      (log ? `less than ${this.write.noise(both)}` : `a difference below ${short(both)}`) +
      " may come from the seed."
    );
  },

  one(e, dim, scale, ticks, floor) {
    const width = 300,
      height = 170,
      box = { left: 44, right: width - 10, top: 8, bottom: height - 30 },
      n = e.levels.length;
    const x = (k) => box.left + ((k + 0.5) / n) * (box.right - box.left),
      y = (v) => box.bottom - scale.at(v) * (box.bottom - box.top);
    const all = runsMean(e.rows);
    const shapes = [];
    if (floor && !e.seed)
      shapes.push(
        svg("rect", {
          class: "floor",
          x: box.left,
          width: box.right - box.left,
          y: y(all + 2 * floor.deviation),
          height: Math.max(1, y(all - 2 * floor.deviation) - y(all + 2 * floor.deviation)),
        }),
      );
    for (const t of ticks) {
      shapes.push(
        svg("line", { class: "grid", x1: box.left, x2: box.right, y1: y(t.v), y2: y(t.v) }),
      );
      if (t.label)
        shapes.push(svg("text", { x: box.left - 6, y: y(t.v) + 4, "text-anchor": "end" }, t.label));
    }
    const every = Math.ceil(n / 7),
      room = ((box.right - box.left) / n) * every;
    e.levels.forEach((level, k) => {
      const rows = e.rows.filter(({ run }) => e.axis.of(run) === level.level),
        label = e.axis.values[level.level];
      const letters = Math.max(3, Math.floor(room / 6.2));
      if (k % every === 0)
        shapes.push(
          svg(
            "text",
            { x: x(k), y: height - 12, "text-anchor": "middle" },
            label.length > letters ? label.slice(0, letters - 1) + "…" : label,
            svg("title", {}, label),
          ),
        );
      rows.forEach(({ i, v }, j) =>
        shapes.push(
          svg("circle", {
            class: "dot",
            cx:
              x(k) +
              (rows.length > 1
                ? (((j * 7) % 11) / 11 - 0.45) * Math.min(18, (box.right - box.left) / n / 2)
                : 0),
            cy: y(v),
            r: rows.length > 20 ? 1.8 : 2.6,
            "data-run": i,
            style: { "--c": colours.of(i) },
          }),
        ),
      );
    });
    shapes.push(
      svg("path", {
        class: "means",
        d: e.levels
          .map((l, k) => `${k ? "L" : "M"}${x(k).toFixed(1)} ${y(l.mean).toFixed(1)}`)
          .join(""),
      }),
    );
    e.levels.forEach((l, k) =>
      shapes.push(
        svg(
          "circle",
          { class: "mean", cx: x(k), cy: y(l.mean), r: 4 },
          svg(
            "title",
            {},
            `${e.axis.values[l.level]}: ${this.write.mean(l.mean)} (mean of ${l.values.length})`,
          ),
        ),
      ),
    );
    const noise =
      floor &&
      !e.seed &&
      e.span <
        2 *
          floor.deviation *
          Math.sqrt(1 / e.levels[0].values.length + 1 / e.levels.at(-1).values.length);
    const words = e.levels
      .map((l) => `${e.axis.values[l.level]} ${this.write.mean(l.mean)}`)
      .join(", ");
    return h(
      "figure",
      { class: "effect" },
      h(
        "figcaption",
        {},
        h("b", {}, e.axis.name),
        h("span", { class: "part", style: { "--part": (e.part ?? 0) * 100 + "%" } }, h("i")),
        h("span", { class: "soft" }, `${percent(e.part)} of the variance`),
      ),
      svg(
        "svg",
        {
          viewBox: `0 0 ${width} ${height}`,
          role: "img",
          "aria-label": `Means of ${dim.name} by ${e.axis.name}: ${words}`,
        },
        shapes,
      ),
      h(
        "p",
        { class: "soft" },
        e.seed
          ? "This is noise."
          : noise
            ? `From mean to mean ${this.write.span(e.span)}: within the noise.`
            : `From mean to mean ${this.write.span(e.span)}.`,
      ),
    );
  },

  light() {
    for (const c of $$("circle.dot", this.body)) {
      const run = Number(c.dataset.run);
      c.classList.toggle("dim", page.dim(run));
      c.classList.toggle("lit", page.lit(run));
    }
  },
};

// comparable leaves out the runs that were stopped early: they have fewer steps than the
// others. If nothing but stopped runs is visible, those of the same steps compare.
function comparable(runs) {
  const whole = runs.filter(({ run }) => run.status !== "stopped");
  if (whole.length === runs.length) return { runs, words: "" };
  const kept = whole.length
    ? whole
    : runs.filter(({ run }) => run.steps === Math.max(...runs.map(({ run }) => run.steps)));
  const n = runs.length - kept.length;
  return {
    runs: kept,
    words: n
      ? ` ${count(n, "run")} that stopped early, after fewer steps, ` +
        `${n === 1 ? "is" : "are"} left out.`
      : "",
  };
}

const runsMean = (rows) => mean(rows.map((r) => r.v));
