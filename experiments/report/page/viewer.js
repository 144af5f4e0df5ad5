// The viewer: pictures enlarged, one or several, with zoom and pan in step;
// flipped, under a slider, or as their difference.

const viewer = {
  mode: "one", // one, side, flip, slide, difference
  shown: [], // ids of items: of two, the first is A and the second B
  step: null, // of the frames; null is the final picture
  flipped: 0,
  divide: 0.5,

  // items are the pictures that can be looked at: the visible runs', then those
  // that went in.
  items() {
    const runs = page.visible
      .filter((i) => page.model.runs[i].picture)
      .map((i) => {
        const run = page.model.runs[i];
        return { id: "r" + i, run: i, label: run.label, picture: frameAt(run, this.step) };
      });
    const inputs = page.model.inputs.map((x, i) => ({
      id: "i" + i,
      label: `${x.role}: ${x.label ?? ""}`,
      picture: x.picture,
      input: true,
      role: x.role,
    }));
    return [...runs, ...inputs];
  },
  item(id) {
    return this.items().find((x) => x.id === id);
  },

  make() {
    this.count = h("p", { class: "box-count", "aria-live": "polite" });
    this.zoomed = h("output", { class: "box-zoom", title: "Size on the screen" });
    this.modes = h(
      "div",
      { class: "box-modes", role: "group", "aria-label": "How to compare" },
      [
        ["one", "One", "1 picture"],
        ["side", "Side by side", "zoom and pan in step"],
        ["flip", "Flip", "space flips"],
        ["slide", "Slider", "drag the divider"],
        ["difference", "Difference", "brightened fourfold"],
      ].map(([mode, text, title]) =>
        button(text, () => this.set(mode), { data: { mode }, title, "aria-pressed": "false" }),
      ),
    );
    this.stage = h("div", { class: "stage" });
    this.strip = h("div", {
      class: "strip",
      role: "group",
      "aria-label": "Pictures to choose from",
    });
    this.times = h("div", { class: "box-times" });
    this.hint = h("p", { class: "box-hint" });
    this.box = h(
      "dialog",
      { id: "box", "aria-label": "Pictures enlarged", on: { close: () => this.closed() } },
      h(
        "div",
        { class: "box-bar" },
        this.modes,
        this.times,
        h(
          "div",
          { class: "box-tools" },
          this.zoomed,
          button("Fit", () => this.view.fit(), { title: "0" }),
          button("1:1", () => this.view.one(), {
            title: "1: one pixel of the picture on one of the screen",
          }),
          button("−", () => this.view.zoomTo(this.view.zoom / 1.5), {
            "aria-label": "Smaller",
            title: "−",
          }),
          button("+", () => this.view.zoomTo(this.view.zoom * 1.5), {
            "aria-label": "Larger",
            title: "+",
          }),
          button("×", () => this.box.close(), {
            id: "box-close",
            class: "close",
            "aria-label": "Close",
          }),
        ),
      ),
      this.stage,
      this.hint,
      h("div", { class: "box-foot" }, this.count, this.strip),
    );
    document.body.append(this.box);
    document.addEventListener("keydown", (event) => {
      if (this.box.open) this.key(event);
    }); // wherever the focus is
    this.view = new PanZoom(() => {
      this.zoomed.textContent = this.view.percent() + " %";
    });
    new ResizeObserver(() => this.view.apply()).observe(this.stage);
    page.on("runs", () => {
      if (this.box.open) this.draw();
    });
  },

  open(ids, mode, step = null) {
    this.opener = document.activeElement;
    this.step = step;
    this.shown = ids.filter((id) => this.item(id));
    if (!this.shown.length) return;
    this.flipped = 0;
    this.mode = mode ?? (this.shown.length > 1 ? "side" : "one");
    const runs = page.visible.map((i) => page.model.runs[i]).filter((r) => r.frames?.length);
    this.times.replaceChildren(
      ...[
        timeline(runs, (s) => {
          this.step = s;
          this.refresh();
        }),
      ].filter(Boolean),
    );
    this.box.showModal();
    this.draw();
    this.view.fit();
  },

  closed() {
    this.times.replaceChildren();
    this.stage.replaceChildren();
    this.strip.replaceChildren();
    this.view.clear();
    const last =
      this.shown[0]?.startsWith("r") && $(`.card[data-run="${this.shown[0].slice(1)}"] .pic`);
    (last || this.opener)?.focus?.();
  },

  set(mode) {
    this.mode = mode;
    if (mode === "one") this.shown = [this.shown[this.flipped] ?? this.shown[0]];
    else if (this.shown.length < 2) {
      // Another one to compare with: what went in says most about a single picture.
      const items = this.items(),
        here = items.findIndex((x) => x.id === this.shown[0]);
      const other =
        items.find((x) => x.role === "content" && x.id !== this.shown[0]) ??
        items[(here + 1) % items.length];
      if (other && other.id !== this.shown[0]) this.shown.push(other.id);
    }
    this.flipped = 0;
    this.draw();
    this.view.apply();
  },

  // choose is a click on a picture of the strip.
  choose(id, first) {
    if (this.mode === "one") this.shown = [id];
    else if (this.mode === "side") {
      const at = this.shown.indexOf(id);
      if (at < 0) this.shown.push(id);
      else if (this.shown.length > 1) this.shown.splice(at, 1);
    } else if (!this.shown.includes(id)) this.shown[first ? 0 : 1] = id;
    else this.shown.reverse();
    this.draw();
    this.view.apply();
  },

  move(by) {
    const items = this.items(),
      here = items.findIndex(
        (x) => x.id === this.shown[this.mode === "one" ? 0 : this.shown.length - 1],
      );
    const next = items[(here + by + items.length) % items.length];
    if (this.mode === "one") this.shown = [next.id];
    else this.shown[this.shown.length - 1] = next.id;
    this.draw();
    this.view.apply();
  },

  // beside finds the run above or below in the table of pictures.
  beside(rows) {
    const cell = $(`.sheet .card[data-run="${this.shown[0]?.slice(1)}"]`)?.closest("td");
    const below =
      cell?.parentElement.parentElement.rows[cell.parentElement.sectionRowIndex + rows]?.cells[
        cell.cellIndex
      ];
    const card = below && $(".card", below);
    if (!card || !this.item("r" + card.dataset.run)) return;
    this.shown = ["r" + card.dataset.run];
    this.draw();
    this.view.apply();
  },

  draw() {
    const items = this.items();
    this.shown = this.shown.filter((id) => items.some((x) => x.id === id));
    if (!this.shown.length) this.shown = [items[0].id];
    const chosen = this.shown.map((id) => items.find((x) => x.id === id));
    for (const b of $$("button", this.modes))
      b.setAttribute("aria-pressed", b.dataset.mode === this.mode);
    this.view.clear();
    this.images = [];
    const picture = (item) => {
      const img = lazyPicture(item.picture, { alt: item.label });
      come(img);
      this.images.push({ img, item });
      return img;
    };
    const pane = (shown, extra = [], caption = shown[0]) => {
      const images = shown.map(picture);
      const e = h(
        "div",
        { class: "pane" },
        images,
        extra,
        caption && this.caption(caption, chosen, caption === shown[0] && shown.length === 1),
      );
      this.view.add(e, { w: shown[0].picture.w, h: shown[0].picture.h }, images);
      return e;
    };
    this.stage.className = "stage " + this.mode;
    if (this.mode === "one" || chosen.length < 2) {
      this.stage.replaceChildren(pane(chosen.slice(0, 1)));
    } else if (this.mode === "side") {
      this.stage.replaceChildren(...chosen.map((x) => pane([x])));
      this.arrange(chosen);
    } else {
      const two = chosen.slice(0, 2);
      const letters = two.map((x, i) => this.caption(x, two, true, "AB"[i]));
      if (this.mode === "slide") {
        const divider = h(
          "div",
          {
            class: "divider",
            role: "slider",
            tabindex: 0,
            "aria-label": "Divider between A and B",
            "aria-valuemin": 0,
            "aria-valuemax": 100,
          },
          h("i", {}, "⇔"),
        );
        const e = pane(two, [divider, ...letters], null),
          top = e.children[1];
        const set = (part) => {
          this.divide = Math.min(1, Math.max(0, part));
          e.style.setProperty("--divide", this.divide * 100 + "%");
          divider.setAttribute("aria-valuenow", Math.round(this.divide * 100));
        };
        // The picture is moved and scaled, its edge is not: the part is cut by a wrapper.
        const cut = h("div", { class: "cut" });
        e.insertBefore(cut, top);
        cut.append(top);
        divider.addEventListener("pointerdown", (event) => {
          divider.setPointerCapture(event.pointerId);
          event.preventDefault();
          divider.focus();
        });
        divider.addEventListener("pointermove", (event) => {
          if (!divider.hasPointerCapture(event.pointerId)) return;
          const r = e.getBoundingClientRect();
          set((event.clientX - r.left) / r.width);
        });
        divider.addEventListener("keydown", (event) => {
          const to = {
            ArrowLeft: this.divide - 0.02,
            ArrowRight: this.divide + 0.02,
            Home: 0,
            End: 1,
          }[event.key];
          if (to === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          set(to);
        });
        this.stage.replaceChildren(e);
        set(this.divide);
      } else {
        const e = pane(two, letters, null);
        this.stage.replaceChildren(e);
        if (this.mode === "flip")
          e.addEventListener("click", (event) => {
            if (!this.view.panes[0].moved && !event.target.closest("button")) this.flip();
          });
      }
      if (this.mode === "flip") this.showFlip();
    }
    this.hint.textContent = {
      one:
        "← → the next picture · ↑ ↓ the next row · scroll or + − zooms, drag moves" +
        " · c hides the words",
      side: "Click pictures below to add or take away · scroll or + − zooms all, drag moves all",
      flip: "Click or space flips A and B · a click below chooses B, with shift A",
      slide: "Drag the divider · a click below chooses B, with shift A",
      difference:
        "What A and B differ by, four times as bright · a click below chooses B, with shift A",
    }[this.mode];
    const at = items.findIndex((x) => x.id === this.shown[0]);
    this.count.textContent =
      this.mode === "one"
        ? `${at + 1} of ${items.length}`
        : this.mode === "side"
          ? count(chosen.length, "picture")
          : "A and B";
    this.drawStrip(items);
  },

  // arrange chooses the columns that make the pictures largest.
  arrange(chosen) {
    const { clientWidth: w, clientHeight: h } = this.stage,
      p = chosen[0].picture;
    let best = 1,
      most = 0;
    for (let columns = 1; columns <= chosen.length; columns++) {
      const rows = Math.ceil(chosen.length / columns),
        scale = Math.min(w / columns / p.w, h / rows / p.h);
      if (scale > most) {
        most = scale;
        best = columns;
      }
    }
    this.stage.style.setProperty("--columns", best);
  },

  // caption says what is shown and in what it differs from the others beside it.
  caption(item, beside, full, letter) {
    const run = item.run === undefined ? null : page.model.runs[item.run];
    const head = h(
      "b",
      {},
      letter && h("span", { class: "letter" }, letter),
      run && swatch(item.run),
      item.label,
    );
    if (!run)
      return h("div", { class: "caption" + (letter ? " " + letter.toLowerCase() : "") }, head);
    const runs = beside.filter((x) => x.run !== undefined).map((x) => page.model.runs[x.run]);
    const facts = [];
    page.model.axes.forEach((axis, k) => {
      if (!axis.other || runs.some((r) => r.at[k] !== run.at[k]))
        facts.push([axis.name, axis.values[run.at[k]] ?? "–"]);
    });
    if (full && facts.length > 12) facts.length = 12;
    const numbers = page.model.columns
      .map((c, k) => [c, k])
      .filter(([c]) => c.first)
      .slice(0, 10)
      .map(([c, k]) => [c.name, written(c, run.numbers[k])]);
    return h(
      "div",
      { class: "caption" + (letter ? " " + letter.toLowerCase() : ""), data: { run: item.run } },
      head,
      h(
        "details",
        { open: beside.length === 1 && innerWidth > 900 },
        h("summary", {}, "numbers"),
        run.tags.length > 0 && h("p", { class: "tags" }, tagChips(run)),
        run.note && h("p", { class: "said" }, run.note),
        h(
          "dl",
          {},
          [...facts, ...numbers].map(([k, v]) => h("div", {}, h("dt", {}, k), h("dd", {}, v))),
        ),
        run.problem && run.status !== "done" ? h("p", { class: "problem" }, run.problem) : null,
        h(
          "p",
          { class: "links" },
          (run.files ?? []).map((name) => h("a", { href: run.dir + name }, name)),
        ),
      ),
    );
  },

  drawStrip(items) {
    const key = items.map((x) => x.id + (x.picture.id ?? x.picture.src)).join();
    if (this.stripKey !== key || !this.strip.children.length) {
      this.stripKey = key;
      this.strip.replaceChildren(
        ...items.map((x) =>
          h(
            "button",
            {
              type: "button",
              data: { id: x.id },
              "aria-label": x.label,
              title: x.label,
              on: { click: (e) => this.choose(x.id, e.shiftKey) },
            },
            lazyPicture(x.picture),
            h("span", { class: "letter", hidden: true }),
          ),
        ),
      );
    }
    for (const b of this.strip.children) {
      const at = this.shown.indexOf(b.dataset.id);
      b.setAttribute("aria-pressed", at >= 0);
      const letter = $(".letter", b);
      letter.hidden = at < 0 || this.mode === "one" || this.mode === "side";
      letter.textContent = "AB"[at] ?? "";
      if (at === 0) b.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  },

  // refresh shows other frames in the same places.
  refresh() {
    const items = this.items();
    for (const { img, item } of this.images)
      changePicture(img, items.find((x) => x.id === item.id)?.picture ?? item.picture);
    this.count.textContent = this.step === null ? "" : `step ${this.step}`;
  },

  flip() {
    this.flipped = 1 - this.flipped;
    this.showFlip();
  },
  showFlip() {
    const pane = this.stage.firstChild;
    pane?.classList.toggle("b", this.flipped === 1);
    say(this.flipped ? "B" : "A");
  },

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, .divider")) return;
    const zoomed = this.view.zoom > 1.01,
      pan = (dx, dy) => () => this.view.pan(dx, dy);
    const act = {
      ArrowLeft: zoomed ? pan(80, 0) : () => this.move(-1),
      ArrowRight: zoomed ? pan(-80, 0) : () => this.move(1),
      ArrowUp: zoomed ? pan(0, 80) : () => this.beside(-1),
      ArrowDown: zoomed ? pan(0, -80) : () => this.beside(1),
      PageUp: () => this.move(-1),
      PageDown: () => this.move(1),
      "[": () => this.move(-1),
      "]": () => this.move(1),
      "+": () => this.view.zoomTo(this.view.zoom * 1.5),
      "=": () => this.view.zoomTo(this.view.zoom * 1.5),
      "-": () => this.view.zoomTo(this.view.zoom / 1.5),
      0: () => this.view.fit(),
      1: () => this.view.one(),
      " ": this.mode === "flip" && event.target.tagName !== "BUTTON" ? () => this.flip() : null,
      f: () => (this.mode === "flip" ? this.flip() : this.set("flip")),
      c: () => this.box.classList.toggle("bare"),
      s: () => this.set("side"),
      d: () => this.set("difference"),
      l: () => this.set("slide"),
      o: () => this.set("one"),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  },
};
