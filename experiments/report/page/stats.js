// What the effects and the trade-off compute, from plain numbers.

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

function squares(values) {
  const m = mean(values);
  return values.reduce((a, v) => a + (v - m) ** 2, 0);
}

// mainEffect groups values by the level that each has of an axis. part is the
// share of the sum of squares that lies between the levels' means (eta squared:
// Fisher's analysis of variance), span the largest mean less the smallest.
function mainEffect(rows) {
  // rows: [[level, value]…]
  const groups = new Map();
  for (const [level, v] of rows)
    groups.has(level) ? groups.get(level).push(v) : groups.set(level, [v]);
  const levels = [...groups]
    .map(([level, values]) => ({ level, values, mean: mean(values) }))
    .sort((a, b) => a.level - b.level);
  const all = rows.map((r) => r[1]);
  if (levels.length < 2) return { levels, part: null, span: 0 };
  const total = squares(all),
    m = mean(all);
  const between = levels.reduce((a, l) => a + l.values.length * (l.mean - m) ** 2, 0);
  const means = levels.map((l) => l.mean);
  return {
    levels,
    part: total > 0 ? between / total : 0,
    span: Math.max(...means) - Math.min(...means),
  };
}

// noiseFloor is what runs that differ in nothing but their seed differ by: the
// pooled standard deviation within cells, and its degrees of freedom. null where
// no cell has two.
function noiseFloor(rows) {
  // rows: [[cell, value]…]
  const cells = new Map();
  for (const [cell, v] of rows) cells.has(cell) ? cells.get(cell).push(v) : cells.set(cell, [v]);
  let sum = 0,
    freedom = 0;
  for (const values of cells.values())
    if (values.length > 1) {
      sum += squares(values);
      freedom += values.length - 1;
    }
  return freedom > 0
    ? {
        deviation: Math.sqrt(sum / freedom),
        freedom,
        cells: [...cells.values()].filter((v) => v.length > 1).length,
      }
    : null;
}

// paretoFront gives the points that no other point beats in both, from left to
// right. xs and ys are turned so that less is better.
function paretoFront(points) {
  // [{x, y, …}…]
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y),
    front = [];
  let least = Infinity;
  for (const p of sorted)
    if (p.y < least) {
      front.push(p);
      least = p.y;
    }
  return front;
}
