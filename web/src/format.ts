// Numbers as people read them: a unit that fits the size, three significant digits, a thin space before the unit.
import type { Unit } from "./model";

/** Three significant digits without an exponent: 1234 -> "1,234", 12.345 -> "12.3", 0.01234 -> "0.0123". */
export function digits(v: number): string {
  if (v === 0) return "0";
  const abs = Math.abs(v);
  if (abs >= 100) return Math.round(v).toLocaleString("en-US");
  const places = abs >= 10 ? 1 : abs >= 1 ? 2 : Math.min(6, 2 - Math.floor(Math.log10(abs)));
  return trimZeros(v.toFixed(places));
}

function trimZeros(s: string): string {
  return s.includes(".") ? s.replace(/\.?0+$/, "") : s;
}

const thin = "\u202f";

/** Nanoseconds with the unit that keeps the number between 1 and 1,000. */
export function duration(ns: number): string {
  const abs = Math.abs(ns);
  if (abs === 0) return "0";
  if (abs < 999.5) return digits(ns) + thin + "ns";
  if (abs < 999.5e3) return digits(ns / 1e3) + thin + "\u00b5s";
  if (abs < 999.5e6) return digits(ns / 1e6) + thin + "ms";
  if (abs < 120e9) return digits(ns / 1e9) + thin + "s";
  return digits(ns / 60e9) + thin + "min";
}

function scaled(v: number, step: number, units: readonly string[]): string {
  let i = 0;
  while (Math.abs(v) >= step * 0.9995 && i < units.length - 1) {
    v /= step;
    i++;
  }
  const unit = units[i] ?? "";
  return digits(v) + (unit === "" ? "" : thin + unit);
}

/** Writes v in the manner of its unit. */
export function format(v: number | null | undefined, unit: Unit): string {
  if (v === null || v === undefined || !Number.isFinite(v)) return "\u2013";
  switch (unit) {
    case "ns":
      return duration(v);
    case "per_s":
      return scaled(v, 1000, ["/s", "k/s", "M/s", "G/s"]);
    case "bytes":
      return scaled(v, 1024, ["B", "KiB", "MiB", "GiB", "TiB"]);
    case "bytes_per_s":
      return scaled(v, 1024, ["B/s", "KiB/s", "MiB/s", "GiB/s"]);
    case "ratio":
      return digits(v * 100) + thin + "%";
    case "count":
      return scaled(v, 1000, ["", "k", "M", "G"]);
    case "cores":
      return digits(v);
    case "us_per_request":
      return digits(v) + thin + "\u00b5s";
  }
}

/** What to put behind the title of a chart whose tick labels carry no unit. */
export function titleUnit(unit: Unit): string {
  return unit === "cores" ? ", cores" : "";
}

/** A share of a total, as a percentage that never rounds something to nothing. */
export function share(part: number, total: number): string {
  if (total <= 0) return "\u2013";
  if (part === 0) return "0" + thin + "%";
  const pct = (100 * part) / total;
  if (pct > 0 && pct < 0.01) return "<0.01" + thin + "%";
  if (pct >= 99.95) return "100" + thin + "%";
  return pct.toFixed(pct < 1 ? 2 : 1) + thin + "%";
}

/** A quantile as people name it: 0.5 -> "p50", 0.999 -> "p99.9", 1 -> "max". */
export function quantileName(q: number): string {
  if (q >= 1) return "max";
  return "p" + String(Number((q * 100).toPrecision(8)));
}

/** Seconds on a time axis: "0 s", "12.5 s", "2:05". */
export function clock(s: number): string {
  if (s < 120) return trimZeros(s.toFixed(1)) + thin + "s";
  const whole = Math.round(s);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
