// Elements: h makes one, with its properties and children. Text is always set as
// text, never as markup.

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const SVG = "http://www.w3.org/2000/svg";

function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(e, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, f] of Object.entries(value)) e.addEventListener(event, f);
    else if (name === "style")
      for (const [key, v] of Object.entries(value)) e.style.setProperty(key, v);
    else if (name === "data") for (const [key, v] of Object.entries(value)) e.dataset[key] = v;
    else if (
      name === "value" ||
      name === "checked" ||
      name === "selected" ||
      name === "disabled" ||
      name === "indeterminate"
    )
      e[name] = value;
    else e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.flat(2).filter((c) => c !== undefined && c !== null && c !== false));
  return e;
}

// choice is a labelled select: options are [value, text] or {group, options}.
function choice(label, options, value, change) {
  const option = ([v, text]) =>
    h("option", { value: v, selected: String(v) === String(value) }, text);
  const select = h(
    "select",
    { on: { change: (event) => change(event.target.value) } },
    options.map((o) =>
      o.group === undefined ? option(o) : h("optgroup", { label: o.group }, o.options.map(option)),
    ),
  );
  return h("label", { class: "tool" }, h("span", {}, label), select);
}

// segments are radio buttons that look like one.
let segmentNames = 0;
function segments(label, options, value, change) {
  const name = `segments-${segmentNames++}`;
  return h(
    "fieldset",
    { class: "segments" },
    h("legend", {}, label),
    options.map(([v, text, off]) =>
      h(
        "label",
        {},
        h("input", {
          type: "radio",
          name,
          value: v,
          checked: v === value,
          disabled: off,
          on: { change: () => change(v) },
        }),
        h("span", {}, text),
      ),
    ),
  );
}

function button(text, click, props = {}) {
  return h("button", { type: "button", ...props, on: { click, ...props.on } }, text);
}

// breakable lets a name break behind its dots and underscores, and not within words.
function breakable(name) {
  return name.split(/(?<=[._])/).flatMap((part, k) => (k ? [h("wbr"), part] : [part]));
}

// soon runs f once before the next picture on the screen, however often it is asked.
function soon(f) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      f();
    });
  };
}

// say tells screen readers.
function say(text) {
  const e = $("#said");
  if (e.textContent !== text) e.textContent = text;
}
