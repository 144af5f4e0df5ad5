// Scales take values to 0..1 and back, and know their ticks.

function linearScale(low, high) {
  if (!(high > low)) {
    const room = Math.abs(low) * 0.1 || 1;
    low -= room;
    high += room;
  }
  return {
    low,
    high,
    log: false,
    at: (v) => (v - low) / (high - low),
    back: (t) => low + t * (high - low),
    ticks: (n) => linearTicks(low, high, n),
  };
}

function logScale(low, high) {
  if (!(high > low)) {
    low /= 2;
    high *= 2;
  }
  const a = Math.log(low),
    b = Math.log(high);
  return {
    low,
    high,
    log: true,
    at: (v) => (Math.log(v) - a) / (b - a),
    back: (t) => Math.exp(a + t * (b - a)),
    ticks: (n) => logTicks(low, high, n),
  };
}

// scaleOf makes the scale for values, with some room at both ends. Logarithmic
// only where most values are positive, as in plots.go; left says how many are not.
function scaleOf(values, log, room = 0.04) {
  let low = Infinity,
    high = -Infinity,
    lowest = Infinity,
    positive = 0,
    left = 0;
  for (const v of values) {
    if (v === null || !Number.isFinite(v)) continue;
    if (v > 0) {
      positive++;
      if (v < lowest) lowest = v;
    } else left++;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  const able = positive > 0 && positive >= left;
  if (low > high) return { scale: linearScale(0, 1), able, left, none: true };
  if (log && able) {
    const part = (high / lowest) ** room || 1;
    return { scale: logScale(lowest / part, high * part), able, left, none: false };
  }
  const part = (high - low) * room;
  return { scale: linearScale(low - part, high + part), able, left: 0, none: false };
}

// usualScale leaves out the hundredth of the values at either end, if that makes
// the scale less than half as long; else it is the scale given.
function usualScale(values, scale) {
  const sorted = values
    .filter((v) => v !== null && Number.isFinite(v) && (!scale.log || v > 0))
    .sort((a, b) => a - b);
  if (sorted.length < 50) return scale;
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  const usual = scaleOf([at(0.01), at(0.99)], scale.log, 0.06).scale;
  return scale.at(usual.high) - scale.at(usual.low) < 0.5 ? usual : scale;
}

// Ticks have the rules of ticks.go.
function linearTicks(low, high, n) {
  const raw = (high - low) / Math.max(1, n) || 1,
    power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= raw * 0.999);
  const ticks = [];
  for (
    let i = Math.ceil(low / step - 1e-9);
    i * step <= high + step * 1e-9 && ticks.length < 40;
    i++
  )
    ticks.push({ v: i * step, label: short(Number((i * step).toPrecision(12))) });
  return ticks;
}

function logTicks(low, high, n = 6) {
  const from = Math.floor(Math.log10(low)),
    to = Math.ceil(Math.log10(high)),
    decades = Math.log10(high / low);
  const every = Math.max(1, Math.ceil((to - from) / Math.max(2, n))),
    ticks = [];
  for (let e = from; e <= to; e++) {
    for (let m = 1; m < 10; m++) {
      const v = m * 10 ** e;
      if (v < low * (1 - 1e-9) || v > high * (1 + 1e-9)) continue;
      const few = (decades < 2.5 && (m === 2 || m === 5)) || decades < 0.8;
      if ((m === 1 && (e - from) % every === 0) || few)
        ticks.push({ v, label: short(Number(v.toPrecision(3))) });
      else if (decades < 6) ticks.push({ v });
    }
  }
  return ticks.filter((t) => t.label).length < 2 ? linearTicks(low, high, n) : ticks;
}
