// Numbers for people; number.go has the same rules.

// short writes a number with four significant digits: 0.0123, 1234, 1.234e7.
function short(v) {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  const a = Math.abs(v),
    minus = (s) => s.replace(/-/g, "−");
  if (v === 0) return "0";
  if (a === Infinity) return v > 0 ? "∞" : "−∞";
  if (a >= 99995 || a < 0.001) {
    const [m, e] = v.toExponential(3).split("e");
    return minus(m.replace(/\.?0+$/, "") + "e" + Number(e));
  }
  const s = v.toFixed(Math.max(0, 3 - Math.floor(Math.log10(a))));
  return minus(s.includes(".") ? s.replace(/\.?0+$/, "") : s);
}

// seconds writes a time: 4.2 s, 3 min 05 s, 2 h 10 min.
function seconds(s) {
  if (s === null || s === undefined || !(s >= 0 && s <= 1e9)) return "–";
  const two = (n) => String(Math.floor(n)).padStart(2, "0");
  if (s < 99.95) return short(Math.round(s * 10) / 10) + " s";
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two((s / 60) % 60)} min`;
}

function percent(v) {
  return v === null || Number.isNaN(v)
    ? "–"
    : v > 0 && v < 0.005
      ? "<1 %"
      : Math.round(v * 100) + " %";
}

// written is a number of a column, in its form.
function written(column, v) {
  if (column.form === "seconds") return seconds(v);
  if (column.form === "count") return v === null ? "–" : String(Math.round(v));
  return short(v);
}

function count(n, what, many = what + "s") {
  return `${n} ${n === 1 ? what : many}`;
}
