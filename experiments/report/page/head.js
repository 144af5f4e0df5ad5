// The head of the page: what the experiment is, and the bar that stays in sight:
// sections, filter, what is picked.

const head = {
  make() {
    this.top = $("#top");
    this.bar = $("#bar");
    page.on("runs", () => {
      this.drawTop();
      this.drawFilter();
      this.drawCounts();
    });
    page.on("filter", () => this.drawCounts());
    page.on("picked", () => this.drawPicked());
    page.on("theme", () => this.drawPicked());
    this.drawTop();
    this.makeBar();
    this.drawFilter();
    this.drawCounts();
  },

  drawTop() {
    const m = page.model,
      done = m.runs.filter((r) => r.status === "done").length,
      stopped = m.runs.filter((r) => r.status === "stopped").length,
      failed = m.runs.filter((r) => r.status === "failed" || r.status === "damaged").length;
    const fact = (name) => {
      const f = m.facts?.filter((f) => f.name === name);
      return f?.length === 1 ? f[0].value : null;
    };
    const bad = (m.findings ?? []).filter((f) => f.severity !== "hint"),
      hints = (m.findings ?? []).filter((f) => f.severity === "hint");
    const facts = [
      [
        "Runs",
        [
          done === m.runs.length ? `${done} done` : `${done} of ${m.runs.length} done`,
          stopped ? `, ${stopped} stopped early` : [],
          failed ? [", ", h("a", { class: "bad", href: "#doctor" }, `${failed} failed`)] : [],
        ],
      ],
      ["Network", fact("Network")],
      ["Size", fact("Size")],
      ["When", m.when],
      ["Computing time", m.took],
      ["Version", fact("Program")],
    ].filter(([, v]) => v);
    this.top.replaceChildren(
      ...[
        h(
          "div",
          { class: "intro" },
          h(
            "p",
            { class: "eyebrow" },
            m.experiments.length > 1
              ? `${m.experiments.length} style transfer experiments`
              : "Style transfer experiment",
            h("span", { class: "mono" }, m.name),
            m.live && liveSign(),
          ),
          h("h1", {}, m.title),
          m.description && h("p", { class: "lead" }, m.description),
          m.experiments.length > 1 &&
            h(
              "ul",
              { class: "experiments" },
              m.experiments.map((e) =>
                h(
                  "li",
                  {},
                  h("a", { href: e.link }, e.name),
                  e.title && e.title !== e.name && h("span", { class: "soft" }, " " + e.title),
                  h("span", { class: "soft" }, ` ${e.done} of ${e.all} done`),
                ),
              ),
            ),
        ),
        m.inputs?.length &&
          h(
            "div",
            { class: "inputs" + (m.inputs.length > 3 ? " many" : "") },
            m.inputs.map((x, i) =>
              h(
                "figure",
                {},
                h(
                  "button",
                  {
                    type: "button",
                    "aria-label": `Enlarge ${x.role} ${x.label ?? ""}`,
                    on: { click: () => viewer.open(["i" + i], "one") },
                  },
                  lazyPicture(x.picture, {
                    alt: `The ${x.role} picture${x.label ? ", " + x.label : ""}`,
                  }),
                ),
                h(
                  "figcaption",
                  {},
                  h("b", {}, x.role),
                  x.label && h("span", { title: x.label }, x.label),
                ),
              ),
            ),
          ),
        h(
          "dl",
          { class: "facts" },
          facts.map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v))),
        ),
        (bad.length || hints.length) &&
          h(
            "p",
            { class: "diagnosis " + (m.findings[0]?.severity ?? "") },
            h("a", { href: "#doctor" }, "Run doctor"),
            " ",
            [...bad, ...hints].map((f, k) => [
              k ? ", " : "",
              `${f.title.toLowerCase()} (${f.cases.length})`,
            ]),
          ),
        done + stopped < m.runs.length &&
          h(
            "div",
            {
              class: "progress",
              role: "img",
              "aria-label": `${done} of ${m.runs.length} runs done`,
            },
            m.runs.map((r) =>
              h("i", {
                class: r.status,
                title: `${r.label}: ${r.status}`,
                style:
                  r.status === "running" && r.planned
                    ? { "--part": (100 * r.steps) / r.planned + "%" }
                    : undefined,
              }),
            ),
          ),
      ].filter(Boolean),
    );
  },

  makeBar() {
    this.search = h("input", {
      type: "search",
      id: "filter",
      placeholder: "Filter: dusk rate>0.01",
      "aria-label": "Filter the runs",
      spellcheck: "false",
      autocomplete: "off",
      value: page.text,
      on: {
        input: (e) => {
          page.text = e.target.value;
          page.filter();
        },
        keydown: (e) => {
          if (e.key === "Escape") {
            page.text = e.target.value = "";
            page.filter();
          }
        },
      },
    });
    this.matches = h("span", { class: "matches", role: "status" });
    this.all = button(
      "All",
      () => {
        page.clearFilter();
        this.search.value = "";
        this.drawFilter();
      },
      { class: "link", id: "clear-filter", hidden: true },
    );
    this.menu = h("details", { class: "menu", id: "facets" }, h("summary", {}, "Values"), h("div"));
    this.theme = button(
      "",
      () => {
        const root = document.documentElement,
          now = dark();
        root.dataset.theme = now ? "light" : "dark";
        try {
          localStorage.setItem("nst-theme", root.dataset.theme);
        } catch {
          /* a page from disk may have no storage */
        }
        page.emit("theme");
      },
      { class: "theme", "aria-label": "Light or dark" },
    );
    const sections = $$("main > section").filter((s) => !s.hidden);
    const links = sections.map((s) => h("a", { href: "#" + s.id }, s.dataset.name));
    this.bar.replaceChildren(
      h("nav", { "aria-label": "Sections" }, links),
      h("div", { class: "filter" }, this.search, this.menu, this.matches, this.all),
      this.theme,
    );
    const seen = new IntersectionObserver(
      (entries) => {
        for (const e of entries)
          links[sections.indexOf(e.target)].dataset.seen = e.isIntersecting ? "yes" : "no";
        const first = links.find((l) => l.dataset.seen === "yes");
        for (const l of links)
          l === first ? l.setAttribute("aria-current", "true") : l.removeAttribute("aria-current");
      },
      { rootMargin: "-20% 0px -55% 0px" },
    );
    sections.forEach((s) => seen.observe(s));
    this.picked = $("#picked");
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.target.closest("input, select, textarea, dialog")) {
        event.preventDefault();
        this.search.focus();
      }
      if (
        event.key === "Escape" &&
        !event.target.closest("input, dialog, canvas, .heads") &&
        page.picked.size
      )
        page.pick([]);
    });
    document.addEventListener("click", (event) => {
      for (const d of $$("details.menu[open]")) if (!d.contains(event.target)) d.open = false;
    });
  },

  drawFilter() {
    const box = $("div", this.menu),
      axes = page.model.axes.map((a, k) => ({ ...a, k })).filter((a) => a.values.length <= 60);
    this.menu.hidden = !axes.length || page.model.runs.length < 2;
    box.replaceChildren(
      ...axes.map((a) =>
        h(
          "fieldset",
          {},
          h("legend", {}, a.name),
          a.values.map((v, i) =>
            h(
              "label",
              { class: "check" },
              h("input", {
                type: "checkbox",
                checked: !page.facets.has(a.k) || page.facets.get(a.k).has(i),
                on: {
                  change: (e) => {
                    const wanted = page.facets.get(a.k) ?? new Set(a.values.keys());
                    e.target.checked ? wanted.add(i) : wanted.delete(i);
                    wanted.size === a.values.length
                      ? page.facets.delete(a.k)
                      : page.facets.set(a.k, wanted);
                    page.filter();
                  },
                },
              }),
              v,
            ),
          ),
        ),
      ),
    );
  },

  drawCounts() {
    const n = page.visible.length,
      all = page.model.runs.length;
    this.matches.textContent = page.problem
      ? page.problem
      : page.filtering()
        ? `${n} of ${all}`
        : "";
    this.matches.classList.toggle("bad", page.problem !== "");
    this.all.hidden = !page.filtering();
    this.menu.classList.toggle("set", page.facets.size > 0);
    this.bar.classList.toggle("alone", all < 2);
  },

  drawPicked() {
    const runs = [...page.picked].filter((i) => page.model.runs[i]);
    this.picked.hidden = !runs.length;
    document.body.classList.toggle("picking", runs.length > 0);
    if (!runs.length) return;
    const pictures = runs
      .filter((i) => page.model.runs[i].picture && page.shows.has(i))
      .map((i) => "r" + i);
    this.picked.replaceChildren(
      ...[
        h(
          "ul",
          {},
          runs.slice(0, 8).map((i) =>
            h(
              "li",
              {},
              button([], () => page.toggle(i), {
                class: "inline-chip",
                "aria-label": "Do not pick " + page.model.runs[i].label,
                title: "Do not pick",
              }),
            ),
          ),
          runs.length > 8 && h("li", { class: "soft" }, `and ${runs.length - 8} more`),
        ),
        h(
          "div",
          { class: "picked-tools" },
          pictures.length > 0 &&
            button(
              pictures.length > 1 ? "Compare pictures" : "Enlarge",
              () => viewer.open(pictures.slice(0, 16)),
              { class: "primary", id: "compare" },
            ),
          pictures.length === 2 && button("Slider", () => viewer.open(pictures, "slide")),
          pictures.length === 2 && button("Flip", () => viewer.open(pictures, "flip")),
          button("None", () => page.pick([]), { id: "clear" }),
        ),
      ],
    );
    $$("li button", this.picked).forEach((b, k) =>
      b.append(swatch(runs[k]), page.model.runs[runs[k]].label),
    );
  },
};
