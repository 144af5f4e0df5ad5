// Colours of runs: as the plots have them, or by an axis or a column.

const dark = () =>
  document.documentElement.dataset.print !== "true" &&
  (document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches);

// Colours are made in Go, as lightness, chroma and hue of OKLCH.
function oklch([l, c, hue]) {
  return `oklch(${(l + (dark() ? 0.12 : 0)).toFixed(3)} ${c} ${hue})`;
}

// rampColour is the colour of a number from 0 to 1.
function rampColour(t) {
  const { ramp } = page.model;
  return oklch(ramp[Math.round(t * (ramp.length - 1))]);
}

function lighter(hex) {
  if (!dark()) return hex;
  const part = 0.24,
    n = parseInt(hex.slice(1), 16);
  return (
    "rgb(" +
    [n >> 16, (n >> 8) & 255, n & 255].map((v) => Math.round(v + (255 - v) * part)).join(" ") +
    ")"
  );
}

const colours = {
  by: "run", // or a dimension's id
  cache: null,
  of(i) {
    this.cache ??= this.all();
    return this.cache[i];
  },
  all() {
    const runs = page.model.runs,
      dim = this.by !== "run" && page.dim$(this.by);
    if (!dim) return runs.map((r) => lighter(r.colour));
    if (dim.axis !== undefined) return runs.map((r) => this.value(dim, r.at[dim.axis]));
    const { scale } = scaleOf(runs.map(dim.of), true, 0);
    return runs.map((r) =>
      dim.of(r) === null || (scale.log && dim.of(r) <= 0)
        ? "#888"
        : rampColour(Math.min(1, Math.max(0, scale.at(dim.of(r))))),
    );
  },
  // value is the colour of an axis' value.
  value(dim, i) {
    if (i < 0) return "#888";
    return oklch(dim.colours[i]);
  },
  forget() {
    this.cache = null;
  },
};

function swatch(i) {
  return h("i", { class: "swatch", data: { swatch: i }, style: { "--c": colours.of(i) } });
}

// ink reads the page's colours, for what is drawn on a canvas.
function ink() {
  const style = getComputedStyle(document.documentElement),
    probe = (ink.probe ??= document.body.appendChild(h("i", { hidden: true })));
  const read = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  return {
    ink: read("--ink"),
    soft: read("--soft"),
    line: read("--line"),
    card: read("--card"),
    paper: read("--paper"),
    accent: read("--accent"),
    sans: style.getPropertyValue("--sans"),
  };
}

// recolour gives all swatches their colours anew.
function recolour() {
  for (const e of $$("[data-swatch]"))
    e.style.setProperty("--c", colours.of(Number(e.dataset.swatch)));
}
