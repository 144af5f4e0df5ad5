// The trade-off: two numbers of each run as a scatter of thumbnails, with the runs
// that no other beats in both (Pareto's front).

const tradeoff = {
  x: null, // columns' ids
  y: null,
  scale: "log",
  dots: false,

  make(root) {
    this.root = root;
    this.tools = $(".tools", root);
    this.note = $(".note", root);
    this.host = $(".plot", root);
    this.plot = new Plot(this.host, {
      label: "Trade-off",
      height: (w) => Math.min(620, Math.max(320, w * 0.56)),
      draw: () => this.draw(),
    });
    this.plot.canvas.removeAttribute("tabindex");
    this.layer = h("div", { class: "points" });
    this.host.append(this.layer);
    this.readout = new Readout(this.host);
    this.choose();
    page.on("runs", () => {
      this.choose();
      this.drawTools();
      this.plot.redraw();
    });
    page.on("visible", this.plot.redraw);
    page.on(
      "lit",
      soon(() => this.light()),
    );
    for (const kind of ["pointerover", "focusin"])
      this.layer.addEventListener(kind, (event) => this.tell(runOf(event.target)));
    for (const kind of ["pointerleave", "focusout"])
      this.layer.addEventListener(kind, () => this.readout.hide());
    this.layer.addEventListener("click", (event) => {
      const run = runOf(event.target);
      if (run !== null)
        event.ctrlKey || event.metaKey || event.shiftKey
          ? viewer.open(["r" + run], "one")
          : page.toggle(run);
    });
    this.layer.addEventListener("dblclick", (event) => {
      const run = runOf(event.target);
      if (run !== null) viewer.open(["r" + run], "one");
    });
    this.drawTools();
  },

  // choose takes content and style as measured, or else the first two terms.
  choose() {
    const columns = page.dims.filter((d) => d.column !== undefined);
    if (columns.some((d) => d.id === this.x) && columns.some((d) => d.id === this.y)) return;
    const measured = (group) =>
      columns.find((d) => d.group === group && d.first) ?? columns.find((d) => d.group === group);
    const terms = columns.filter((d) => d.key.startsWith("term."));
    const named = (word) => terms.find((d) => d.name.includes(word));
    const x =
      measured("content") && measured("style")
        ? measured("content")
        : (named("content") ?? terms[0]);
    const y =
      measured("content") && measured("style")
        ? measured("style")
        : (named("style") ?? terms.find((d) => d !== x));
    this.x = (x ?? columns[0])?.id;
    this.y = (y ?? columns.find((d) => d.id !== this.x) ?? columns[0])?.id;
  },

  drawTools() {
    const set = (name) => (v) => {
      this[name] = v;
      this.plot.redraw();
    };
    this.tools.replaceChildren(
      choice("Across", columnOptions(), this.x, set("x")),
      choice("Up", columnOptions(), this.y, set("y")),
      segments(
        "Scale",
        [
          ["log", "log"],
          ["linear", "linear"],
        ],
        this.scale,
        set("scale"),
      ),
      segments(
        "As",
        [
          ["pictures", "pictures"],
          ["dots", "dots"],
        ],
        this.dots ? "dots" : "pictures",
        (v) => {
          this.dots = v === "dots";
          this.plot.redraw();
        },
      ),
    );
  },

  draw() {
    const plot = this.plot,
      x = page.dim$(this.x),
      y = page.dim$(this.y);
    this.layer.replaceChildren();
    if (!x || !y) {
      plot.axes(linearScale(0, 1), linearScale(0, 1), "", "");
      return plot.words("There are no numbers yet.");
    }
    const points = page.visible
      .map((i) => ({ run: i, a: x.of(page.model.runs[i]), b: y.of(page.model.runs[i]) }))
      .filter((p) => p.a !== null && p.b !== null);
    // Half a picture of room on each side, so that none covers numbers and names.
    const side = Math.min(
      96,
      Math.max(26, Math.sqrt((plot.size.width * plot.size.height * 0.22) / points.length)),
    );
    plot.box.top = 26; // the name of the upright axis is above the pictures
    const wide = plot.box.right - plot.box.left,
      tall = plot.box.bottom - plot.box.top,
      room = (length) => Math.max(0.03, (side / 2 + 4) / Math.max(side, length - side - 8));
    const xs = scaleOf(
        points.map((p) => p.a),
        this.scale === "log",
        room(wide),
      ),
      ys = scaleOf(
        points.map((p) => p.b),
        this.scale === "log",
        room(tall),
      );
    const arrow = (d, up) =>
      d.better
        ? d.better === "higher"
          ? up
            ? "  ↑ better"
            : "  better →"
          : up
            ? "  ↓ better"
            : "  ← better"
        : "";
    plot.axes(xs.scale, ys.scale, x.name + arrow(x, false), "");
    const c = plot.context;
    if (!points.length) return plot.words("No visible run has both numbers.");
    const drawable = points.filter(
      (p) => !(xs.scale.log && p.a <= 0) && !(ys.scale.log && p.b <= 0),
    );
    const turn = (d, v) => (d.better === "higher" ? -v : v);
    // Runs that were stopped early have fewer steps: they are shown, and not judged.
    const ended = drawable.filter((p) => page.model.runs[p.run].status !== "stopped");
    const front = paretoFront(ended.map((p) => ({ ...p, x: turn(x, p.a), y: turn(y, p.b) })));
    this.front = new Set(front.map((p) => p.run));
    c.strokeStyle = plot.ink.accent;
    c.lineWidth = 1.5;
    c.setLineDash([5, 4]);
    c.beginPath();
    front.forEach((p, k) =>
      k ? c.lineTo(plot.px(p.a), plot.py(p.b)) : c.moveTo(plot.px(p.a), plot.py(p.b)),
    );
    c.stroke();
    c.setLineDash([]);
    c.fillStyle = plot.ink.ink;
    c.font = `600 12px ${plot.ink.sans}`;
    c.textAlign = "left";
    c.fillText(y.name + arrow(y, true), plot.box.left, plot.box.top - 10);
    for (const p of drawable) {
      const run = page.model.runs[p.run],
        thumb = run.picture && !this.dots;
      const e = h(
        "button",
        {
          type: "button",
          class:
            "point" +
            (thumb ? "" : " dot") +
            (this.front.has(p.run) ? " front" : "") +
            " " +
            run.status,
          data: { run: p.run, swatch: p.run },
          "aria-label":
            `${run.label}: ${x.name} ${x.label(run)}, ${y.name} ${y.label(run)}` +
            (this.front.has(p.run) ? ", on the front" : "") +
            (run.status === "stopped" ? ", stopped early" : ""),
          style: {
            "--c": colours.of(p.run),
            "--w": thumb
              ? Math.round(side * Math.min(1, run.picture.w / run.picture.h)) + "px"
              : "11px",
          },
        },
        thumb && lazyPicture(run.picture),
      );
      e.style.left = plot.px(p.a) + "px";
      e.style.top = plot.py(p.b) + "px";
      this.layer.append(e);
    }
    const left = points.length - drawable.length;
    this.note.textContent =
      `${count(front.length, "run")} of ${ended.length} on the front: ` +
      "no other is better in both." +
      (x.better && y.better
        ? ""
        : " Where nothing says which way is better, less is taken to be.") +
      (ended.length < drawable.length
        ? ` ${count(drawable.length - ended.length, "run")} with a dashed frame ` +
          "stopped early, after fewer steps."
        : "") +
      (left ? ` A log scale has no place for ${left} of them.` : "") +
      page.lacking(`${x.name} or no ${y.name}`, (r) => x.of(r) !== null && y.of(r) !== null);
    this.light();
  },

  tell(run) {
    page.setHover(run);
    const e = run !== null && $(`.point[data-run="${run}"]`, this.layer);
    if (!e) return this.readout.hide();
    const r = page.model.runs[run],
      x = page.dim$(this.x),
      y = page.dim$(this.y);
    const picture =
      r.picture &&
      h("img", {
        src: pictureURL(r.picture),
        alt: "",
        class: "large",
        width: r.picture.w,
        height: r.picture.h,
      });
    this.readout.show(
      e.offsetLeft,
      e.offsetTop,
      picture,
      h("b", {}, swatch(run), r.label),
      h("span", {}, `${x.name} ${x.label(r)}`),
      h("span", {}, `${y.name} ${y.label(r)}`),
      r.status === "stopped" && h("span", {}, r.problem),
    );
  },

  light() {
    for (const e of this.layer.children) {
      const run = Number(e.dataset.run);
      e.classList.toggle("picked", page.picked.has(run));
      e.classList.toggle("hover", page.hover === run);
      e.classList.toggle("dim", page.dim(run));
    }
  },
};
