// The contact sheet: the runs' pictures in the arrangement of the sweep's axes.
// Two axes make a table, further ones a table for each combination of their
// values; without two that are crossed the pictures run on and wrap.

const sheet = {
  down: null, // an axis' index, or -1
  across: null,
  caption: null, // a column's id, or "none"
  order: "plan",
  step: null,

  make(root) {
    this.root = root;
    this.tools = $(".tools", root);
    this.body = $(".sheet-body", root);
    page.on("runs", () => {
      this.choose();
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
    this.body.addEventListener("click", (event) => {
      const card = event.target.closest(".card");
      if (!card) return;
      const run = Number(card.dataset.run);
      if (event.target.closest(".pic") && !event.target.closest(".none")) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) page.toggle(run);
        else viewer.open(["r" + run], "one", this.step);
      } else if (event.target.closest(".pick")) page.toggle(run);
    });
    this.choose();
    this.draw();
  },

  axes() {
    return page.model.axes.map((a, k) => ({ ...a, k })).filter((a) => !a.other);
  },

  // choose finds the arrangement at first; what a person has chosen stays. Of
  // several experiments each has its own.
  choose() {
    if (this.down !== null) return;
    const several = page.model.experiments.length > 1;
    Object.assign(
      this,
      several ? { down: OWN, across: OWN } : arrangement(page.model.runs, this.axes()),
    );
    this.caption = page.dim$("column:total") ? "column:total" : "none";
  },

  crossed() {
    return this.across >= 0;
  },
  own() {
    return this.across === OWN || this.down === OWN;
  },

  draw() {
    this.drawTools();
    const runs = page.visible;
    this.body.replaceChildren();
    if (!runs.length) {
      this.body.append(
        h(
          "p",
          { class: "nothing" },
          page.model.runs.length ? "No run passes the filter." : "There are no runs yet.",
        ),
      );
      return;
    }
    if (this.own()) this.each(runs);
    else if (!this.crossed()) this.body.append(this.flow(this.sorted(runs)));
    else this.blocks(runs, this.axes(), this.down, this.across);
    this.light();
  },

  drawTools() {
    const axes = this.axes(),
      tools = [];
    if (page.model.runs.length > 1) {
      if (axes.length) {
        const options = [
          ...(page.model.experiments.length > 1 ? [[OWN, "each its own"]] : []),
          [-1, "–"],
          ...axes.map((a) => [a.k, a.name]),
        ];
        const set = (which, other) => (v) => {
          v = Number(v);
          if (v === OWN) this[other] = OWN;
          else if (this[other] === OWN || (this[other] === v && v >= 0))
            this[other] = this[which] === OWN ? -1 : this[which];
          this[which] = v;
          this.draw();
        };
        tools.push(
          choice("Down", options, this.down, set("down", "across")),
          choice("Across", options, this.across, set("across", "down")),
        );
        if (this.down >= 0 && this.across >= 0)
          tools.push(
            button(
              "Swap",
              () => {
                [this.down, this.across] = [this.across, this.down];
                this.draw();
              },
              { class: "link", id: "swap" },
            ),
          );
      }
      if (!this.crossed() && !this.own())
        tools.push(
          choice("Order", [["plan", "of the plan"], ...columnOptions()], this.order, (v) => {
            this.order = v;
            this.draw();
          }),
        );
      tools.push(
        choice("Number", [["none", "none"], ...columnOptions()], this.caption, (v) => {
          this.caption = v;
          this.draw();
        }),
      );
      tools.push(
        h(
          "label",
          { class: "tool zoom" },
          "Size",
          h("input", {
            type: "range",
            id: "size",
            min: 40,
            max: 200,
            step: 5,
            value: this.scale ?? 100,
            "aria-label": "Size of the pictures",
            on: {
              input: (e) => {
                this.scale = e.target.value;
                this.body.style.setProperty("--scale", e.target.value / 100);
              },
            },
          }),
        ),
      );
    }
    const steps = frameSteps(page.model.runs).join();
    if (this.times === undefined || this.timesOf !== steps) {
      this.timesOf = steps;
      this.times = timeline(page.model.runs, (step) => {
        this.step = step;
        for (const card of $$(".card", this.body)) {
          const run = page.model.runs[Number(card.dataset.run)],
            img = $(".pic img", card);
          if (img) changePicture(img, frameAt(run, step));
        }
      });
    }
    if (this.times) tools.unshift(this.times);
    const focused = this.tools.contains(document.activeElement)
      ? [...$$("select, input, button", this.tools)].indexOf(document.activeElement)
      : -1;
    this.tools.replaceChildren(...tools);
    if (focused >= 0) $$("select, input, button", this.tools)[focused]?.focus();
  },

  sorted(runs) {
    const dim = page.dim$(this.order);
    if (!dim) return runs;
    const of = (i) => dim.of(page.model.runs[i]) ?? Infinity;
    return [...runs].sort((a, b) => (dim.better === "higher" ? of(b) - of(a) : of(a) - of(b)));
  },

  flow(runs) {
    return h(
      "div",
      { class: "flow" + (runs.length === 1 ? " single" : "") },
      runs.map((i) => this.card(i, true)),
    );
  },

  // each shows the experiments one below the other, by the axes that vary within it.
  each(runs) {
    page.model.experiments.forEach((e, g) => {
      const mine = runs.filter((i) => page.model.runs[i].group === g),
        all = page.model.runs.filter((r) => r.group === g);
      if (!mine.length) return;
      const axes = this.axes().filter((a) => new Set(all.map((r) => r.at[a.k])).size > 1),
        { down, across } = arrangement(all, axes);
      this.body.append(
        h(
          "h3",
          { class: "experiment" },
          e.title && e.title !== e.name
            ? [e.title, h("span", { class: "soft" }, " " + e.name)]
            : e.name,
        ),
      );
      across >= 0 ? this.blocks(mine, axes, down, across) : this.body.append(this.flow(mine));
    });
  },

  // blocks makes a table for each combination of the further axes' values.
  blocks(runs, axes, downAt, acrossAt) {
    const down = page.model.axes[downAt] ?? null,
      across = page.model.axes[acrossAt];
    const further = axes.filter((a) => a.k !== downAt && a.k !== acrossAt);
    const blocks = new Map(),
      loose = [];
    for (const i of runs) {
      const run = page.model.runs[i];
      if (run.at[acrossAt] < 0 || (down && run.at[downAt] < 0)) {
        loose.push(i);
        continue;
      }
      const key = further.map((a) => run.at[a.k]).join();
      if (!blocks.has(key))
        blocks.set(key, {
          title: further
            .filter((a) => run.at[a.k] >= 0)
            .map((a) => `${a.name} ${a.values[run.at[a.k]]}`)
            .join(" · "),
          order: further.map((a) => run.at[a.k]),
          cells: new Map(),
        });
      const cells = blocks.get(key).cells,
        place = (down ? run.at[downAt] : 0) + "," + run.at[acrossAt];
      cells.has(place) ? cells.get(place).push(i) : cells.set(place, [i]);
    }
    const used = (k) =>
      [...new Set(runs.map((i) => page.model.runs[i].at[k]))]
        .filter((v) => v >= 0)
        .sort((a, b) => a - b);
    const columns = used(acrossAt),
      rows = down ? used(downAt) : [0];
    const sorted = [...blocks.values()].sort((a, b) =>
      a.order.reduce((d, v, i) => d || v - b.order[i], 0),
    );
    for (const block of sorted) {
      const title = block.title;
      const table = h(
        "table",
        { class: "sheet", style: { "--columns": columns.length } },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            down &&
              h(
                "td",
                { class: "corner" },
                h("span", { class: "down" }, down.name),
                h("span", { class: "across" }, breakable(across.name)),
              ),
            columns.map((c) => h("th", { scope: "col" }, this.heading(across, c))),
          ),
        ),
        h(
          "tbody",
          {},
          rows.map((r) =>
            h(
              "tr",
              {},
              down && h("th", { scope: "row" }, this.heading(down, r)),
              columns.map((c) => {
                const cell = block.cells.get(r + "," + c) ?? [];
                return h(
                  "td",
                  {},
                  cell.length
                    ? cell.map((i) => this.card(i, cell.length > 1))
                    : h("div", { class: "empty", "aria-label": "no run" }, "·"),
                );
              }),
            ),
          ),
        ),
      );
      this.body.append(
        ...[title && h("h3", {}, title)].filter(Boolean),
        h(
          "div",
          {
            class: "scroll",
            tabindex: 0,
            role: "region",
            "aria-label":
              `Pictures by ${down ? down.name + " and " : ""}${across.name}` +
              (title ? ", " + title : ""),
          },
          table,
        ),
      );
    }
    if (loose.length) this.body.append(this.flow(loose));
  },

  heading(axis, i) {
    const value = axis.values[i],
      input = page.model.inputs.find((x) => x.key === axis.key && x.value === value);
    return [input && lazyPicture(input.picture), h("span", {}, breakable(value))];
  },

  card(i, labelled) {
    const run = page.model.runs[i],
      dim = page.dim$(this.caption);
    const picture = frameAt(run, this.step),
      number = dim ? dim.label(run) : "";
    return h(
      "figure",
      { class: `card ${run.status}`, data: { run: i } },
      picture
        ? h(
            "button",
            { type: "button", class: "pic", "aria-label": `Enlarge ${run.label}` },
            lazyPicture(picture),
            run.status !== "done" &&
              h("span", { class: "badge", title: run.problem || undefined }, badge(run)),
          )
        : h(
            "div",
            { class: "pic none" },
            h("span", { class: "badge" }, badge(run)),
            h("p", {}, run.problem),
          ),
      h(
        "figcaption",
        {},
        h(
          "button",
          {
            type: "button",
            class: "pick",
            "aria-pressed": "false",
            "aria-label": `Highlight ${run.label}${dim ? `, ${dim.name} ${number}` : ""}`,
          },
          swatch(i),
          h("span", { class: "label" + (labelled ? "" : " unseen") }, run.label),
          dim && h("span", { class: "total" }, number),
        ),
        run.tags.length > 0 && h("p", { class: "tags" }, tagChips(run)),
        run.note && h("p", { class: "said" }, run.note),
      ),
    );
  },

  light() {
    for (const card of $$(".card", this.body)) {
      const run = Number(card.dataset.run);
      card.classList.toggle("picked", page.picked.has(run));
      card.classList.toggle("hover", page.hover === run);
      card.classList.toggle("dim", page.dim(run));
      $(".pick", card).setAttribute("aria-pressed", page.picked.has(run));
    }
  },
};

