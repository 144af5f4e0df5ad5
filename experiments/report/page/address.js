// The address keeps what was filtered, picked and chosen of the curves, so that a
// copy of it, or a bookmark, shows the same again.

const address = {
  // read takes over what the address says; before the parts of the page are made.
  read() {
    const said = new URLSearchParams(location.hash.slice(1));
    if (![...said.values()].some((v) => v !== "")) return; // empty, or the name of a section
    page.text = said.get("filter") ?? "";
    const names = new Map(page.model.runs.map((r, i) => [r.name, i]));
    page.picked = new Set(
      said
        .getAll("pick")
        .map((name) => names.get(name))
        .filter((i) => i !== undefined),
    );
    if (page.model.series.some((s) => s.key === said.get("show"))) curves.series = said.get("show");
    if (["step", "evaluations", "seconds"].includes(said.get("over")))
      curves.over = said.get("over");
    if (["log", "linear"].includes(said.get("scale"))) curves.scale = said.get("scale");
  },

  listen() {
    const write = soon(() => this.write());
    for (const event of ["filter", "picked", "curves"]) page.on(event, write);
  },

  write() {
    const say = new URLSearchParams();
    if (page.text.trim()) say.set("filter", page.text.trim());
    for (const i of [...page.picked].slice(0, 40)) say.append("pick", page.model.runs[i].name);
    if (curves.series !== "total") say.set("show", curves.series);
    if (curves.over !== "step") say.set("over", curves.over);
    if (curves.scale !== "log") say.set("scale", curves.scale);
    const hash = say.toString()
      ? "#" + say
      : location.hash.includes("=")
        ? location.pathname + location.search
        : location.hash;
    if (hash !== location.hash) history.replaceState(null, "", hash || location.href.split("#")[0]);
  },
};
