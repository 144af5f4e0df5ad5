// A live page hears from the server which runs have changed, and takes them over
// in place.

function listen() {
  const source = new EventSource(
    page.model.events +
      (page.model.events.includes("?") ? "&" : "?") +
      "have=" +
      encodeURIComponent(page.model.version),
  );
  const connected = (yes) => {
    page.connected = yes;
    $("#live")?.replaceWith(liveSign());
  };
  source.onopen = () => connected(true);
  source.onerror = () => connected(false); // the browser tries again by itself
  source.addEventListener("model", (event) => {
    const model = JSON.parse(event.data);
    // What a page refers to by index must stay: another plan is another page.
    const same =
      model.axes.length === page.model.axes.length &&
      model.runs.length === page.model.runs.length &&
      model.runs.every((r, i) => r.name === page.model.runs[i].name);
    if (!same) {
      location.reload();
      return;
    }
    later(model);
  });
  source.addEventListener("runs", (event) => {
    const change = JSON.parse(event.data),
      last = newest ?? page.model,
      model = { ...last, ...change.head };
    model.runs = [...last.runs];
    for (const [i, run] of change.runs) model.runs[i] = run;
    later(model);
  });
  document.addEventListener("visibilitychange", () => {
    if (newest) later(newest);
  });
}

// Changes are shown when somebody looks, and so seldom that showing them takes a
// tenth of the time at most, however large the page is.
let newest = null,
  timer = 0,
  shownAt = 0,
  shownIn = 0;

function later(model) {
  newest = model;
  if (timer || document.hidden) return;
  timer = setTimeout(
    () => {
      timer = 0;
      const began = performance.now(),
        model = newest;
      newest = null;
      take(model);
      shownAt = performance.now();
      shownIn = shownAt - began;
    },
    Math.max(0, shownAt + 10 * shownIn - performance.now()),
  );
}

function liveSign() {
  return h(
    "span",
    { class: "live" + (page.connected ? " on" : ""), id: "live", role: "status" },
    page.connected ? "live" : "no connection",
  );
}

// take shows another model in the place of the one there is. Who reads or types
// must not be disturbed: what has the focus keeps it, what was opened stays open.
function take(model) {
  const active = document.activeElement,
    at = active && active !== document.body ? pathOf(active) : null;
  const open = $$("main details[open]").map(pathOf),
    tops = $$(".scroll, .legend ul").map((e) => [pathOf(e), e.scrollTop, e.scrollLeft]);
  page.load(model);
  colours.forget();
  page.filter();
  page.emit("runs");
  foot();
  for (const p of open) {
    const e = find(p);
    if (e instanceof HTMLDetailsElement) e.open = true;
  }
  for (const [p, top, left] of tops) {
    const e = find(p);
    if (e) {
      e.scrollTop = top;
      e.scrollLeft = left;
    }
  }
  if (at && !active.isConnected) find(at)?.focus({ preventScroll: true });
  comeWhenIdle();
}

// pathOf says where an element is: the nearest one with an id, and which child of
// which child from there.
function pathOf(e) {
  const steps = [];
  for (; e && !e.id; e = e.parentElement)
    steps.unshift([...(e.parentElement?.children ?? [])].indexOf(e));
  return [e?.id, steps];
}

function find([id, steps]) {
  return steps.reduce((e, k) => e?.children[k], document.getElementById(id));
}
