// A plot is a canvas with two scales, their ticks and their names. It is drawn
// anew when its size, the page's colours or what it shows changes.

class Plot {
  constructor(host, { height, label, draw, small = false }) {
    this.small = small;
    this.host = host;
    this.height = height; // of the width, in pixels
    this.paint = draw;
    this.canvas = h("canvas", {
      tabindex: small ? undefined : 0,
      role: "img",
      "aria-label": label,
    });
    host.append(this.canvas);
    this.context = this.canvas.getContext("2d");
    this.redraw = soon(() => this.draw());
    this.sizes = new ResizeObserver(this.redraw);
    this.sizes.observe(host);
    page.on("theme", this.redraw);
  }

  // remove ends what a plot that is taken from the page would still listen to.
  remove() {
    this.sizes.disconnect();
    page.off("theme", this.redraw);
    this.canvas.remove();
  }

  draw() {
    const width = this.host.clientWidth;
    if (!width) return;
    const height = Math.round(this.height(width)),
      density = Math.max(
        devicePixelRatio,
        document.documentElement.dataset.print === "true" ? 2 : 1,
      );
    if (
      this.canvas.width !== Math.round(width * density) ||
      this.canvas.height !== Math.round(height * density)
    ) {
      this.canvas.width = Math.round(width * density);
      this.canvas.height = Math.round(height * density);
      this.canvas.style.height = height + "px";
    }
    this.ink = ink();
    this.size = { width, height };
    this.box = this.small
      ? { left: 6, right: width - 6, top: 6, bottom: height - 6 }
      : { left: 58, right: width - 12, top: 10, bottom: height - 44 };
    const c = this.context;
    c.setTransform(density, 0, 0, density, 0, 0);
    c.clearRect(0, 0, width, height);
    c.font = `12px ${this.ink.sans}`;
    c.lineJoin = c.lineCap = "round";
    this.paint(this);
  }

  px(v) {
    return this.box.left + this.x.at(v) * (this.box.right - this.box.left);
  }
  py(v) {
    return this.box.bottom - this.y.at(v) * (this.box.bottom - this.box.top);
  }
  backX(px) {
    return this.x.back((px - this.box.left) / (this.box.right - this.box.left));
  }
  backY(py) {
    return this.y.back((this.box.bottom - py) / (this.box.bottom - this.box.top));
  }

  axes(x, y, xName, yName) {
    this.x = x;
    this.y = y;
    const c = this.context,
      { left, right, top, bottom } = this.box;
    if (this.small) return;
    const line = (x0, y0, x1, y1, strong) => {
      c.globalAlpha = strong ? 1 : 0.45;
      c.strokeStyle = this.ink.line;
      c.lineWidth = 1;
      c.beginPath();
      c.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
      c.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
      c.stroke();
      c.globalAlpha = 1;
    };
    c.fillStyle = this.ink.soft;
    c.textAlign = "right";
    c.textBaseline = "middle";
    for (const t of y.ticks((bottom - top) / 56)) {
      const at = this.py(t.v);
      if (at < top - 1 || at > bottom + 1) continue;
      line(left, at, right, at, t.label);
      if (t.label) c.fillText(t.label, left - 8, at);
    }
    c.textBaseline = "alphabetic";
    c.textAlign = "center";
    let free = -Infinity; // labels must not run into each other
    for (const t of x.ticks((right - left) / 100)) {
      const at = this.px(t.v);
      if (at < left - 1 || at > right + 1) continue;
      line(at, top, at, bottom, false);
      const half = t.label ? c.measureText(t.label).width / 2 + 5 : 0;
      if (!t.label || at - half < free) continue;
      c.fillText(t.label, Math.min(at, this.size.width - half), bottom + 17);
      free = at + half;
    }
    c.fillStyle = this.ink.ink;
    c.font = `600 12px ${this.ink.sans}`;
    c.fillText(xName, (left + right) / 2, this.size.height - 6);
    if (yName) {
      c.textAlign = "left";
      c.fillText(yName, left, top - 1);
    }
    c.font = `12px ${this.ink.sans}`;
  }

  // inside draws what must not leave the box.
  inside(f) {
    const c = this.context,
      { left, right, top, bottom } = this.box;
    c.save();
    c.beginPath();
    c.rect(left - 3, top - 3, right - left + 6, bottom - top + 6);
    c.clip();
    f(c);
    c.restore();
  }

  words(text) {
    const c = this.context;
    c.fillStyle = this.ink.soft;
    c.textAlign = "center";
    c.fillText(text, (this.box.left + this.box.right) / 2, (this.box.top + this.box.bottom) / 2);
  }

  local(event) {
    const r = this.canvas.getBoundingClientRect();
    return [event.clientX - r.left, event.clientY - r.top];
  }
}

// A readout is the box beside the pointer.
class Readout {
  constructor(host) {
    this.host = host;
    this.element = h("div", { class: "readout", hidden: true });
    host.append(this.element);
  }
  show(x, y, ...content) {
    this.element.replaceChildren(...content.flat().filter(Boolean));
    this.element.hidden = false;
    const { offsetWidth: w, offsetHeight: tall } = this.element;
    this.element.style.left =
      Math.max(0, x + 14 + w > this.host.clientWidth ? x - 14 - w : x + 14) + "px";
    this.element.style.top = Math.max(0, y - tall - 10 < 0 ? y + 14 : y - tall - 10) + "px";
  }
  hide() {
    this.element.hidden = true;
  }
}
