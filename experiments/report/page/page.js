// The page: which runs are lit, everywhere at once; the controls of the curves;
// the table's order; the enlarged picture.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const data = JSON.parse($("#data").textContent);

const view = {
  picked: new Set(),
  hover: null,
  listeners: [],
  listen(f) { this.listeners.push(f); },
  changed() { for (const f of this.listeners) f(); },
  setHover(run) {
    if (run === this.hover) return;
    this.hover = run;
    this.changed();
  },
  toggle(run) {
    if (!this.picked.delete(run)) this.picked.add(run);
    this.changed();
  },
  clear() { this.picked.clear(); this.changed(); },
};

// Whatever carries data-run is lit with its run; data-pick picks it by a click.
const ofRun = $$("[data-run]").map((e) => ({ e, run: Number(e.dataset.run), pick: "pick" in e.dataset }));
view.listen(() => {
  for (const { e, run, pick } of ofRun) {
    const picked = view.picked.has(run);
    e.classList.toggle("picked", picked);
    e.classList.toggle("hover", run === view.hover);
    if (pick) e.setAttribute("aria-pressed", picked);
  }
  document.body.classList.toggle("picking", view.picked.size > 0);
  const clear = $("#clear");
  if (clear) clear.hidden = view.picked.size === 0;
});
const runOf = (node) => {
  const e = node instanceof Element && node.closest("[data-run]");
  return e ? Number(e.dataset.run) : null;
};
for (const kind of ["mouseover", "focusin"]) {
  document.addEventListener(kind, (event) => {
    if (!event.target.closest("#plot")) view.setHover(runOf(event.target));
  });
}
document.addEventListener("click", (event) => {
  const e = event.target.closest("[data-pick]");
  if (e) view.toggle(Number(e.dataset.run));
});
$("#clear")?.addEventListener("click", () => view.clear());

// Curves.
{
  const controls = $("#controls"), note = $("#note"), select = controls.elements.series;
  const chart = makeChart($("#plot"), data, view);
  const groups = new Map();
  data.series.forEach((s, i) => {
    const label = i === 0 ? "" : s.group ? `${s.group}, by layer` : "Terms";
    if (!groups.has(label)) {
      const group = label ? document.createElement("optgroup") : select;
      if (label) { group.label = label; select.append(group); }
      groups.set(label, group);
    }
    groups.get(label).append(new Option(s.label, i));
  });
  for (const input of controls.elements.x) if (input.value !== "step") input.disabled = !chart.has(input.value);
  const show = () => {
    const asked = controls.elements.scale.value;
    const { able, left, none } = chart.show({ series: Number(select.value), x: controls.elements.x.value, scale: asked });
    note.textContent = none || asked !== "log" || (able && !left) ? ""
      : able ? `A log scale has no place for values that are not positive: ${left} of them ${left === 1 ? "is" : "are"} left out.`
      : "Most values are not positive, so the scale is linear.";
  };
  controls.addEventListener("change", show);
  new ResizeObserver(show).observe($("#plot"));
  show();
}

// Pictures: their size, and the enlarged one.
$("#size")?.addEventListener("input", (event) => document.documentElement.style.setProperty("--scale", event.target.value / 100));
$("#swap")?.addEventListener("click", () => {
  for (const table of $$(".sheet")) {
    const cells = [...table.rows].map((row) => [...row.cells]);
    const turned = cells[0].map((_, i) => cells.map((row) => row[i]));
    const rows = turned.map((cells) => {
      const row = document.createElement("tr");
      row.append(...cells);
      return row;
    });
    for (const th of $$("th", table)) th.scope = th.scope === "col" ? "row" : "col";
    table.tHead.replaceChildren(rows[0]);
    table.tBodies[0].replaceChildren(...rows.slice(1));
    table.style.setProperty("--columns", turned[0].length - 1);
  }
  [$("#down").textContent, $("#across").textContent] = [$("#across").textContent, $("#down").textContent];
});
{
  const box = $("#box");
  let pictures = $$("[data-open]"), at = 0;
  const show = (i) => {
    at = (i + pictures.length) % pictures.length;
    const card = pictures[at].closest(".card"), run = data.runs[Number(card.dataset.run)];
    $("#box-image").src = $("img", pictures[at]).src;
    $("#box-image").alt = run.label;
    $("#box-title").textContent = run.label;
    $("#box-count").textContent = `${at + 1} of ${pictures.length}`;
    $("#box-facts").replaceChildren($("template", card).content.cloneNode(true));
  };
  // Up and down keep to the column of a table of pictures.
  const beside = (rows) => {
    const cell = pictures[at].closest(".sheet td");
    if (!cell) return at;
    const found = $("[data-open]", cell.parentElement.parentElement.rows[cell.parentElement.sectionRowIndex + rows]?.cells[cell.cellIndex] ?? cell);
    return found ? pictures.indexOf(found) : at;
  };
  for (const p of pictures) {
    p.addEventListener("click", () => {
      pictures = $$("[data-open]"); // in the order on the page, which may have been swapped
      show(pictures.indexOf(p));
      box.showModal();
    });
  }
  $("#box-previous").addEventListener("click", () => show(at - 1));
  $("#box-next").addEventListener("click", () => show(at + 1));
  $("#box-close").addEventListener("click", () => box.close());
  $("#box-image").addEventListener("click", () => box.close());
  box.addEventListener("close", () => pictures[at].focus());
  box.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: () => at - 1, ArrowRight: () => at + 1, ArrowUp: () => beside(-1), ArrowDown: () => beside(1), Home: () => 0, End: () => pictures.length - 1 }[event.key];
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(to());
  });
}

// The table sorts by its headers; what is not known comes last.
{
  const table = $("#table"), body = table.tBodies[0], headers = [...table.tHead.rows[0].cells];
  const value = (row, i) => {
    const cell = row.cells[i];
    const text = "sort" in cell.dataset ? cell.dataset.sort : cell.textContent.trim();
    const n = Number(text.replace("+Inf", "Infinity").replace("-Inf", "-Infinity"));
    return text === "" ? null : Number.isNaN(n) ? text : n;
  };
  const compare = (a, b) => (typeof a === typeof b ? (a < b ? -1 : a > b ? 1 : 0) : typeof a === "number" ? -1 : 1);
  headers.forEach((header, i) => $("button", header).addEventListener("click", () => {
    const down = header.getAttribute("aria-sort") === "ascending";
    for (const h of headers) h.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].map((row) => ({ row, v: value(row, i) }));
    rows.sort((a, b) => (a.v === null || b.v === null ? (a.v === null) - (b.v === null) : (down ? -1 : 1) * compare(a.v, b.v)));
    body.append(...rows.map((r) => r.row));
  }));
}
