// What a strip shows, without pixels.
import type { Strip } from "./model";

/** The step of a ramp that a value belongs to: 0 for nothing, steps - 1 from full on. Null stays null. */
export function level(value: number | null, full: number, steps: number): number | null {
  if (value === null || !Number.isFinite(value)) return null;
  if (value <= 0 || full <= 0) return 0;
  return Math.min(steps - 1, 1 + Math.floor((Math.min(1, value / full) * (steps - 1)) * 0.9999));
}

/** The index of the value that holds at a time: the newest at or before it. -1 before the first. */
export function indexAt(strip: Strip, seconds: number): number {
  let lo = 0;
  let hi = strip.times.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if ((strip.times[mid] ?? 0) <= seconds) lo = mid + 1;
    else hi = mid;
  }
  return lo - 1;
}
