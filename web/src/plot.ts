// A plot without pixels: what its axes span and what lies near a position.
import type { Plot, XYLine } from "./model";
import type { Scale } from "./scale";

export type Range = [number, number];

/** The points of a line that have both values. */
export function pairs(l: XYLine): [number, number][] {
  const out: [number, number][] = [];
  for (let i = 0; i + 1 < l.points.length; i += 2) {
    const [x, y] = [l.points[i], l.points[i + 1]];
    if (x !== null && x !== undefined && y !== null && y !== undefined) out.push([x, y]);
  }
  return out;
}

/** What an axis must span: a linear one from 0, a logarithmic one around what is there. */
export function rangeOf(plot: Plot, axis: "x" | "y"): Range {
  const values: number[] = [];
  for (const l of plot.lines) {
    const step = l.draw === "band" ? 3 : 2;
    l.points.forEach((v, i) => {
      const isX = i % step === 0;
      if (v !== null && Number.isFinite(v) && isX === (axis === "x")) values.push(v);
    });
  }
  for (const m of plot.marks) if (m.axis === axis) values.push(m.value, ...(m.high > m.low ? [m.low, m.high] : []));
  if (plot[axis].log) {
    const above = values.filter((v) => v > 0);
    if (above.length === 0) return [1, 10];
    const [lo, hi] = [Math.min(...above), Math.max(...above)];
    return hi > lo * 1.05 ? [lo / 1.15, hi * 1.25] : [lo / 2, hi * 2];
  }
  const hi = Math.max(0, ...values);
  return [Math.min(0, ...values), hi > 0 ? hi * 1.06 : 1];
}

/** The point of any line that is nearest to a position, within reach of a pointer. */
export function nearest(lines: XYLine[], px: number, py: number, x: Scale, y: Scale): { line: XYLine; point: [number, number] } | null {
  const reach = 30;
  let best: { line: XYLine; point: [number, number] } | null = null;
  let least = reach * reach;
  for (const line of lines) {
    if (line.draw === "band") continue;
    for (const point of pairs(line)) {
      const d = (x(point[0]) - px) ** 2 + (y(point[1]) - py) ** 2;
      if (d < least) {
        least = d;
        best = { line, point };
      }
    }
  }
  return best;
}
