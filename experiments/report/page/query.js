// The filter's language: words that must all be there, and conditions on what a
// run is or measures: `dusk  rate>0.01  status=done  steps<=100  style!=waves  tag=best`.

function parseQuery(text, dims) {
  const tests = [],
    problems = [];
  for (const part of text.match(/[^\s"']*"[^"]*"|[^\s"']*'[^']*'|\S+/g) ?? []) {
    const m = part.match(/^(.*?[^<>=!])(<=|>=|!=|=|<|>)(.*)$/);
    if (!m) {
      const word = unquote(part).toLowerCase();
      tests.push((run) => words(run).includes(word));
      continue;
    }
    const [, name, op, raw] = m,
      value = unquote(raw).toLowerCase(),
      number = Number(value.replace("−", "-"));
    const dim = findDim(unquote(name), dims);
    if (!dim) {
      problems.push(`nothing is called “${unquote(name)}”`);
      continue;
    }
    if (value === "") continue; // still being typed
    if (op === "=" || op === "!=") {
      const same = (run) => {
        if (dim.is) return dim.is(run, value);
        const v = dim.number(run),
          label = dim.label(run).toLowerCase();
        return (
          label === value ||
          (!Number.isNaN(number) &&
            v !== null &&
            Math.abs(v - number) <= 1e-9 * Math.abs(number)) ||
          (Number.isNaN(number) && label.includes(value))
        );
      };
      tests.push(op === "=" ? same : (run) => !same(run));
    } else if (Number.isNaN(number)) {
      problems.push(`“${raw}” is no number`);
    } else {
      const compare = {
        "<": (v) => v < number,
        ">": (v) => v > number,
        "<=": (v) => v <= number,
        ">=": (v) => v >= number,
      }[op];
      tests.push((run) => {
        const v = dim.number(run);
        return v !== null && v !== undefined && compare(v);
      });
    }
  }
  return { test: (run) => tests.every((t) => t(run)), problem: problems.join("; ") };
}

const unquote = (s) => s.replace(/["']/g, "");

function words(run) {
  return (run.words ??= [
    run.label,
    run.name,
    run.status,
    ...run.tags,
    run.note ?? "",
    ...page.model.axes.map((a, k) => a.values[run.at[k]] ?? ""),
  ]
    .join(" ")
    .toLowerCase());
}

const statusDim = { key: "status", name: "status", number: () => null, label: (run) => run.status };

// findDim finds what a name means: the same, then one that begins so, then one
// that holds it. Spaces and dots do not matter.
function findDim(name, dims) {
  const plain = (s) => s.toLowerCase().replace(/[\s._-]/g, "");
  const want = plain(name),
    all = [...dims, statusDim, tagDim, noteDim];
  const names = (d) => [plain(d.name), plain(d.key)];
  return (
    all.find((d) => names(d).includes(want)) ??
    all.find((d) => names(d).some((n) => n.startsWith(want))) ??
    all.find((d) => names(d).some((n) => n.endsWith(want))) ??
    all.find((d) => names(d).some((n) => n.includes(want)))
  );
}