const OWN = -2; // an arrangement of each experiment's own

// arrangement chooses the first two axes that are crossed. Axes that vary
// together, or at random, leave most of a table empty: then there is none.
function arrangement(runs, axes) {
  if (axes.length === 1 && axes[0].values.length <= 8 && runs.length > axes[0].values.length)
    return { down: -1, across: axes[0].k };
  const used = (a) => new Set(runs.map((r) => r.at[a.k]).filter((v) => v >= 0)).size;
  for (let i = 0; i < axes.length; i++)
    for (let j = i + 1; j < axes.length; j++) {
      let [down, across] = [axes[i], axes[j]],
        [rows, columns] = [used(down), used(across)];
      const places = new Set(
        runs
          .filter((r) => r.at[down.k] >= 0 && r.at[across.k] >= 0)
          .map((r) => r.at[down.k] + "," + r.at[across.k]),
      );
      if (rows < 2 || columns < 2 || places.size * 5 < rows * columns * 3) continue;
      // So that it lies on a screen as a whole.
      if ((columns > 8 && rows <= 8) || (columns === 2 && rows > 2 && rows <= 6))
        [down, across, rows, columns] = [across, down, columns, rows];
      if (columns <= 12) return { down: down.k, across: across.k };
    }
  return { down: -1, across: -1 };
}

function badge(run) {
  return run.status === "running" && run.planned
    ? `running ${Math.floor((100 * run.steps) / run.planned)} %`
    : run.status;
}
