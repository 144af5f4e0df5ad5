// The curves: an SVG drawn anew when what it shows or the window changes.

function makeChart(root, data, view) {
  const NS = "http://www.w3.org/2000/svg";
  const readout = document.createElement("div");
  readout.className = "readout";
  readout.hidden = true;
  const svg = element("svg", { role: "img" });
  root.append(svg, readout);
  let shown = { series: 0, x: "step", scale: "log" };
  let lines = []; // of each run: {run, points: [[px, py, x, y]…], path, marks}
  let marker = null;

  function element(name, attributes, text) {
    const e = document.createElementNS(NS, name);
    for (const k in attributes) e.setAttribute(k, attributes[k]);
    if (text !== undefined) e.textContent = text;
    return e;
  }

  // pairs gives the finite points of a run; holes are null.
  function pairs(run) {
    const xs = run.x[shown.x], ys = run.y[shown.series];
    if (!xs || !ys) return [];
    return ys.map((y, i) => (y === null || xs[i] === null ? null : [xs[i], y]));
  }

  // As logarithmic in plots.go: most values must be positive.
  function logarithmic(all) {
    let positive = 0, left = 0;
    for (const points of all) for (const p of points) if (p) p[1] > 0 ? positive++ : left++;
    return { able: positive > 0 && positive >= left, left };
  }

  function linearTicks(low, high, n) {
    const raw = (high - low) / n || 1, power = 10 ** Math.floor(Math.log10(raw));
    const step = power * [1, 2, 5, 10].find((m) => m * power >= raw * 0.999);
    const ticks = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push({ v: i * step, label: short(i * step) });
    return ticks;
  }

  function logTicks(low, high) {
    const from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high)), decades = Math.log10(high / low);
    const every = Math.max(1, Math.ceil((to - from) / 8)), ticks = [];
    for (let e = from; e <= to; e++) {
      for (let m = 1; m < 10; m++) {
        const v = m * 10 ** e;
        if (v < low || v > high) continue;
        const few = (decades < 2.5 && (m === 2 || m === 5)) || decades < 0.8;
        if (m === 1 && (e - from) % every === 0 || few) ticks.push({ v, label: short(v) });
        else if (decades < 6) ticks.push({ v });
      }
    }
    return ticks.filter((t) => t.label).length < 2 ? linearTicks(low, high, 6) : ticks;
  }

  function draw() {
    const width = Math.max(280, root.clientWidth), height = Math.round(Math.min(480, Math.max(280, width * 0.52)));
    const box = { left: 62, right: width - 14, top: 12, bottom: height - 46 };
    const all = data.runs.map(pairs);
    const { able, left } = logarithmic(all);
    const log = shown.scale === "log" && able;
    let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const points of all) for (const p of points) {
      if (!p || (log && p[1] <= 0)) continue;
      x0 = Math.min(x0, p[0]); x1 = Math.max(x1, p[0]); y0 = Math.min(y0, p[1]); y1 = Math.max(y1, p[1]);
    }
    const none = x0 > x1;
    if (none) [x0, x1, y0, y1] = [0, 1, 0, 1];
    if (x0 === x1) x1 = x0 + 1;
    if (log) [y0, y1] = y0 === y1 ? [y0 / 2, y1 * 2] : [y0 / (y1 / y0) ** 0.04, y1 * (y1 / y0) ** 0.04];
    else { const room = (y1 - y0) * 0.04 || Math.abs(y0) * 0.1 || 1; y0 -= room; y1 += room; }
    const px = (x) => box.left + ((x - x0) / (x1 - x0)) * (box.right - box.left);
    const part = log ? (y) => Math.log(y / y0) / Math.log(y1 / y0) : (y) => (y - y0) / (y1 - y0);
    const py = (y) => box.bottom - part(y) * (box.bottom - box.top);

    const name = seriesName(shown.series);
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    svg.setAttribute("aria-label", `${name} over ${shown.x}, ${all.filter((p) => p.length).length} runs. The final values are in the table of numbers.`);
    for (const t of log ? logTicks(y0, y1) : linearTicks(y0, y1, height / 60)) {
      const y = py(t.v);
      svg.append(element("line", { class: t.label ? "grid" : "grid minor", x1: box.left, x2: box.right, y1: y, y2: y }));
      if (t.label) svg.append(element("text", { x: box.left - 8, y: y + 4, "text-anchor": "end" }, t.label));
    }
    for (const t of linearTicks(x0, x1, width / 110)) {
      const x = px(t.v);
      svg.append(element("line", { class: "grid minor", x1: x, x2: x, y1: box.top, y2: box.bottom }));
      svg.append(element("text", { x, y: box.bottom + 18, "text-anchor": "middle" }, t.label));
    }
    svg.append(element("text", { class: "axis-name", x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" }, shown.x === "step" ? "steps" : shown.x));
    if (none) svg.append(element("text", { x: (box.left + box.right) / 2, y: height / 2, "text-anchor": "middle" }, "Nothing is logged yet."));

    const thin = data.runs.length > 40 ? 1.1 : 1.8;
    lines = all.map((points, i) => {
      const line = { run: i, points: [], parts: [] };
      let d = "", pen = "M";
      for (const p of points) {
        if (!p || (log && p[1] <= 0)) { pen = "M"; continue; }
        const at = [px(p[0]), py(p[1]), p[0], p[1]];
        line.points.push(at);
        d += `${pen}${at[0].toFixed(1)} ${at[1].toFixed(1)}`;
        pen = "L";
      }
      if (!line.points.length) return line;
      if (line.points.length === 1) d += "h.01";
      const stroke = { style: `--c: ${data.runs[i].colour}` };
      line.parts.push(element("path", { ...stroke, d, "stroke-width": line.points.length === 1 ? 6 : thin }));
      if (data.runs[i].status === "failed") {
        const [x, y] = line.points.at(-1);
        line.parts.push(element("path", { ...stroke, class: "cross", d: `M${x - 5} ${y - 5}l10 10m0-10l-10 10` }));
      }
      svg.append(...line.parts);
      return line;
    });
    marker = element("circle", { class: "at", r: 5, visibility: "hidden" });
    svg.append(marker);
    light();
    return { log, able, left, none };
  }

  function light() {
    const some = view.picked.size > 0 || view.hover !== null;
    for (const line of lines) {
      const lit = view.picked.has(line.run) || view.hover === line.run;
      for (const e of line.parts) {
        e.classList.toggle("dim", some && !lit && (view.picked.size > 0 || data.runs.length > 1));
        e.classList.toggle("bold", view.hover === line.run);
      }
      if (lit) for (const e of line.parts) svg.insertBefore(e, marker);
    }
  }

  function nearest(x, y) {
    let best = null, least = 40 * 40;
    for (const line of lines) {
      if (view.picked.size && !view.picked.has(line.run)) continue;
      for (let k = 0; k < line.points.length; k++) {
        const p = line.points[k];
        const d = (p[0] - x) ** 2 + (p[1] - y) ** 2;
        if (d < least) { least = d; best = { line, p }; }
        const q = line.points[k + 1]; // where points are far apart, the line between them counts
        if (q && q[0] - p[0] > 8 && x > p[0] && x < q[0]) {
          const there = p[1] + ((q[1] - p[1]) * (x - p[0])) / (q[0] - p[0]);
          if ((there - y) ** 2 < least) { least = (there - y) ** 2; best = { line, p: x - p[0] < q[0] - x ? p : q }; }
        }
      }
    }
    return best;
  }

  function point(event) {
    const r = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / r.width;
    return nearest((event.clientX - r.left) * scale, (event.clientY - r.top) * scale);
  }

  svg.addEventListener("pointermove", (event) => {
    const found = point(event);
    readout.hidden = !found;
    marker.setAttribute("visibility", found ? "visible" : "hidden");
    view.setHover(found ? found.line.run : null);
    if (!found) return;
    const run = data.runs[found.line.run], [x, y, vx, vy] = found.p;
    marker.setAttribute("cx", x); marker.setAttribute("cy", y); marker.style.setProperty("--c", run.colour);
    const title = document.createElement("b"), text = document.createElement("span");
    title.textContent = run.label;
    text.textContent = `${seriesName(shown.series)} ${short(vy)} at ${short(vx)} ${shown.x === "step" ? "steps" : shown.x}`;
    readout.replaceChildren(title, text);
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width, room = root.clientWidth;
    const w = readout.offsetWidth, lx = x * scale + 14 + w > room ? x * scale - 14 - w : x * scale + 14;
    readout.style.left = Math.max(0, lx) + "px";
    readout.style.top = Math.max(0, y * scale - readout.offsetHeight - 10) + "px";
  });
  svg.addEventListener("pointerleave", () => {
    readout.hidden = true;
    marker.setAttribute("visibility", "hidden");
    view.setHover(null);
  });
  svg.addEventListener("click", (event) => {
    const found = point(event);
    if (found) view.toggle(found.line.run);
  });

  function seriesName(i) {
    const s = data.series[i];
    return s.group ? `${s.group}, ${s.label}` : s.label;
  }

  view.listen(light);
  return {
    show(what) { shown = what; return draw(); },
    has: (x) => data.runs.some((r) => r.x[x] && r.x[x].length),
  };
}

// short writes a number as number.go does.
function short(v) {
  const a = Math.abs(v), minus = (s) => s.replace(/-/g, "−");
  if (!v) return "0";
  if (a >= 99995 || a < 0.001) {
    const [m, e] = v.toExponential(3).split("e");
    return minus(m.replace(/\.?0+$/, "") + "e" + Number(e));
  }
  const s = v.toFixed(Math.max(0, 3 - Math.floor(Math.log10(a))));
  return minus(s.includes(".") ? s.replace(/\.?0+$/, "") : s);
}
