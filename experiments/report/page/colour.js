// Colours of runs: as the plots have them, or by an axis or a column.

const dark = () =>
  document.documentElement.dataset.print !== "true" &&
  (document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches);

// As in colour.go: (lightness, chroma, hue) of OKLCH, hues far from each other first.
const palette = [
  [0.58, 0.15, 255],
  [0.65, 0.17, 45],
  [0.62, 0.13, 160],
  [0.58, 0.17, 310],
  [0.7, 0.13, 85],
  [0.66, 0.1, 205],
  [0.62, 0.17, 5],
  [0.6, 0.11, 125],
  [0.5, 0.14, 280],
  [0.55, 0.08, 60],
];

function oklch([l, c, hue]) {
  return `oklch(${(l + (dark() ? 0.12 : 0)).toFixed(3)} ${c} ${hue})`;
}

function rampColour(t) {
  return oklch([
    0.47 + 0.25 * t,
    Number((0.13 + 0.03 * Math.abs(2 * t - 1)).toFixed(3)),
    Math.round(285 - 235 * t),
  ]);
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
    const n = dim.values.length;
    return (dim.numeric && n > 2) || n > palette.length
      ? rampColour(n < 2 ? 0.5 : i / (n - 1))
      : oklch(palette[i]);
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
