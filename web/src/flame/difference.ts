// The colours and words of a differential flame graph.
import { digits, format } from "../format";
import type { Unit } from "../model";

/** The shades: three for less, none, three for more. */
export const shades = [-3, -2, -1, 0, 1, 2, 3] as const;

/**
 * How a frame is shaded: by how far its two sides differ, as a share of both. What is a tiny part of the whole is held back, as
 * it rests on few samples.
 */
export function shade(before: number, after: number, total: number): number {
  const both = before + after;
  if (both <= 0) return 0;
  const differs = (after - before) / (both + 0.005 * total);
  const size = Math.abs(differs);
  const step = size < 0.03 ? 0 : size < 0.1 ? 1 : size < 0.3 ? 2 : 3;
  return differs < 0 ? -step : step;
}

/** "120 ns, then 150 ns (+25 %)" */
export function change(before: number, after: number, unit: Unit): string {
  const by = before > 0 ? `${after >= before ? "+" : "\u2212"}${digits(Math.abs(100 * (after / before - 1)))}\u202f%` : "new";
  return `${format(before, unit)} before, ${format(after, unit)} after (${after === before ? "no change" : by})`;
}
