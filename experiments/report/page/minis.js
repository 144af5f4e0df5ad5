// Small curves of the total, the terms and the yardstick: all at a glance, and a
// click away.

const minis = {
  most: 12,
  shown: [], // {key, button, plot} of each series

  make(root) {
    this.root = root;
    page.on("runs", () => this.draw());
    for (const event of ["visible", "lit", "curves"])
      page.on(
        event,
        soon(() => this.redraw()),
      );
    this.draw();
  },

  series() {
    const all = page.model.series.filter((s) => !s.group || s.table === 1).slice(0, this.most);
    return all.length > 1 ? all : [];
  },

  // draw keeps the plots that are there: a live page gets many events, and each plot
  // listens to the page until it is removed.
  draw() {
    const all = this.series();
    if (all.map((s) => s.key).join() !== this.shown.map((m) => m.key).join()) {
      for (const m of this.shown) m.plot.remove();
      this.shown = all.map((s) => this.one(s));
      this.root.replaceChildren(...this.shown.map((m) => m.button));
      this.root.hidden = !all.length;
    }
    this.redraw();
  },

  one(s) {
    const name = curves.name(s),
      host = h("div", { class: "mini-plot" });
    const b = button("", () => curves.choose({ series: s.key }), {
      class: "mini",
      data: { series: s.key },
    });
    b.append(host, h("span", { title: name }, s.group ? `${s.label}, ${s.group}` : s.label));
    const find = () => page.model.series.find((o) => o.key === s.key);
    const plot = new Plot(host, {
      small: true,
      label: name,
      height: () => 74,
      draw: (plot) => this.paint(plot, find()),
    });
    return { key: s.key, button: b, plot };
  },

  redraw() {
    for (const m of this.shown) {
      m.button.setAttribute("aria-pressed", m.key === curves.series);
      m.plot.redraw();
    }
  },

  paint(plot, s) {
    const runs = page.visible.map((i) => ({
      run: i,
      points: curves.points(page.model.runs[i], s).filter(Boolean),
    }));
    const y = scaleOf(
      runs.flatMap((r) => r.points.map((p) => p[1])),
      curves.scale === "log",
    ).scale;
    const x = scaleOf(
      runs.flatMap((r) => r.points.map((p) => p[0])),
      false,
      0,
    ).scale;
    plot.axes(x, y, "", "");
    const c = plot.context;
    for (const { run, points } of runs.sort(
      (a, b) => curves.weight(a.run) - curves.weight(b.run),
    )) {
      c.globalAlpha = page.dim(run) ? 0.1 : 1;
      c.strokeStyle = colours.of(run);
      c.lineWidth = page.hover === run ? 2.2 : 1;
      c.beginPath();
      let pen = false;
      const every = Math.max(1, Math.floor(points.length / 60));
      points.forEach((p, k) => {
        if (y.log && p[1] <= 0) {
          pen = false;
          return;
        }
        if (k % every && k !== points.length - 1) return;
        pen ? c.lineTo(plot.px(p[0]), plot.py(p[1])) : c.moveTo(plot.px(p[0]), plot.py(p[1]));
        pen = true;
      });
      c.stroke();
    }
    c.globalAlpha = 1;
  },
};
