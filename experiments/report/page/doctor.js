// The run doctor: what went wrong, in words, each with the key of the
// configuration to change; then what was found in the directories.

const doctor = {
  make(root) {
    this.root = root;
    this.body = $(".doctor", root);
    page.on("runs", () => this.draw());
    this.draw();
  },

  draw() {
    const { findings, warnings, notes, runs } = page.model;
    const open = runs
      .map((r, i) => ({ r, i }))
      .filter(({ r }) => ["running", "killed", "interrupted"].includes(r.status));
    const broken = runs.map((r, i) => ({ r, i })).filter(({ r }) => r.status === "damaged");
    const waiting = runs.filter((r) => r.status === "waiting").length,
      parts = [];
    for (const f of findings ?? []) parts.push(this.finding(f));
    if (!findings?.length && !broken.length)
      parts.push(
        h(
          "p",
          { class: "nothing" },
          runs.some((r) => r.status === "done")
            ? "Nothing is wrong with any run, as far as their files tell."
            : "No run has ended yet.",
        ),
      );
    if (broken.length || warnings?.length)
      parts.push(
        h("h3", {}, "Found in the directory"),
        h(
          "ul",
          { class: "plain" },
          broken.map(({ r, i }) =>
            h("li", { data: { run: i } }, h("b", {}, r.label), " ", r.problem),
          ),
          (warnings ?? []).map((w) => h("li", {}, w)),
        ),
      );
    if (open.length || waiting)
      parts.push(
        h("h3", {}, "Not at the end yet"),
        h(
          "ul",
          { class: "plain" },
          open.map(({ r, i }) => h("li", { data: { run: i } }, this.chip(i), " ", r.problem)),
          waiting
            ? h("li", {}, `${count(waiting, "run")} ${waiting === 1 ? "has" : "have"} not begun.`)
            : null,
        ),
      );
    if (notes?.length)
      parts.push(
        h("h3", {}, "Said by the runs"),
        h(
          "ul",
          { class: "plain" },
          notes.map((n) =>
            h(
              "li",
              {},
              n.text,
              " ",
              h(
                "span",
                { class: "soft" },
                n.runs.length === runs.length
                  ? "(all runs)"
                  : n.runs.length > 4
                    ? `(${count(n.runs.length, "run")})`
                    : "(" + n.runs.map((i) => runs[i].label).join("; ") + ")",
              ),
            ),
          ),
        ),
      );
    this.body.replaceChildren(...parts);
  },

  chip(i) {
    return h(
      "button",
      {
        type: "button",
        class: "inline-chip",
        data: { run: i },
        on: { click: () => page.toggle(i) },
      },
      swatch(i),
      page.model.runs[i].label,
    );
  },

  // place says where to change the key: in the user's file, never in one that it inherits from.
  place(c) {
    if (!c.file) return "To change: ";
    return c.line ? `To change in ${c.file}, line ${c.line}: ` : `To add to ${c.file}: `;
  },

  finding(f) {
    const runs = f.cases.map((c) => c.run);
    // The same line in many runs is one piece of advice.
    const advice = new Map();
    for (const c of f.cases) {
      const key = [c.file, c.line, c.table, c.is, c.try].join("\n");
      advice.has(key) ? advice.get(key).push(c) : advice.set(key, [c]);
    }
    const few = 3;
    const one = (cases) => {
      const c = cases[0];
      const said = cases.map((c) =>
        h("li", { data: { run: c.run } }, this.chip(c.run), " ", h("span", {}, c.text)),
      );
      return h(
        "div",
        { class: "case" },
        h("ul", {}, said.slice(0, few)),
        said.length > few &&
          h(
            "details",
            {},
            h("summary", {}, `${said.length - few} more`),
            h("ul", {}, said.slice(few)),
          ),
        c.key &&
          h(
            "div",
            { class: "change" },
            h("p", { class: "soft" }, this.place(c), c.hint, "."),
            h(
              "pre",
              {},
              c.table && h("span", { class: "soft" }, `[${c.table}]\n`),
              c.is && h("del", {}, c.is),
              c.is && c.try && "\n",
              c.try && h("ins", {}, c.try),
              !c.is && !c.try && c.key,
            ),
          ),
      );
    };
    return h(
      "article",
      { class: "finding " + f.severity },
      h(
        "header",
        {},
        h("h3", {}, f.title),
        h("span", { class: "soft" }, count(runs.length, "run")),
        runs.length > 1 && button("Pick them", () => page.pick(runs), { class: "link" }),
        h("p", { class: "soft" }, f.about),
      ),
      [...advice.values()].map(one),
    );
  },
};
