// Everything begins here: the model is read, each part of the page made once.

{
  document.documentElement.dataset.script = "";
  const model = JSON.parse($("#model").textContent);
  try {
    const theme = localStorage.getItem("nst-theme");
    if (theme) document.documentElement.dataset.theme = theme;
  } catch {
    /* no storage */
  }
  page.load(model);
  address.read();
  page.on("theme", () => {
    colours.forget();
    recolour();
  });
  page.filter();
  for (const [name, part] of Object.entries({
    pictures: sheet,
    search: trials,
    curves,
    tradeoff,
    effects,
    parallel,
    table,
    doctor,
  })) {
    const section = $("#" + name);
    // One run has nothing to be compared with.
    if (model.runs.length < 2 && ["tradeoff", "effects", "parallel"].includes(name))
      section.hidden = true;
    else part.make(section);
  }
  viewer.make();
  head.make();
  if (page.picked.size) {
    page.emit("picked");
    page.emit("lit");
  }
  address.listen();
  foot();

  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      if (event.target instanceof Element && !event.target.closest(".plot, .effects, dialog"))
        page.setHover(runOf(event.target));
    });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => page.emit("theme"));
  // Paper is white: canvases are drawn anew for it.
  const print = (on) => {
    document.documentElement.dataset.print = on;
    comeAll();
    colours.forget();
    recolour();
    for (const part of [curves, tradeoff, parallel]) part.plot?.draw();
    for (const p of trials.plots) p.draw();
    for (const m of minis.shown) m.plot.draw();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  // Pictures come in behind this script.
  document.readyState === "loading" ? addEventListener("DOMContentLoaded", ready) : ready();
  function ready() {
    for (const img of [...waiting]) {
      near.unobserve(img);
      near.observe(img);
    }
    comeWhenIdle();
    document.documentElement.dataset.ready = "";
    if (model.live) listen();
  }
}

function foot() {
  const { files, facts } = page.model;
  $("#foot").replaceChildren(
    ...[
      files?.length &&
        h(
          "div",
          { class: "files" },
          h("h2", { class: "small" }, "Files"),
          h(
            "p",
            {},
            files.map((f) => h("a", { href: f.link }, f.name)),
          ),
        ),
      facts?.length &&
        h(
          "div",
          {},
          h("h2", { class: "small" }, "Made from"),
          h(
            "dl",
            {},
            facts.map((f) => h("div", {}, h("dt", {}, f.name), h("dd", {}, f.value))),
          ),
        ),
      h(
        "div",
        {},
        h("h2", { class: "small" }, "Keys"),
        h(
          "dl",
          {},
          [
            ["/", "filter"],
            ["Escape", "pick none"],
            ["Arrows", "on curves: read them; in the viewer: other pictures"],
            ["Space", "in the viewer: flip A and B"],
          ].map(([k, v]) => h("div", {}, h("dt", {}, h("kbd", {}, k)), h("dd", {}, v))),
        ),
      ),
    ].filter(Boolean),
  );
}
