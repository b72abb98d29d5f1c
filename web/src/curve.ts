// Reading curves and series.
import type { Curve } from "./model";

/** The value in ns that a share of the requests does not exceed. */
export function valueAt(curve: Curve, quantile: number): number {
  const { points } = curve;
  for (let i = 0; i < points.length; i += 2) {
    if ((points[i] ?? 0) <= (1 - quantile) * 1.0005) return points[i + 1] ?? 0; // shares are rounded to four digits
  }
  return points[points.length - 1] ?? 0;
}

/** Smallest and largest value of all curves; [1, 10] when there is none. */
export function extent(curves: Curve[]): [number, number] {
  let lo = Infinity;
  let hi = 0;
  for (const { points } of curves) {
    for (let i = 1; i < points.length; i += 2) {
      lo = Math.min(lo, points[i] ?? lo);
      hi = Math.max(hi, points[i] ?? 0);
    }
  }
  if (hi <= 0) return [1, 10];
  return [Math.max(1, lo), Math.max(hi, lo * 2)];
}

/** The highest value, null when there is none. */
export function highest(values: (number | null)[]): number | null {
  let most: number | null = null;
  for (const v of values) if (v !== null && (most === null || v > most)) most = v;
  return most;
}
