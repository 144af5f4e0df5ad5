// Pictures: their bytes are in the page, as text that costs nothing until somebody
// looks, or behind a URL of a live page. Each becomes a blob once, so that all
// places that show it share one decoded picture.

const urls = new Map();
// URLs of pictures that were on the screen: shown again, they appear without delay.
const shownOnce = new Set();

function pictureURL(p) {
  if (p.src) return p.src;
  if (urls.has(p.id)) return urls.get(p.id);
  const e = document.getElementById(p.id);
  // While the page is loading, the last element may be incomplete.
  if (!e || (document.readyState === "loading" && !e.nextSibling)) return "";
  const text = atob(e.textContent),
    bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const url = URL.createObjectURL(new Blob([bytes], { type: e.dataset.kind }));
  urls.set(p.id, url);
  return url;
}

// Pictures that are far from the window wait until it comes near, or until
// nothing else is to be done.
const waiting = new Set();
const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) come(entry.target);
  },
  { rootMargin: "600px" },
);

function come(img) {
  if (!img.picture) return true;
  const url = pictureURL(img.picture);
  if (!url) return false;
  waiting.delete(img);
  near.unobserve(img);
  if (img.getAttribute("src") !== url) {
    img.decoding = shownOnce.has(url) ? "sync" : "async";
    shownOnce.add(url);
    img.src = url;
  }
  return true;
}

function lazyPicture(p, props = {}) {
  const img = h("img", {
    width: p.w,
    height: p.h,
    decoding: "async",
    alt: "",
    draggable: "false",
    ...props,
  });
  img.picture = p;
  waiting.add(img);
  near.observe(img);
  if (shownOnce.has(p.src ?? urls.get(p.id))) come(img);
  else comeWhenIdle();
  return img;
}

// change shows another picture in an image that is there already.
function changePicture(img, p) {
  if (img.picture === p) return;
  img.picture = p;
  if (waiting.has(img)) return;
  const url = pictureURL(p);
  if (url) img.src = url;
}

// Everything is there for printing, and for scrolling fast, once the page rests.
const idle =
  window.requestIdleCallback ?? ((f) => setTimeout(() => f({ timeRemaining: () => 20 }), 60));
let asked = false;

function comeWhenIdle() {
  if (asked || document.readyState === "loading") return;
  asked = true;
  idle((deadline) => {
    asked = false;
    for (const img of waiting) {
      if (deadline.timeRemaining() < 4) return comeWhenIdle();
      if (!img.isConnected) {
        waiting.delete(img);
        near.unobserve(img);
      } else if (!come(img)) waiting.delete(img);
    }
  });
}

function comeAll() {
  for (const img of [...waiting]) come(img);
}

// frameAt is the picture of a run at a step: the last one kept until then, the
// final one at the end.
function frameAt(run, step) {
  if (step === null || !run.frames?.length) return run.picture;
  let found = run.frames[0];
  for (const f of run.frames) if (f.step <= step) found = f;
  return found.picture;
}

// frameSteps are the steps of which any of the runs has kept a picture.
function frameSteps(runs) {
  return [...new Set(runs.flatMap((r) => (r.frames ?? []).map((f) => f.step)))].sort(
    (a, b) => a - b,
  );
}

// timeline is a slider over the steps that frames were kept of, with a button
// that plays them; the last stop is the final picture. changed gets the step, or
// null for the final one.
function timeline(runs, changed) {
  const steps = frameSteps(runs);
  if (!steps.length) return null;
  const label = h("output", {}, "final");
  const range = h("input", {
    type: "range",
    min: 0,
    max: steps.length,
    value: steps.length,
    step: 1,
    "aria-label": "Step that the pictures are of",
    on: { input: show },
  });
  let timer = null;
  const play = button("▶", toggle, { class: "play", "aria-label": "Play the steps" });
  function show() {
    const at = Number(range.value),
      step = at < steps.length ? steps[at] : null;
    label.textContent = step === null ? "final" : `step ${step}`;
    range.setAttribute("aria-valuetext", label.textContent);
    changed(step);
  }
  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶";
    play.setAttribute("aria-label", "Play the steps");
  }
  function toggle() {
    if (timer) return stop();
    if (Number(range.value) === steps.length) range.value = 0;
    show();
    play.textContent = "❚❚";
    play.setAttribute("aria-label", "Stop");
    timer = setInterval(() => {
      if (!range.isConnected) return stop();
      range.value = Number(range.value) + 1;
      show();
      if (Number(range.value) === steps.length) stop();
    }, 350);
  }
  return h(
    "div",
    { class: "tool timeline", role: "group", "aria-label": "Frames" },
    play,
    range,
    label,
  );
}
