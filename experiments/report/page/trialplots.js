// The plots of a search. Each has marks: places of trials that the pointer and the arrow
// keys find.

class TrialPlot extends Plot {
  constructor(host, figure) {
    super(host, {
      label: "Trials",
      height: (w) => Math.min(360, Math.max(240, w * 0.5)),
      draw: () => this.show(),
    });
    this.figure = figure;
    this.marks = []; // {t, k, x, y} in pixels
    this.cursor = null;
    this.readout = new Readout(host);
    const canvas = this.canvas;
    canvas.addEventListener("pointermove", (event) => this.point(this.near(event)));
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("blur", () => this.point(null));
    canvas.addEventListener("click", (event) => {
      const mark = this.near(event);
      if (mark) page.toggle(mark.t.run);
    });
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by && this.marks.length) {
        const now = this.marks.findIndex((m) => m.k === this.cursor),
          next = Math.max(0, Math.min(this.marks.length - 1, now < 0 ? 0 : now + by));
        this.point(this.marks[next], true);
      } else if ((event.key === "Enter" || event.key === " ") && this.cursor !== null)
        page.toggle(trials.search().trials[this.cursor].run);
      else return;
      event.preventDefault();
    });
  }

  near(event) {
    const [x, y] = this.local(event);
    let best = null,
      least = 24 * 24;
    for (const m of this.marks) {
      const d = (m.x - x) ** 2 + (m.y - y) ** 2;
      if (d < least) [best, least] = [m, d];
    }
    return best;
  }

  point(mark, aloud) {
    this.cursor = mark ? mark.k : null;
    page.setHover(mark ? mark.t.run : null);
    if (!mark) return this.readout.hide();
    const words = trialWords(mark.t, mark.k, trials.search()).filter(Boolean);
    this.readout.show(mark.x, mark.y, words);
    if (aloud) say(words.map((w) => w.textContent).join(", "));
  }

  // mark draws the sign of a trial: a disc, a ring outside of the bounds, a diamond where
  // it was stopped.
  mark(c, t, k, x, y) {
    if (!page.shows.has(t.run)) return;
    const { top, bottom } = this.box;
    y = Math.min(bottom, Math.max(top, y));
    const lit = page.lit(t.run),
      size = lit ? 6.5 : 4.5;
    c.globalAlpha = page.dim(t.run) ? 0.25 : 1;
    c.strokeStyle = c.fillStyle = colours.of(t.run);
    c.lineWidth = 1.8;
    c.beginPath();
    if (t.state === "stopped") {
      c.moveTo(x - size, y);
      for (const [dx, dy] of [
        [0, -size],
        [size, 0],
        [0, size],
      ])
        c.lineTo(x + dx, y + dy);
      c.closePath();
    } else c.arc(x, y, size, 0, 7);
    feasible(t) ? c.fill() : c.stroke();
    c.globalAlpha = 1;
    this.marks.push({ t, k, x, y });
  }

  title(text) {
    const c = this.context;
    c.fillStyle = this.ink.ink;
    c.font = `600 12px ${this.ink.sans}`;
    c.textAlign = "left";
    c.fillText(text, this.box.left, this.box.top - 9);
    c.font = `12px ${this.ink.sans}`;
  }

  // scale is that of a goal over all trials, so that it stays while the slider moves. Trials
  // that were stopped early are far away after few steps: they are drawn at the edge.
  scale(goal) {
    const all = trials.search().trials,
      whole = all.filter((t) => t.state !== "stopped" && valueOf(t, goal) !== null);
    return scaleOf(
      (whole.length > 1 ? whole : all).map((t) => valueOf(t, goal)),
      false,
      0.06,
    );
  }

  say(text) {
    this.canvas.setAttribute("aria-label", text);
    this.canvas.dataset.marks = this.marks.length;
  }
}

const better = (goal, up) =>
  goal.higher ? (up ? "  ↑ better" : "  better →") : up ? "  ↓ better" : "  ← better";

class TimePlot extends TrialPlot {
  show() {
    const s = trials.search(),
      goal = s.goals[trials.goal],
      { scale, none } = this.scale(trials.goal),
      list = trials.shown();
    this.marks = [];
    this.box.top = 24;
    const x = linearScale(0.5, s.trials.length + 0.5);
    x.ticks = (n) => linearTicks(1, s.trials.length, n).filter((t) => Number.isInteger(t.v));
    this.axes(x, scale, "trial", "");
    this.title(goal.name + better(goal, true));
    if (none) return this.words("No trial has an outcome yet.");
    const best = bestSoFar(list, s.goals, trials.goal);
    this.inside((c) => {
      c.strokeStyle = this.ink.accent;
      c.lineWidth = 2;
      c.beginPath();
      let last = null;
      best.forEach((v, k) => {
        if (v === null) return;
        if (last === null) c.moveTo(this.px(k + 1), this.py(v));
        else {
          c.lineTo(this.px(k + 1), this.py(last));
          c.lineTo(this.px(k + 1), this.py(v));
        }
        last = v;
      });
      if (last !== null) c.lineTo(this.px(list.length + 0.5), this.py(last));
      c.stroke();
      list.forEach((t, k) => {
        const v = valueOf(t, trials.goal);
        if (v !== null) this.mark(c, t, k, this.px(k + 1), this.py(v));
      });
    });
    const known = best.at(-1);
    this.say(
      `${goal.name} of ${count(list.length, "trial")} over time. ` +
        (known === null || known === undefined
          ? "None meets the bounds."
          : `The best so far is ${short(known)}.`),
    );
  }
}

