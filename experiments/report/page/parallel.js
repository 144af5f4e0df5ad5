// Parallel coordinates: an upright line for each axis and chosen number, a line
// across for each run. Dragging along an upright one keeps the runs that pass
// there; so do the arrow keys on its name.

const parallel = {
  chosen: null, // ids of dimensions
  asked: false, // whether a person chose them: else there are as many as the window has room for

  make(root) {
    this.root = root;
    this.host = $(".plot", root);
    this.tools = $(".tools", root);
    this.plot = new Plot(this.host, {
      label: "Parallel coordinates",
      height: () => 380,
      draw: () => this.draw(),
    });
    this.plot.canvas.removeAttribute("tabindex");
    this.heads = h("div", { class: "heads" });
    this.host.append(this.heads);
    this.readout = new Readout(this.host);
    for (const event of ["visible", "lit", "filter"]) page.on(event, this.plot.redraw);
    page.on("runs", () => {
      this.choose();
      this.drawTools();
      this.plot.redraw();
    });
    this.choose();
    this.drawTools();
    this.listen(this.plot.canvas);
  },

  choose() {
    if (this.chosen?.every((id) => page.dim$(id))) return;
    const axes = page.dims.filter(
      (d) =>
        d.axis !== undefined &&
        (!d.other || page.dims.filter((o) => o.axis !== undefined).length < 6),
    );
    const numbers = page.dims.filter(
      (d) =>
        d.column !== undefined &&
        d.first &&
        d.id !== "column:steps" &&
        d.id !== "column:evaluations",
    );
    this.chosen = [...axes.slice(0, 6), ...numbers].slice(0, 10).map((d) => d.id);
    this.asked = false;
  },

  drawTools() {
    const boxes = page.dims.map((d) =>
      h(
        "label",
        {},
        h("input", {
          type: "checkbox",
          checked: this.chosen.includes(d.id),
          on: {
            change: (e) => {
              this.asked = true;
              this.chosen = page.dims
                .map((o) => o.id)
                .filter((id) => (id === d.id ? e.target.checked : this.chosen.includes(id)));
              if (!e.target.checked && page.ranges.delete(d.id)) page.filter();
              this.plot.redraw();
            },
          },
        }),
        d.name,
      ),
    );
    this.tools.replaceChildren(
      h("details", { class: "menu" }, h("summary", {}, "Lines"), h("div", {}, boxes)),
    );
  },

  draw() {
    const plot = this.plot,
      c = plot.context,
      { width, height } = plot.size,
      room = this.asked ? Infinity : Math.max(2, Math.floor(width / 95));
    const dims = this.chosen
      .map((id) => page.dim$(id))
      .filter(Boolean)
      .slice(0, room);
    const edge = Math.min(70, width / Math.max(2, dims.length) / 2),
      top = 64,
      bottom = height - 22;
    this.lanes = dims.map((dim, k) => {
      const x = dims.length < 2 ? width / 2 : edge + (k * (width - 2 * edge)) / (dims.length - 1);
      if (dim.axis !== undefined) {
        const n = dim.values.length;
        return {
          dim,
          x,
          top,
          bottom,
          y: (v) => (n < 2 ? (top + bottom) / 2 : bottom - (v / (n - 1)) * (bottom - top)),
          back: (y) => (n < 2 ? 0 : ((bottom - y) / (bottom - top)) * (n - 1)),
          ticks: dim.values.map((v, i) => [i, v]),
        };
      }
      const { scale } = scaleOf(page.model.runs.map(dim.of), true, 0);
      return {
        dim,
        x,
        top,
        bottom,
        y: (v) => bottom - scale.at(v) * (bottom - top),
        back: (y) => scale.back((bottom - y) / (bottom - top)),
        ticks: [
          [scale.low, short(scale.low)],
          [scale.back(0.5), short(scale.back(0.5))],
          [scale.high, short(scale.high)],
        ],
        log: scale.log,
      };
    });
    // All runs faintly, so that what the filter leaves out is seen; then the visible.
    this.paths = [];
    const order = page.model.runs.map((_, i) => i).sort((a, b) => this.weight(a) - this.weight(b));
    const many = page.visible.length > 60;
    for (const i of order) {
      const run = page.model.runs[i],
        points = this.lanes.map((lane) => {
          const v = lane.dim.of(run);
          return v === null || v === undefined || (lane.log && v <= 0) ? null : [lane.x, lane.y(v)];
        });
      const shown = page.shows.has(i);
      if (shown) this.paths.push({ run: i, points });
      c.globalAlpha = !shown
        ? 0.5
        : page.dim(i)
          ? 0.12
          : page.hover !== null && page.hover !== i && !page.picked.has(i)
            ? 0.4
            : many
              ? 0.7
              : 0.9;
      c.strokeStyle = shown ? colours.of(i) : plot.ink.line;
      c.lineWidth = page.hover === i ? 3 : shown && page.picked.has(i) ? 2.2 : many ? 1 : 1.5;
      c.beginPath();
      let pen = null;
      for (const p of points) {
        if (!p) {
          pen = null;
          continue;
        }
        if (pen) {
          const middle = (pen[0] + p[0]) / 2;
          c.bezierCurveTo(middle, pen[1], middle, p[1], p[0], p[1]);
        } else c.moveTo(p[0], p[1]);
        pen = p;
      }
      c.stroke();
    }
    c.globalAlpha = 1;
    for (const lane of this.lanes) {
      c.strokeStyle = plot.ink.soft;
      c.lineWidth = 1;
      c.beginPath();
      c.moveTo(lane.x, top - 6);
      c.lineTo(lane.x, bottom + 6);
      c.stroke();
      const range = page.ranges.get(lane.dim.id);
      if (range) {
        const a = Math.max(top - 6, Math.min(lane.y(range[0]), lane.y(range[1]))),
          b = Math.min(bottom + 6, Math.max(lane.y(range[0]), lane.y(range[1])));
        c.fillStyle = plot.ink.accent;
        c.globalAlpha = 0.28;
        c.fillRect(lane.x - 8, a, 16, Math.max(2, b - a));
        c.globalAlpha = 1;
      }
      c.font = `11px ${plot.ink.sans}`;
      c.textAlign = lane === this.lanes.at(-1) && this.lanes.length > 1 ? "right" : "left";
      const side = c.textAlign === "right" ? -8 : 8,
        every = Math.ceil(lane.ticks.length / 12);
      const room = this.lanes.length > 1 ? (width - 2 * edge) / (this.lanes.length - 1) - 14 : 200;
      lane.ticks.forEach(([v, text], k) => {
        if (k % every) return;
        let label = text;
        while (label.length > 3 && c.measureText(label).width > room)
          label = label.slice(0, -2) + "…";
        c.lineWidth = 3;
        c.strokeStyle = plot.ink.paper;
        c.strokeText(label, lane.x + side, lane.y(v) + 4);
        c.fillStyle = plot.ink.ink;
        c.fillText(label, lane.x + side, lane.y(v) + 4);
      });
    }
    this.drawHeads();
  },

  drawHeads() {
    const key = this.lanes.map((l) => l.dim.id).join() + this.plot.size.width;
    if (this.headKey !== key) {
      this.headKey = key;
      const room = this.lanes.length > 1 ? this.lanes[1].x - this.lanes[0].x : this.plot.size.width;
      this.heads.replaceChildren(
        ...this.lanes.map((lane) => {
          const b = button(breakable(lane.dim.name), () => this.keep(lane.dim, null), {
            title: lane.dim.name + ": a click lets all runs pass again",
            on: { keydown: (event) => this.key(event, lane.dim) },
            data: { dim: lane.dim.id },
          });
          b.style.left = lane.x + "px";
          b.style.maxWidth = room - 8 + "px";
          return b;
        }),
      );
    }
    for (const b of this.heads.children) {
      const range = page.ranges.get(b.dataset.dim),
        dim = page.dim$(b.dataset.dim);
      const passes = range
        ? `from ${this.text(dim, range[0], true)} to ${this.text(dim, range[1], false)}`
        : "all";
      b.classList.toggle("set", !!range);
      b.setAttribute(
        "aria-label",
        `${dim.name}, ${passes}. Up and down arrows move what passes, Escape lets all pass.`,
      );
    }
  },

  text(dim, v, up) {
    return dim.axis !== undefined
      ? dim.values[Math.max(0, Math.min(dim.values.length - 1, up ? Math.ceil(v) : Math.floor(v)))]
      : dim.write(v);
  },

  weight(i) {
    return (page.shows.has(i) ? 1 : 0) + (page.picked.has(i) ? 2 : 0) + (page.hover === i ? 4 : 0);
  },

  keep(dim, range) {
    range ? page.ranges.set(dim.id, range) : page.ranges.delete(dim.id);
    page.filter();
  },

  // key moves a window of a quarter of the line up and down.
  key(event, dim) {
    const lane = this.lanes.find((l) => l.dim === dim);
    const move = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      return this.keep(dim, null);
    }
    if (!move) return;
    event.preventDefault();
    const length =
        (lane.bottom - lane.top) /
        (dim.axis !== undefined ? Math.max(1, dim.values.length - 1) : 4),
      range = page.ranges.get(dim.id);
    let y = range
      ? lane.y((range[0] + range[1]) / 2) + move * length
      : move > 0
        ? lane.top
        : lane.bottom;
    y = Math.max(lane.top, Math.min(lane.bottom, y));
    const a = lane.back(y + length * 0.49),
      b = lane.back(y - length * 0.49);
    this.keep(dim, [Math.min(a, b), Math.max(a, b)]);
    say(`${count(page.visible.length, "run")} pass`);
  },

  listen(canvas) {
    let from = null;
    const lane = (x) => this.lanes?.find((l) => Math.abs(l.x - x) < 16);
    canvas.addEventListener("pointerdown", (event) => {
      const [x, y] = this.plot.local(event),
        at = lane(x);
      if (!at || event.button !== 0) return;
      from = { lane: at, y };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = this.plot.local(event);
      if (from) {
        if (Math.abs(y - from.y) < 4) return;
        const clamp = (v) => Math.max(from.lane.top - 6, Math.min(from.lane.bottom + 6, v));
        const a = from.lane.back(clamp(y)),
          b = from.lane.back(clamp(from.y));
        return this.keep(from.lane.dim, [Math.min(a, b), Math.max(a, b)]);
      }
      canvas.style.cursor = lane(x) ? "ns-resize" : "default";
      const run = this.nearest(x, y);
      page.setHover(run);
      if (run === null) this.readout.hide();
      else this.readout.show(x, y, h("b", {}, swatch(run), page.model.runs[run].label));
    });
    canvas.addEventListener("pointerup", (event) => {
      const [x, y] = this.plot.local(event);
      if (from && Math.abs(y - from.y) < 4) this.keep(from.lane.dim, null);
      else if (!from) {
        const run = this.nearest(x, y);
        if (run !== null) page.toggle(run);
      }
      from = null;
    });
    canvas.addEventListener("pointerleave", () => {
      this.readout.hide();
      page.setHover(null);
    });
  },

  nearest(x, y) {
    let best = null,
      least = 9;
    for (const { run, points } of this.paths ?? []) {
      for (let k = 0; k + 1 < points.length; k++) {
        const p = points[k],
          q = points[k + 1];
        if (!p || !q || x < p[0] || x > q[0]) continue;
        const t = (x - p[0]) / (q[0] - p[0]),
          s = t * t * (3 - 2 * t),
          d = Math.abs(p[1] + (q[1] - p[1]) * s - y);
        if (d < least) {
          least = d;
          best = run;
        }
      }
    }
    return best;
  },
};
