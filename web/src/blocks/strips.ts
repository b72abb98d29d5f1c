// Utilisation, saturation and errors of each resource over time: a row of coloured cells each, all on one time axis.
import { Tooltip, css, h, sizeCanvas, sourceNote } from "../dom";
import { clock, format } from "../format";
import type { Phase, Strip, Strips } from "../model";
import { linear } from "../scale";
import { indexAt, level } from "../strips";
import { onRedraw, onWidth } from "../theme";

const steps = 7; // colours of a ramp
const rowHeight = 16;

export function strips(block: Strips, phases: Phase[], tip: Tooltip): HTMLElement {
  const span = whole(block, phases);
  const body = h("tbody");
  let last = "";
  for (const row of block.rows) {
    const strip = new Line(row, span, phases, tip);
    const first = row.resource !== last;
    last = row.resource;
    body.append(
      h(
        "tr",
        { class: first ? "first" : undefined },
        h("th", { scope: "row" }, first ? row.resource : ""),
        h("td", { class: "aspect" }, row.aspect),
        h("td", { class: "what" }, row.label),
        h("td", { class: "strip" }, strip.root),
        h("td", { class: "num" }, format(row.mean, row.unit)),
        h("td", { class: "num" }, format(row.max, row.unit)),
      ),
    );
  }
  const heads = ["Resource", "", "What", `${clock(span[0])} to ${clock(span[1])} of the run`, "Mean", "Most"];
  const head = h("tr", {}, ...heads.map((t, i) => h("th", { scope: "col", class: i > 3 ? "num" : undefined }, t)));
  const caption = h("caption", {}, block.caption, " ", sourceNote(block.sources));
  return h("div", { class: "scroll strips", tabindex: 0, role: "region", "aria-label": block.caption }, h("table", {}, caption, h("thead", {}, head), body));
}

function whole(block: Strips, phases: Phase[]): [number, number] {
  const starts = [...phases.map((p) => p.start), ...block.rows.map((r) => r.times[0] ?? Infinity)];
  const ends = [...phases.map((p) => p.end), ...block.rows.map((r) => r.times[r.times.length - 1] ?? 0)];
  return [Math.min(...starts, ...(starts.length > 0 ? [] : [0])), Math.max(...ends, 1)];
}

class Line {
  readonly root: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private width = 0;

  constructor(
    private readonly row: Strip,
    private readonly span: [number, number],
    private readonly phases: Phase[],
    tip: Tooltip,
  ) {
    const text = `${row.resource}, ${row.aspect}: mean ${format(row.mean, row.unit)}, most ${format(row.max, row.unit)}`;
    this.canvas = h("canvas", { role: "img", "aria-label": text });
    this.root = h("div", { class: "cells" }, this.canvas);
    this.canvas.addEventListener("mousemove", (ev) => {
      const box = this.canvas.getBoundingClientRect();
      const at = linear(0, box.width, span[0], span[1])(ev.clientX - box.left);
      const i = indexAt(row, at);
      tip.show(ev.clientX, ev.clientY, h("b", {}, `${row.resource}, ${row.aspect}`), h("div", {}, `${format(row.values[i], row.unit)} at ${clock(at)}`));
    });
    this.canvas.addEventListener("mouseleave", () => tip.hide());
    onRedraw(() => this.draw());
    onWidth(this.root, () => this.root.clientWidth !== this.width && this.draw());
  }

  private draw(): void {
    const width = this.root.clientWidth;
    if (width === 0) return;
    this.width = width;
    const ctx = sizeCanvas(this.canvas, width, rowHeight);
    const x = linear(this.span[0], this.span[1], 0, width);
    ctx.fillStyle = css("plot");
    ctx.fillRect(0, 0, width, rowHeight);
    const ramp = Array.from({ length: steps }, (_, i) => css(`${this.row.aspect === "utilisation" ? "heat" : "alarm"}-${i}`));
    const { times, values } = this.row;
    for (let i = 0; i < times.length; i++) {
      const step = level(values[i] ?? null, this.row.full, steps);
      if (step === null) continue;
      // A sample speaks of the time before it.
      const from = Math.round(x(i > 0 ? (times[i - 1] ?? 0) : Math.max(this.span[0], 2 * (times[0] ?? 0) - (times[1] ?? times[0] ?? 0))));
      const to = Math.round(x(times[i] ?? 0));
      ctx.fillStyle = step === 0 ? css("grid") : (ramp[step] ?? "");
      ctx.fillRect(from, 0, Math.max(1, to - from), rowHeight);
    }
    ctx.fillStyle = css("rule-strong");
    for (const p of this.phases) if (x(p.start) > 1) ctx.fillRect(Math.round(x(p.start)), 0, 1, rowHeight);
  }
}
