// Axes: positions on linear and logarithmic scales, and where their ticks belong.

export interface Scale {
  (v: number): number;
  invert(p: number): number;
}

export function linear(d0: number, d1: number, r0: number, r1: number): Scale {
  const span = d1 - d0 || 1;
  const at = ((v: number) => r0 + ((v - d0) / span) * (r1 - r0)) as Scale;
  at.invert = (p) => d0 + ((p - r0) / (r1 - r0 || 1)) * span;
  return at;
}

/** Logarithmic: both ends of the domain must be above zero; lower values land on the low end. */
export function log(d0: number, d1: number, r0: number, r1: number): Scale {
  const inner = linear(Math.log(d0), Math.log(d1), r0, r1);
  const at = ((v: number) => inner(Math.log(Math.max(v, d0)))) as Scale;
  at.invert = (p) => Math.exp(inner.invert(p));
  return at;
}

/** Ticks at 1, 2 and 5 times the powers of ten within [lo, hi]; only the powers when that gives more than max. */
export function logTicks(lo: number, hi: number, max: number): number[] {
  const all: number[] = [];
  const powers: number[] = [];
  for (let e = Math.floor(Math.log10(lo)); e <= Math.ceil(Math.log10(hi)); e++) {
    for (const m of [1, 2, 5]) {
      const v = m * 10 ** e;
      if (v < lo * 0.9999 || v > hi * 1.0001) continue;
      all.push(v);
      if (m === 1) powers.push(v);
    }
  }
  return all.length <= max || powers.length < 2 ? all : powers;
}

/** Round numbers within [lo, hi], at most about max of them. In base 2 they are round in KiB and MiB. */
export function linearTicks(lo: number, hi: number, max: number, base: 2 | 10 = 10): number[] {
  const raw = (hi - lo) / Math.max(1, max);
  if (!(raw > 0)) return [lo];
  const power = base ** Math.floor(Math.log(raw) / Math.log(base));
  const step = (base === 2 ? [1, 2] : [1, 2, 5, 10]).map((m) => m * power).find((s) => s >= raw * (1 - 1e-9)) ?? base * power;
  const ticks: number[] = [];
  for (let i = Math.ceil(lo / step - 1e-9); i * step <= hi + step * 1e-9; i++) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** The axis of a percentile curve: 0 for the minimum, 1 more for every further nine (p90 -> 1, p99 -> 2), by the share above. */
export function nines(above: number, most: number): number {
  if (above >= 1) return 0;
  return above <= 0 ? most : Math.min(most, -Math.log10(above));
}

/** The quantile at a position on that axis. */
export function quantileAt(position: number): number {
  return 1 - 10 ** -position;
}

/** How far the axis must reach for a distribution of count values: one step beyond the last quantile that has 10 values above it. */
export function ninesFor(count: number): number {
  return Math.min(7, Math.max(2, Math.ceil(Math.log10(Math.max(1, count)))));
}