class FrontPlot extends TrialPlot {
  show() {
    const s = trials.search(),
      [a, b] = s.goals,
      list = trials.shown(),
      [xs, ys] = [this.scale(0), this.scale(1)];
    this.marks = [];
    this.box.top = 24;
    this.axes(xs.scale, ys.scale, a.name + better(a, false), "");
    this.title(b.name + better(b, true));
    if (xs.none || ys.none) return this.words("No trial has both measures yet.");
    const front = frontOf(list, s.goals).sort((p, q) => valueOf(p, 0) - valueOf(q, 0));
    this.inside((c) => {
      c.strokeStyle = this.ink.accent;
      c.lineWidth = 2;
      c.beginPath();
      // Between two trials of the front only the corner that both exceed is known.
      front.forEach((t, k) => {
        const [x, y] = [this.px(valueOf(t, 0)), this.py(valueOf(t, 1))];
        if (!k) return c.moveTo(x, y);
        const [px, py] = [this.px(valueOf(front[k - 1], 0)), this.py(valueOf(front[k - 1], 1))];
        a.higher ? c.lineTo(px, y) : c.lineTo(x, py);
        c.lineTo(x, y);
      });
      c.stroke();
      list.forEach((t, k) => {
        const [v, w] = [valueOf(t, 0), valueOf(t, 1)];
        if (v !== null && w !== null) this.mark(c, t, k, this.px(v), this.py(w));
      });
    });
    const numbers = front.map((t) => s.trials.indexOf(t) + 1).sort((p, q) => p - q);
    $(".hint", this.figure).textContent =
      `After ${count(list.length, "trial")} the front has ${front.length}: ` +
      `${numbers.join(", ")}. No other trial equals or exceeds one of them in both.`;
    this.say(`The front after ${count(list.length, "trial")} has ${count(front.length, "trial")}`);
    this.canvas.dataset.front = numbers.join();
  }
}

class RungPlot extends TrialPlot {
  show() {
    const s = trials.search(),
      goal = s.goals[0],
      paths = s.trials.map((t) => (t.path ?? []).filter((p) => p.value !== null)),
      list = trials.shown();
    this.marks = [];
    this.box.top = 24;
    const flat = paths.flat(),
      y = scaleOf(
        flat.map((p) => p.value),
        false,
        0.06,
      );
    this.axes(linearScale(0, Math.max(...flat.map((p) => p.step), 1) * 1.03), y.scale, "steps", "");
    this.title(goal.name + better(goal, true));
    if (y.none) return this.words("No run has reached a rung yet.");
    this.inside((c) => {
      list.forEach((t, k) => {
        const path = paths[k];
        if (!path.length || !page.shows.has(t.run)) return;
        c.globalAlpha = page.dim(t.run)
          ? 0.15
          : t.state === "stopped" && !page.lit(t.run)
            ? 0.6
            : 1;
        c.strokeStyle = colours.of(t.run);
        c.lineWidth = page.hover === t.run ? 3 : t.state === "stopped" ? 1.2 : 2;
        c.beginPath();
        path.forEach((p, j) =>
          j
            ? c.lineTo(this.px(p.step), this.py(p.value))
            : c.moveTo(this.px(p.step), this.py(p.value)),
        );
        c.stroke();
        c.globalAlpha = 1;
        const end = path.at(-1);
        this.mark(c, t, k, this.px(end.step), this.py(end.value));
      });
    });
    const stopped = list.filter((t) => t.state === "stopped").length;
    this.say(`${goal.name} at the rungs: ${count(stopped, "run")} of ${list.length} stopped early`);
  }
}

// importance shows what the axes matter to each goal.
function importance(s) {
  const head = h("figcaption", {}, h("b", {}, "What matters"));
  if (!s.importance?.length)
    return [
      head,
      h(
        "p",
        { class: "hint" },
        "From eight trials that are done, and differ, a forest says what each axis matters.",
      ),
    ];
  return [
    head,
    s.importance.map((im) => [
      s.goals.length > 1 && h("h3", { class: "small" }, s.goals[im.goal].name),
      h(
        "ul",
        { class: "shares" },
        im.axes.map((a) =>
          h(
            "li",
            {},
            h("span", {}, breakable(a.name)),
            h("span", { class: "part", style: { "--part": a.share * 100 + "%" } }, h("i")),
            h("span", { class: "soft" }, percent(a.share)),
          ),
        ),
      ),
      h(
        "p",
        { class: "hint" },
        im.fit > 0.2
          ? `A random forest of ${count(im.trials, "trial")} explains ${percent(im.fit)} of the ` +
              "variance of trials that it has not seen."
          : `The forest of ${count(im.trials, "trial")} does not predict trials that it has not ` +
              "seen: do not rely on this.",
      ),
    ]),
    h(
      "p",
      { class: "hint" },
      "Each share is the part of the forest’s errors that appears when the values of this axis " +
        "are shuffled.",
    ),
  ].flat(2);
}
