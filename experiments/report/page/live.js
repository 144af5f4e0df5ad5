// A live page hears from the server which runs have changed, and takes them over
// in place.

function listen() {
  const source = new EventSource("events?have=" + encodeURIComponent(page.model.version ?? ""));
  const sign = (text, on) => {
    const e = $("#live");
    if (!e) return;
    e.textContent = text;
    e.classList.toggle("on", on);
  };
  source.onopen = () => sign("live", true);
  source.onerror = () => sign("no connection", false);
  source.addEventListener("model", (event) => {
    const model = JSON.parse(event.data);
    // What a page refers to by index must stay: another plan is another page.
    const same = model.axes.length === page.model.axes.length && model.runs.length === page.model.runs.length && model.runs.every((r, i) => r.name === page.model.runs[i].name);
    if (!same) { location.reload(); return; }
    take(model);
  });
  source.addEventListener("runs", (event) => {
    const change = JSON.parse(event.data), model = { ...page.model, ...change.head };
    model.runs = [...page.model.runs];
    for (const [i, run] of change.runs) model.runs[i] = run;
    take(model);
  });
}

function take(model) {
  page.load(model);
  colours.forget();
  page.filter();
  page.emit("runs");
  comeWhenIdle();
}
