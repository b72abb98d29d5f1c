// The phases of the run on a time axis: what is not measured is shaded, each span is named in a strip above the plot.
import { css } from "../dom";
import type { Phase } from "../model";

/** Height of the strip above a plot that holds the names of phases, in CSS pixels. */
export const phaseStrip = 14;

/** Draws within the box and the strip above it; x maps seconds to its pixels. unit is the size of a CSS pixel on this canvas. */
export function drawPhases(
  ctx: CanvasRenderingContext2D,
  phases: Phase[],
  x: (seconds: number) => number,
  box: { left: number; top: number; width: number; height: number },
  unit = 1,
): void {
  const right = box.left + box.width;
  ctx.save();
  ctx.font = `${10 * unit}px ${css("sans")}`;
  ctx.textBaseline = "bottom";
  ctx.textAlign = "left";
  for (const p of phases) {
    const from = Math.max(box.left, x(p.start));
    const to = Math.min(right, x(p.end));
    if (to <= from) continue;
    if (p.name !== "measure") {
      ctx.fillStyle = css("phase");
      ctx.fillRect(from, box.top, to - from, box.height);
    }
    ctx.fillStyle = css("rule-strong");
    if (x(p.start) > box.left) ctx.fillRect(from, box.top, unit, box.height);
    ctx.fillStyle = css("muted");
    if (ctx.measureText(p.name).width + 2 * unit < to - from) ctx.fillText(p.name, from, box.top - 2 * unit);
  }
  ctx.restore();
}
