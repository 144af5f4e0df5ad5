// Curves: one series of all visible runs over steps, evaluations or seconds, and
// small ones of the other series to choose from.

const curves = {
  series: "total", // a series' key
  over: "step",
  scale: "log",
  spikes: true, // whether the scale makes room for rare, far values
  window: null, // [x0, x1, y0, y1] that was zoomed into
  lines: [], // of each visible run: {run, points: [[px, py, x, y]…]}
  cursor: null, // {run, k}: the point that the keyboard is at

  make(root) {
    this.root = root;
    this.tools = $(".tools", root);
    this.note = $(".note", root);
    const host = $(".plot", root);
    this.plot = new Plot(host, {
      label: "Curves",
      height: (w) => Math.min(500, Math.max(280, w * 0.5)),
      draw: () => this.draw(),
    });
    this.readout = new Readout(host);
    this.drag = h("div", { class: "rubber", hidden: true });
    host.append(this.drag);
    legend.make($(".legend", root));
    minis.make($(".minis", root));
    for (const event of ["visible", "lit"]) page.on(event, this.plot.redraw);
    page.on("runs", () => {
      this.drawTools();
      this.plot.redraw();
    });
    this.listen(this.plot.canvas);
    this.drawTools();
  },

  // choose changes what is shown: {series}, {over} or {scale}.
  choose(what) {
    Object.assign(this, what);
    this.window = null;
    page.emit("curves");
    this.drawTools();
    this.plot.redraw();
  },

  all() {
    return page.model.series;
  },
  at() {
    return Math.max(
      0,
      this.all().findIndex((s) => s.key === this.series),
    );
  },
  unit() {
    return this.over === "step" ? "steps" : this.over;
  },
  name(s) {
    return s.group ? `${s.group}, ${s.label}` : s.label;
  },

  // points of a run's series, as pairs; holes are null.
  points(run, s) {
    const table = run.curves[s.table];
    const xs = table?.x[this.over],
      ys =
        table?.y[
          this.all()
            .filter((o) => o.table === s.table)
            .indexOf(s)
        ];
    if (!xs || !ys) return [];
    return ys.map((y, i) => (y === null || xs[i] === null ? null : [xs[i], y]));
  },

  drawTools() {
    const groups = new Map();
    for (const s of this.all()) {
      const group =
        s.key === "total" || s.key === "rate"
          ? ""
          : s.table
            ? "Yardstick"
            : s.group
              ? `${s.group}, by layer`
              : "Terms";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push([s.key, s.label]);
    }
    const options = [
      ...(groups.get("") ?? []),
      ...[...groups].filter(([g]) => g).map(([group, options]) => ({ group, options })),
    ];
    const has = (x) => page.model.runs.some((r) => r.curves.some((t) => t.x[x]?.length));
    const by = [
      ["run", "run"],
      ...page.model.axes.map((a) => ["axis:" + a.key, a.name]),
      ...columnOptions(),
    ];
    const focused = document.activeElement?.dataset?.tool;
    this.spiky = h(
      "label",
      { class: "tool", hidden: true },
      h("input", {
        type: "checkbox",
        checked: this.spikes,
        on: {
          change: (e) => {
            this.spikes = e.target.checked;
            this.plot.redraw();
          },
        },
      }),
      "spikes",
    );
    this.tools.replaceChildren(
      ...[
        choice("Show", options, this.series, (v) => this.choose({ series: v })),
        segments(
          "Over",
          [
            ["step", "steps"],
            ["evaluations", "evaluations", !has("evaluations")],
            ["seconds", "seconds", !has("seconds")],
          ],
          this.over,
          (v) => this.choose({ over: v }),
        ),
        segments(
          "Scale",
          [
            ["log", "log"],
            ["linear", "linear"],
          ],
          this.scale,
          (v) => this.choose({ scale: v }),
        ),
        this.spiky,
        page.model.runs.length > 1 &&
          choice("Colour", by, colours.by, (v) => {
            colours.by = v;
            colours.forget();
            page.emit("theme");
            recolour();
          }),
        button(
          "Whole",
          () => {
            this.window = null;
            this.plot.redraw();
          },
          { class: "link", id: "whole", hidden: true },
        ),
      ].filter(Boolean),
    );
    this.tools.querySelectorAll("select, input").forEach((e, i) => {
      e.dataset.tool = "curves" + i;
      if (e.dataset.tool === focused && (e.type !== "radio" || e.checked)) e.focus();
    });
  },

  draw() {
    const plot = this.plot,
      s = this.all()[this.at()];
    const runs = page.visible.map((i) => ({ run: i, points: this.points(page.model.runs[i], s) }));
    const ys = runs.flatMap((r) => r.points.map((p) => (p ? p[1] : null)));
    let { scale: y, able, left, none } = scaleOf(ys, this.scale === "log");
    let x = scaleOf(
      runs.flatMap((r) => r.points.map((p) => (p ? p[0] : null))),
      false,
      0,
    ).scale;
    const usual = none ? y : usualScale(ys, y);
    this.spiky.hidden = usual === y;
    if (!this.spikes) y = usual;
    if (this.window) {
      const [x0, x1, y0, y1] = this.window;
      x = linearScale(x0, x1);
      y = y.log ? logScale(y0, y1) : linearScale(y0, y1);
    }
    plot.axes(x, y, this.over === "step" ? "steps" : this.over, "");
    if (this.over === "step") this.stages(runs.map(({ run }) => page.model.runs[run].stages));
    this.none = none;
    if (none) plot.words("Nothing is logged yet.");
    const thin = runs.length > 60 ? 1 : runs.length > 24 ? 1.3 : 1.9;
    this.lines = runs.map(({ run, points }) => {
      const line = { run, points: [], breaks: new Set() };
      for (const p of points) {
        if (!p || (y.log && p[1] <= 0)) {
          line.breaks.add(line.points.length);
          continue;
        }
        line.points.push([plot.px(p[0]), plot.py(p[1]), p[0], p[1]]);
      }
      return line;
    });
    const order = [...this.lines].sort((a, b) => this.weight(a.run) - this.weight(b.run));
    plot.inside((c) => {
      for (const line of order) {
        c.globalAlpha = page.dim(line.run)
          ? 0.13
          : page.hover !== null && page.hover !== line.run && !page.picked.has(line.run)
            ? 0.55
            : 1;
        c.strokeStyle = c.fillStyle = colours.of(line.run);
        c.lineWidth = page.hover === line.run ? thin + 1.4 : thin;
        this.stroke(c, line);
        const { status } = page.model.runs[line.run];
        if ((status === "failed" || status === "stopped") && line.points.length) {
          const [px, py] = line.points.at(-1);
          c.lineWidth = 2;
          c.beginPath();
          if (status === "stopped") {
            c.moveTo(px, py - 5);
            c.lineTo(px, py + 5);
            c.stroke();
            continue;
          }
          c.moveTo(px - 5, py - 5);
          c.lineTo(px + 5, py + 5);
          c.moveTo(px + 5, py - 5);
          c.lineTo(px - 5, py + 5);
          c.stroke();
        }
      }
      c.globalAlpha = 1;
      const at = this.mark();
      if (at) {
        c.fillStyle = colours.of(at.run);
        c.strokeStyle = plot.ink.card;
        c.lineWidth = 2;
        c.beginPath();
        c.arc(at.point[0], at.point[1], 5, 0, 7);
        c.fill();
        c.stroke();
      }
    });
    $("#whole").hidden = !this.window;
    this.note.textContent =
      none || this.scale !== "log" || (able && !left)
        ? ""
        : able
          ? "A log scale has no place for values that are not positive: " +
            `${left} of them ${left === 1 ? "is" : "are"} left out.`
          : "Most values are not positive, so the scale is linear.";
    const drawn = this.lines.filter((l) => l.points.length).length;
    plot.canvas.setAttribute(
      "aria-label",
      `${this.name(s)} over ${this.unit()}, ${count(drawn, "run")}. ` +
        "Arrow keys read the curves; the final values are in the table.",
    );
    plot.canvas.dataset.curves = drawn;
  },

  weight(run) {
    return (page.picked.has(run) ? 1 : 0) + (page.hover === run ? 2 : 0);
  },

  stroke(c, line) {
    c.beginPath();
    line.points.forEach((p, k) =>
      k === 0 || line.breaks.has(k) ? c.moveTo(p[0], p[1]) : c.lineTo(p[0], p[1]),
    );
    c.stroke();
    if (line.points.length === 1) {
      c.beginPath();
      c.arc(line.points[0][0], line.points[0][1], 3, 0, 7);
      c.fill();
    }
  },

  // stages draws where the stages of the runs begin, if all staged runs have the same.
  stages(all) {
    const staged = all.filter(Boolean);
    if (!staged.length || staged.some((s) => JSON.stringify(s) !== JSON.stringify(staged[0])))
      return;
    this.plot.inside((c) => {
      const { top, bottom } = this.plot.box;
      c.strokeStyle = c.fillStyle = this.plot.ink.soft;
      c.textAlign = "left";
      c.textBaseline = "top";
      c.setLineDash([3, 4]);
      for (const { at, size } of staged[0]) {
        const x = Math.round(this.plot.px(at)) + 0.5;
        c.beginPath();
        c.moveTo(x, top);
        c.lineTo(x, bottom);
        c.stroke();
        c.fillText(`${size} px`, x + 4, top + 2);
      }
      c.setLineDash([]);
    });
  },

  mark() {
    if (!this.cursor) return null;
    const line = this.lines.find((l) => l.run === this.cursor.run);
    const point = line?.points[Math.min(this.cursor.k, line.points.length - 1)];
    return point ? { run: line.run, point } : null;
  },

  nearest(x, y) {
    let best = null,
      least = 40 * 40;
    for (const line of this.lines) {
      if (page.picked.size && !page.picked.has(line.run)) continue;
      for (let k = 0; k < line.points.length; k++) {
        const p = line.points[k],
          d = (p[0] - x) ** 2 + (p[1] - y) ** 2;
        if (d < least) {
          least = d;
          best = { run: line.run, k };
        }
        const q = line.points[k + 1]; // where points are far apart, the line between them counts
        if (q && q[0] - p[0] > 8 && x > p[0] && x < q[0]) {
          const there = p[1] + ((q[1] - p[1]) * (x - p[0])) / (q[0] - p[0]);
          if ((there - y) ** 2 < least) {
            least = (there - y) ** 2;
            best = { run: line.run, k: x - p[0] < q[0] - x ? k : k + 1 };
          }
        }
      }
    }
    return best;
  },

  point(cursor, aloud) {
    this.cursor = cursor;
    page.setHover(cursor ? cursor.run : null);
    this.plot.redraw();
    const at = this.mark();
    if (!at) return this.readout.hide();
    const run = page.model.runs[at.run],
      s = this.all()[this.at()],
      [px, py, x, y] = at.point;
    const value = `${this.name(s)} ${short(y)} at ${short(x)} ${this.unit()}`;
    const ended = run.status === "stopped" ? run.problem : "";
    this.readout.show(
      px,
      py,
      h("b", {}, swatch(at.run), run.label),
      h("span", {}, value),
      ended && h("span", {}, ended),
    );
    if (aloud) say(`${run.label}: ${value}. ${ended}`);
  },

  listen(canvas) {
    let from = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button === 0 && event.pointerType !== "touch") {
        from = this.plot.local(event);
        canvas.setPointerCapture(event.pointerId);
      }
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = this.plot.local(event);
      if (from && Math.hypot(x - from[0], y - from[1]) > 6) {
        Object.assign(this.drag.style, {
          left: Math.min(x, from[0]) + "px",
          top: Math.min(y, from[1]) + "px",
          width: Math.abs(x - from[0]) + "px",
          height: Math.abs(y - from[1]) + "px",
        });
        this.drag.hidden = false;
        return;
      }
      this.point(this.nearest(x, y));
    });
    canvas.addEventListener("pointerup", (event) => {
      const [x, y] = this.plot.local(event),
        start = from;
      from = null;
      if (!this.drag.hidden && start) {
        this.drag.hidden = true;
        if (Math.abs(x - start[0]) < 8 || Math.abs(y - start[1]) < 8) return;
        this.window = [
          this.plot.backX(Math.min(x, start[0])),
          this.plot.backX(Math.max(x, start[0])),
          this.plot.backY(Math.max(y, start[1])),
          this.plot.backY(Math.min(y, start[1])),
        ];
        this.plot.redraw();
        return;
      }
      const found = this.nearest(x, y);
      if (found) page.toggle(found.run);
    });
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("blur", () => this.point(null));
    canvas.addEventListener("dblclick", () => {
      this.window = null;
      this.plot.redraw();
    });
    canvas.addEventListener("keydown", (event) => {
      const drawn = this.lines.filter((l) => l.points.length);
      if (!drawn.length || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = Math.max(
          0,
          drawn.findIndex((l) => l.run === this.cursor?.run),
        ),
        k = this.cursor?.k ?? drawn[at].points.length - 1;
      const step = event.shiftKey ? 10 : 1;
      const to = (l, n) =>
        this.point({ run: l.run, k: Math.max(0, Math.min(l.points.length - 1, n)) }, true);
      const act = {
        ArrowLeft: () => to(drawn[at], k - step),
        ArrowRight: () => to(drawn[at], k + step),
        Home: () => to(drawn[at], 0),
        End: () => to(drawn[at], Infinity),
        ArrowUp: () => to(drawn[(at + drawn.length - 1) % drawn.length], k),
        ArrowDown: () => to(drawn[(at + 1) % drawn.length], k),
        Enter: () => this.cursor && page.toggle(this.cursor.run),
        " ": () => this.cursor && page.toggle(this.cursor.run),
        "+": () => this.zoom(0.5),
        "=": () => this.zoom(0.5),
        "-": () => this.zoom(2),
        0: () => {
          this.window = null;
          this.plot.redraw();
        },
        Escape: () => {
          this.window = null;
          this.point(null);
        },
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  },

  // zoom makes the window shorter or longer, around the cursor.
  zoom(by) {
    const { x, y, box } = this.plot,
      at = this.mark()?.point ?? [(box.left + box.right) / 2];
    const t = (at[0] - box.left) / (box.right - box.left);
    const ends = (scale, t) => [scale.back(t - by * t), scale.back(t + by * (1 - t))];
    const [x0, x1] = ends(x, t);
    const within = this.lines.flatMap((l) =>
      l.points.filter((p) => p[2] >= x0 && p[2] <= x1).map((p) => p[3]),
    );
    const fit = scaleOf(within, y.log).scale;
    this.window = [x0, x1, fit.low, fit.high];
    this.plot.redraw();
  },
};
