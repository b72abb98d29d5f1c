// The latency heat map: time across, latency upward on a logarithmic axis, shade for how many requests.
import { Tooltip, choicePair, css, h, sizeCanvas, sourceNote } from "../dom";
import { cellAt, count, peak } from "../heat";
import { clock, digits, duration } from "../format";
import type { HeatMap, HeatView, Phase } from "../model";
import { linear, linearTicks, log, logTicks, type Scale } from "../scale";
import { onRedraw, onWidth } from "../theme";
import { drawPhases, phaseStrip } from "./phases";

const margin = { left: 62, right: 12, top: phaseStrip + 2, bottom: 26 };
const plotHeight = 260;
const steps = 7; // colours of the ramp, --heat-0 .. --heat-6

export function heatmap(block: HeatMap, phases: Phase[], tip: Tooltip): HTMLElement {
  const plot = new Heat(block, phases, tip);
  const pick = choicePair(["Operation", "Kind of time"], block.views.map((v) => v.label), (i) => plot.show(i));
  const caption = h("figcaption", {}, block.caption, " ", sourceNote(block.sources));
  return h("figure", { class: "heat" }, h("div", { class: "tools" }, pick, plot.key), plot.root, caption);
}

class Heat {
  readonly root: HTMLElement;
  readonly key = h("span", { class: "ramp" });
  private readonly canvas = h("canvas", { role: "img" });
  private view: HeatView;
  private x: Scale = linear(0, 1, 0, 1);
  private y: Scale = linear(0, 1, 0, 1);
  private width = 0;

  constructor(
    private readonly map: HeatMap,
    private readonly phases: Phase[],
    private readonly tip: Tooltip,
  ) {
    this.view = map.views[0] ?? { label: "", columns: [], p50: [], p99: [] };
    this.root = h("div", { class: "canvas" }, this.canvas);
    this.canvas.addEventListener("mousemove", (ev) => this.hover(ev));
    this.canvas.addEventListener("mouseleave", () => tip.hide());
    onRedraw(() => this.draw());
    onWidth(this.root, () => this.root.clientWidth !== this.width && this.draw());
    this.describe();
  }

  show(i: number): void {
    this.view = this.map.views[i] ?? this.view;
    this.describe();
    this.draw();
  }

  private describe(): void {
    const worst = Math.max(...this.view.p99.map((v) => v ?? 0));
    const at = this.view.p99.indexOf(worst);
    const text = worst > 0 ? `Highest p99 ${duration(worst)} at ${clock(this.map.start + at * this.map.step)}.` : "No values.";
    this.canvas.setAttribute("aria-label", `Latency heat map, ${this.view.label}. ${text}`);
    const most = peak(this.view);
    const swatches = Array.from({ length: steps }, (_, i) => h("i", { style: `background:var(--heat-${i})` }));
    const lines = [h("i", { class: "line p50" }), "p50 ", h("i", { class: "line p99" }), "p99"];
    this.key.replaceChildren("1 ", ...swatches, ` ${digits(most)} requests per cell `, ...lines);
  }

  private draw(): void {
    const width = this.root.clientWidth;
    if (width === 0) return;
    this.width = width;
    const { map } = this;
    const ctx = sizeCanvas(this.canvas, width, plotHeight + margin.top + margin.bottom);
    const end = map.start + this.view.columns.length * map.step;
    this.x = linear(map.start, end, margin.left, width - margin.right);
    this.y = log(map.low, map.low * map.ratio ** map.rows, margin.top + plotHeight, margin.top);
    const box = { left: margin.left, top: margin.top, width: width - margin.left - margin.right, height: plotHeight };
    ctx.fillStyle = css("plot");
    ctx.fillRect(box.left, box.top, box.width, box.height);
    drawPhases(ctx, this.phases, this.x, box);
    this.cells(ctx);
    this.line(ctx, this.view.p50, css("heat-p50"));
    this.line(ctx, this.view.p99, css("heat-p99"));
    this.axes(ctx, width, end);
  }

  private cells(ctx: CanvasRenderingContext2D): void {
    const { map, view } = this;
    const most = Math.log(Math.max(2, peak(view)));
    const ramp = Array.from({ length: steps }, (_, i) => css(`heat-${i}`));
    const edges = Array.from({ length: map.rows + 1 }, (_, r) => Math.round(this.y(map.low * map.ratio ** r)));
    view.columns.forEach((column, c) => {
      const left = Math.round(this.x(map.start + c * map.step));
      const right = Math.round(this.x(map.start + (c + 1) * map.step));
      const first = column[0] ?? 0;
      for (let i = 1; i < column.length; i++) {
        const n = column[i] ?? 0;
        if (n === 0) continue;
        const row = first + i - 1;
        const top = edges[row + 1] ?? 0;
        ctx.fillStyle = ramp[Math.min(steps - 1, Math.floor((Math.log(n) / most) * steps))] ?? "";
        ctx.fillRect(left, top, Math.max(1, right - left), Math.max(1, (edges[row] ?? 0) - top));
      }
    });
  }

  private line(ctx: CanvasRenderingContext2D, values: (number | null)[], colour: string): void {
    ctx.beginPath();
    let pen = false;
    values.forEach((v, c) => {
      if (v === null) {
        pen = false;
        return;
      }
      const x = this.x(this.map.start + (c + 0.5) * this.map.step);
      if (pen) ctx.lineTo(x, this.y(v));
      else ctx.moveTo(x, this.y(v));
      pen = true;
    });
    ctx.lineJoin = "round";
    ctx.strokeStyle = css("plot"); // a rim, as the line crosses the darkest and the lightest cells
    ctx.lineWidth = 3.5;
    ctx.stroke();
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.5;
    ctx.stroke();
  }

  private axes(ctx: CanvasRenderingContext2D, width: number, end: number): void {
    const { map } = this;
    const bottom = margin.top + plotHeight;
    ctx.font = `11px ${css("sans")}`;
    ctx.fillStyle = css("muted");
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const t of logTicks(map.low, map.low * map.ratio ** map.rows, 14)) {
      const y = this.y(t);
      ctx.fillText(duration(t), margin.left - 6, y);
      ctx.fillRect(margin.left - 3, Math.round(y), 3, 1);
    }
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    for (const t of linearTicks(map.start, end, width / 90)) {
      const x = this.x(t);
      ctx.fillRect(Math.round(x), bottom, 1, 3);
      ctx.fillText(clock(t), Math.min(x, width - margin.right - 10), bottom + 6);
    }
  }

  private hover(ev: MouseEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const { map } = this;
    const seconds = this.x.invert(ev.clientX - box.left);
    const cell = cellAt(map, this.view, seconds, this.y.invert(ev.clientY - box.top));
    if (!cell) {
      this.tip.hide();
      return;
    }
    const n = count(this.view, cell.column, cell.row);
    const low = map.low * map.ratio ** cell.row;
    const p50 = this.view.p50[cell.column] ?? null;
    const p99 = this.view.p99[cell.column] ?? null;
    this.tip.show(
      ev.clientX,
      ev.clientY,
      h("b", {}, `${n.toLocaleString("en-US")} requests`),
      h("div", {}, `${duration(low)} to ${duration(low * map.ratio)}, at ${clock(map.start + cell.column * map.step)}`),
      p50 !== null && h("div", { class: "muted" }, `p50 ${duration(p50)}${p99 === null ? "" : `, p99 ${duration(p99)}`}`),
    );
  }
}
