// The table: what differs between the configurations, and the measures. Its
// headers sort, its rows pick; the filter above decides which are there.

const table = {
  shown: null, // ids of dimensions
  sort: null, // {id, down}
  shade: true,

  make(root) {
    this.root = root;
    this.tools = $(".tools", root);
    this.host = $(".scroll", root);
    this.choose();
    page.on("runs", () => {
      this.choose();
      this.drawTools();
      this.draw();
    });
    page.on(
      "visible",
      soon(() => this.draw()),
    );
    page.on(
      "lit",
      soon(() => this.light()),
    );
    this.drawTools();
    this.draw();
    this.host.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-run]");
      if (!row || event.target.closest("a, .tag")) return;
      if (event.target.closest(".open")) viewer.open(["r" + row.dataset.run], "one");
      else if (!getSelection().toString() || event.target.closest("button"))
        page.toggle(Number(row.dataset.run));
    });
  },

  choose() {
    const ids = new Set(page.dims.map((d) => d.id));
    if (this.shown && this.known === ids.size) return;
    this.known = ids.size;
    const others = page.dims.filter((d) => d.other);
    this.shown = new Set(
      page.dims
        .filter((d) => (d.axis !== undefined ? !d.other || others.length <= 8 : d.first))
        .map((d) => d.id),
    );
  },

  dims() {
    return page.dims.filter((d) => this.shown.has(d.id));
  },

  drawTools() {
    const groups = new Map();
    for (const d of page.dims) {
      const group = d.axis !== undefined ? (d.other ? "configuration" : "axes") : d.group;
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(d);
    }
    const boxes = [...groups].map(([group, dims]) =>
      h(
        "fieldset",
        {},
        h("legend", {}, group),
        dims.map((d) =>
          h(
            "label",
            {},
            h("input", {
              type: "checkbox",
              checked: this.shown.has(d.id),
              on: {
                change: (e) => {
                  e.target.checked ? this.shown.add(d.id) : this.shown.delete(d.id);
                  this.draw();
                },
              },
            }),
            d.name,
          ),
        ),
      ),
    );
    this.tools.replaceChildren(
      h("details", { class: "menu" }, h("summary", {}, "Columns"), h("div", {}, boxes)),
      h(
        "label",
        { class: "tool" },
        h("input", {
          type: "checkbox",
          checked: this.shade,
          on: {
            change: (e) => {
              this.shade = e.target.checked;
              this.draw();
            },
          },
        }),
        " shade",
      ),
      button("Save as CSV", () => this.save(), { class: "link" }),
    );
  },

  rows() {
    const runs = page.visible,
      { id, down } = this.sort ?? {},
      dim = id && page.dim$(id);
    if (!this.sort) return runs;
    const value = (i) => {
      const run = page.model.runs[i];
      if (id === "status") return run.status;
      if (id === "run") return run.name;
      const said = tagDims().find((d) => d.key === id);
      if (said) return said.label(run) || null;
      if (!dim) return null;
      return dim.of(run);
    };
    // What is not known comes last, either way.
    return [...runs].sort((a, b) => {
      const x = value(a),
        y = value(b);
      if (x === null || y === null) return (x === null) - (y === null);
      return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
    });
  },

  draw() {
    const dims = this.dims(),
      focused = this.host.contains(document.activeElement)
        ? document.activeElement.dataset.sort
        : undefined;
    const header = (id, text, n, title) =>
      h(
        "th",
        {
          scope: "col",
          class: n ? "n" : undefined,
          title,
          "aria-sort":
            this.sort?.id === id ? (this.sort.down ? "descending" : "ascending") : undefined,
        },
        button(
          text,
          () => {
            this.sort =
              this.sort?.id === id
                ? this.sort.down
                  ? null
                  : { id, down: true }
                : { id, down: false };
            this.draw();
          },
          { data: { sort: id } },
        ),
      );
    const named = !dims.some((d) => d.axis !== undefined);
    // The best of each column, and how dark the others are shaded.
    const spans = new Map(
      dims
        .filter((d) => d.column !== undefined && d.better)
        .map((d) => {
          const { scale, none } = scaleOf(
            page.visible.map((i) => d.of(page.model.runs[i])),
            true,
            0,
          );
          return [d, none ? null : scale];
        }),
    );
    const cell = (d, run) => {
      const v = d.of(run),
        scale = this.shade && spans.get(d);
      let good = scale && v !== null && !(scale.log && v <= 0) ? scale.at(v) : null;
      if (good !== null && d.better === "lower") good = 1 - good;
      return h(
        "td",
        {
          class: d.column !== undefined ? "n" : undefined,
          style:
            good !== null && page.visible.length > 1
              ? { "--good": Math.round(Math.max(0, Math.min(1, good)) * 100) + "%" }
              : undefined,
          data: good !== null ? { good: "" } : undefined,
        },
        d.label(run),
      );
    };
    this.host.replaceChildren(
      h(
        "table",
        { class: "numbers", id: "rows" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col", class: "first" }, h("span", { class: "unseen" }, "pick")),
            h("th", { scope: "col" }, h("span", { class: "unseen" }, "picture")),
            named && header("run", "run"),
            dims.filter((d) => d.axis !== undefined).map((d) => header(d.id, d.name, false, d.key)),
            header("status", "status"),
            tagDims().map((d) => header(d.key, d.name)),
            dims
              .filter((d) => d.column !== undefined)
              .map((d) =>
                header(
                  d.id,
                  d.name,
                  true,
                  [d.unit, d.better && d.better + " is better"].filter(Boolean).join("; ") ||
                    undefined,
                ),
              ),
          ),
        ),
        h(
          "tbody",
          {},
          this.rows().map((i) => {
            const run = page.model.runs[i];
            return h(
              "tr",
              { data: { run: i }, title: run.name },
              h(
                "td",
                { class: "first" },
                h(
                  "button",
                  {
                    type: "button",
                    class: "dot",
                    "aria-pressed": page.picked.has(i),
                    "aria-label": "Highlight " + run.label,
                  },
                  swatch(i),
                ),
              ),
              h(
                "td",
                { class: "thumb" },
                run.picture &&
                  h(
                    "button",
                    { type: "button", class: "open", "aria-label": "Enlarge " + run.label },
                    lazyPicture(run.picture),
                  ),
              ),
              named && h("th", { scope: "row" }, run.name),
              dims.filter((d) => d.axis !== undefined).map((d) => cell(d, run)),
              h(
                "td",
                {},
                h(
                  "span",
                  { class: "status " + run.status, title: run.problem || undefined },
                  badge(run),
                ),
              ),
              tagDims().map((d) =>
                d === tagDim
                  ? h("td", { class: "tags" }, tagChips(run))
                  : h("td", { class: "said" }, run.note),
              ),
              dims.filter((d) => d.column !== undefined).map((d) => cell(d, run)),
            );
          }),
        ),
      ),
    );
    if (focused) $(`[data-sort="${CSS.escape(focused)}"]`, this.host)?.focus();
    this.light();
  },

  light() {
    for (const row of $$("tr[data-run]", this.host)) {
      const run = Number(row.dataset.run);
      row.classList.toggle("picked", page.picked.has(run));
      row.classList.toggle("hover", page.hover === run);
      row.classList.toggle("dim", page.dim(run));
      $(".dot", row).setAttribute("aria-pressed", page.picked.has(run));
    }
  },

  // save gives the visible rows and shown columns, with all digits the page has.
  save() {
    const quote = (s) => (/[",\n\r]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
    const dims = this.dims();
    const lines = [
      ["name", "status", ...tagDims().map((d) => d.name), ...dims.map((d) => d.key)],
      ...this.rows().map((i) => {
        const run = page.model.runs[i];
        return [
          run.name,
          run.status,
          ...tagDims().map((d) => d.label(run)),
          ...dims.map((d) =>
            d.axis !== undefined ? (d.of(run) === null ? "" : d.label(run)) : (d.of(run) ?? ""),
          ),
        ];
      }),
    ];
    const url = URL.createObjectURL(
      new Blob([lines.map((l) => l.map((v) => quote(String(v))).join(",")).join("\n") + "\n"], {
        type: "text/csv",
      }),
    );
    h("a", { href: url, download: page.model.name + ".csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  },
};
