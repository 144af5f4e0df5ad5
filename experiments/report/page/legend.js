// The key to the curves: the runs or, coloured by an axis, its values with their
// runs.

const legend = {
  make(root) {
    this.root = root;
    for (const event of ["runs", "theme"]) page.on(event, () => this.draw());
    page.on(
      "visible",
      soon(() => this.draw()),
    );
    page.on(
      "lit",
      soon(() => this.light()),
    );
    this.draw();
  },

  draw() {
    if (page.model.runs.length < 2) {
      this.root.hidden = true;
      return;
    }
    const dim = colours.by !== "run" && page.dim$(colours.by);
    const chip = (i) =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            class: "chip " + page.model.runs[i].status,
            data: { run: i },
            "aria-pressed": page.picked.has(i),
            title: [page.model.runs[i].name, page.model.runs[i].problem].filter(Boolean).join("\n"),
            on: { click: () => page.toggle(i) },
          },
          swatch(i),
          h("span", {}, page.model.runs[i].label),
        ),
      );
    const axes = page.model.axes
      .filter((a) => !a.other)
      .map((a) => a.name)
      .join(" · ");
    const items = [];
    if (dim && dim.axis !== undefined) {
      dim.values.forEach((v, k) => {
        const runs = page.visible.filter((i) => page.model.runs[i].at[dim.axis] === k);
        if (!runs.length) return;
        items.push(
          h(
            "li",
            { class: "group" },
            h(
              "button",
              {
                type: "button",
                class: "chip head",
                title: "Pick all of these",
                on: {
                  click: () =>
                    page.pick(
                      runs.every((i) => page.picked.has(i))
                        ? [...page.picked].filter((i) => !runs.includes(i))
                        : [...page.picked, ...runs],
                    ),
                },
              },
              h("i", { class: "swatch", style: { "--c": colours.value(dim, k) } }),
              h("span", {}, v),
              h("span", { class: "soft" }, String(runs.length)),
            ),
          ),
        );
        if (page.visible.length <= 40) items.push(...runs.map(chip));
      });
    } else items.push(...page.visible.map(chip));
    this.root.replaceChildren(
      h("p", { class: "legend-head" }, dim ? dim.name : axes || "Runs"),
      h("ul", {}, items),
    );
  },

  light() {
    for (const b of $$("button[data-run]", this.root)) {
      const run = Number(b.dataset.run);
      b.setAttribute("aria-pressed", page.picked.has(run));
      b.classList.toggle("hover", page.hover === run);
      b.classList.toggle("dim", page.dim(run));
    }
  },
};
