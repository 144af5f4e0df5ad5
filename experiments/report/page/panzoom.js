// One place and one zoom for any number of panes, so that they show the same part
// of their pictures. The place is in parts of the picture, so that pictures of
// different sizes keep in step as well.

class PanZoom {
  constructor(changed) {
    this.changed = changed;
    this.panes = [];
    this.zoom = 1; // 1 fits the picture into its pane
    this.x = this.y = 0.5;
  }

  fit() {
    this.zoom = 1;
    this.x = this.y = 0.5;
    this.apply();
  }

  // A pane is an element with images laid over each other; size says how large
  // the picture is in pixels.
  add(element, size, images) {
    const pane = { element, size, images };
    this.panes.push(pane);
    this.listen(pane);
  }

  clear() {
    this.panes = [];
  }

  // scale is how many pixels of the screen a pixel of the picture takes at fit.
  base(pane) {
    const { clientWidth: w, clientHeight: h } = pane.element;
    return w && h ? Math.min(w / pane.size.w, h / pane.size.h) : 1;
  }

  percent() {
    return this.panes.length
      ? Math.round(this.base(this.panes[0]) * this.zoom * 100 * devicePixelRatio)
      : 100;
  }

  // one makes a pixel of the picture one of the screen.
  one() {
    if (!this.panes.length) return;
    this.zoomTo(1 / (this.base(this.panes[0]) * devicePixelRatio));
  }

  zoomTo(zoom, pane, px, py) {
    const to = Math.min(
      64,
      Math.max(Math.min(1, 1 / (this.base(this.panes[0]) * devicePixelRatio)), zoom),
    );
    if (pane) {
      // the point under the pointer stays where it is
      const at = (z) => this.base(pane) * z,
        { clientWidth: w, clientHeight: h } = pane.element;
      const x = this.x + (px - w / 2) / (at(this.zoom) * pane.size.w),
        y = this.y + (py - h / 2) / (at(this.zoom) * pane.size.h);
      this.x = x - (px - w / 2) / (at(to) * pane.size.w);
      this.y = y - (py - h / 2) / (at(to) * pane.size.h);
    }
    this.zoom = to;
    this.apply();
  }

  // pan moves by pixels of the screen.
  pan(dx, dy, pane = this.panes[0]) {
    if (!pane) return;
    const scale = this.base(pane) * this.zoom;
    this.x -= dx / (scale * pane.size.w);
    this.y -= dy / (scale * pane.size.h);
    this.apply();
  }

  apply() {
    for (const pane of this.panes) {
      const { clientWidth: w, clientHeight: h } = pane.element,
        scale = this.base(pane) * this.zoom;
      const width = pane.size.w * scale,
        height = pane.size.h * scale;
      const keep = (c, room, length) =>
        length <= room ? 0.5 : Math.min(1 - room / length / 2, Math.max(room / length / 2, c));
      if (pane === this.panes[0]) {
        this.x = keep(this.x, w, width);
        this.y = keep(this.y, h, height);
      }
      const x = keep(this.x, w, width),
        y = keep(this.y, h, height);
      for (const img of pane.images) {
        img.style.width = pane.size.w + "px";
        img.style.height = pane.size.h + "px";
        const across = (w / 2 - x * width).toFixed(2),
          down = (h / 2 - y * height).toFixed(2);
        img.style.transform = `translate(${across}px, ${down}px) scale(${scale})`;
        img.classList.toggle("pixels", scale * devicePixelRatio >= 3);
      }
    }
    this.changed();
  }

  listen(pane) {
    const e = pane.element,
      pointers = new Map();
    const local = (event) => {
      const r = e.getBoundingClientRect();
      return [event.clientX - r.left, event.clientY - r.top];
    };
    e.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        const by = event.deltaMode === 1 ? event.deltaY * 20 : event.deltaY;
        this.zoomTo(this.zoom * Math.exp(-by / 400), pane, ...local(event));
      },
      { passive: false },
    );
    e.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.target.closest("button, .divider")) return;
      e.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, local(event));
      pane.moved = false;
    });
    e.addEventListener("pointermove", (event) => {
      if (!pointers.has(event.pointerId)) return;
      const before = [...pointers.values()],
        now = local(event),
        was = pointers.get(event.pointerId);
      pointers.set(event.pointerId, now);
      if (Math.hypot(now[0] - was[0], now[1] - was[1]) > 0)
        pane.moved ||= Math.hypot(now[0] - was[0], now[1] - was[1]) > 2;
      if (before.length === 1) return this.pan(now[0] - was[0], now[1] - was[1], pane);
      const after = [...pointers.values()],
        length = (p) => Math.hypot(p[0][0] - p[1][0], p[0][1] - p[1][1]);
      if (length(before) > 0)
        this.zoomTo(
          (this.zoom * length(after)) / length(before),
          pane,
          (after[0][0] + after[1][0]) / 2,
          (after[0][1] + after[1][1]) / 2,
        );
    });
    for (const kind of ["pointerup", "pointercancel"])
      e.addEventListener(kind, (event) => pointers.delete(event.pointerId));
    e.addEventListener("dblclick", (event) => {
      if (event.target.closest("button, .divider")) return;
      this.zoom > 1.01
        ? this.fit()
        : this.zoomTo(Math.max(2, 2 / (this.base(pane) * devicePixelRatio)), pane, ...local(event));
    });
  }
}
