// One quantity over another: lines, points, bands and single marks, as SVG.
import { Tooltip, h, sourceNote } from "../dom";
import { format } from "../format";
import type { Axis, Mark, Plot, Plots, XYLine } from "../model";
import { nearest, pairs, rangeOf, type Range } from "../plot";
import { linear, linearTicks, log, logTicks, type Scale } from "../scale";
import { onRedraw, onWidth } from "../theme";

const margin = { left: 66, right: 16, top: 12, bottom: 42 };
const height = 280;

export function plots(block: Plots, tip: Tooltip): HTMLElement {
  const grid = h("div", { class: block.plots.length > 1 ? "charts two" : "charts" });
  for (const p of block.plots) grid.append(new Chart(p, tip).root);
  return grid;
}

class Chart {
  readonly root: HTMLElement;
  private readonly body = h("div", { class: "canvas" });
  private width = 0;
  private x: Scale = linear(0, 1, 0, 1);
  private y: Scale = linear(0, 1, 0, 1);

  constructor(
    private readonly plot: Plot,
    private readonly tip: Tooltip,
  ) {
    const legend = h("ul", { class: "legend live" });
    for (const l of plot.lines) legend.append(h("li", {}, swatch(l), l.label));
    this.root = h("figure", { class: "chart plot" }, h("h3", {}, plot.title, " ", sourceNote(plot.sources)), legend, this.body);
    if (plot.note) this.root.append(h("figcaption", {}, plot.note));
    this.body.addEventListener("mousemove", (ev) => this.hover(ev));
    this.body.addEventListener("mouseleave", () => tip.hide());
    onRedraw(() => this.draw());
    onWidth(this.body, () => this.body.clientWidth !== this.width && this.draw());
  }

  private draw(): void {
    const width = this.body.clientWidth;
    if (width === 0) return;
    this.width = width;
    const { plot } = this;
    const xs = rangeOf(plot, "x");
    const ys = rangeOf(plot, "y");
    this.x = scale(plot.x, xs, margin.left, width - margin.right);
    this.y = scale(plot.y, ys, height - margin.bottom, margin.top);
    const order = { band: 0, line: 1, both: 2, points: 3 };
    const lines = [...plot.lines].sort((a, b) => order[a.draw] - order[b.draw]);
    const parts = [this.grid(xs, ys), ...lines.map((l) => this.line(l)), ...plot.marks.map((m) => this.mark(m))];
    // Parsed as HTML, which gives svg elements their namespace; every text in it is escaped or a number.
    this.body.innerHTML = `<svg width="${width}" height="${height}" role="img" aria-label="${escape(this.describe())}">${parts.join("")}</svg>`;
  }

  private describe(): string {
    const marks = this.plot.marks.map((m) => `${m.label} ${format(m.value, m.axis === "x" ? this.plot.x.unit : this.plot.y.unit)}`);
    return [`${this.plot.title}: ${this.plot.y.label} over ${this.plot.x.label}`, ...marks].join("; ") + ".";
  }

  private grid(xs: Range, ys: Range): string {
    const out: string[] = [];
    const right = this.width - margin.right;
    const bottom = height - margin.bottom;
    for (const t of ticks(this.plot.y, ys, height / 40)) {
      const at = this.y(t).toFixed(1);
      out.push(`<line class="grid" x1="${margin.left}" x2="${right}" y1="${at}" y2="${at}"/>`);
      out.push(`<text class="tick end" x="${margin.left - 6}" y="${at}" dy="0.35em">${format(t, this.plot.y.unit)}</text>`);
    }
    let taken = -Infinity;
    for (const t of ticks(this.plot.x, xs, this.width / 80)) {
      const at = this.x(t);
      const text = format(t, this.plot.x.unit);
      out.push(`<line class="grid" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${margin.top}" y2="${bottom}"/>`);
      const half = text.length * 3.4 + 4;
      if (at - half < taken) continue;
      taken = at + half;
      out.push(`<text class="tick mid" x="${at.toFixed(1)}" y="${bottom + 15}">${text}</text>`);
    }
    out.push(`<text class="tick mid" x="${(margin.left + right) / 2}" y="${bottom + 33}">${escape(this.plot.x.label)}</text>`);
    return out.join("");
  }

  private line(l: XYLine): string {
    const tone = `tone-${l.tone}`;
    if (l.draw === "band") {
      const up: string[] = [];
      const down: string[] = [];
      for (let i = 0; i + 2 < l.points.length; i += 3) {
        const x = this.x(l.points[i] ?? 0).toFixed(1);
        up.push(`${x},${this.y(l.points[i + 2] ?? 0).toFixed(1)}`);
        down.unshift(`${x},${this.y(l.points[i + 1] ?? 0).toFixed(1)}`);
      }
      return `<polygon class="band ${tone}" points="${[...up, ...down].join(" ")}"/>`;
    }
    const at = pairs(l).map(([x, y]) => [this.x(x).toFixed(1), this.y(y).toFixed(1)] as const);
    const path = `<polyline class="${tone}${l.dash ? " dash" : ""}" points="${at.map((p) => p.join(",")).join(" ")}"/>`;
    const dots = at.map(([x, y]) => `<circle class="${tone}${l.dash ? " hollow" : ""}" cx="${x}" cy="${y}" r="3.5"/>`).join("");
    return (l.draw === "points" ? "" : path) + (l.draw === "line" ? "" : dots);
  }

  /** A single value: its interval shaded, its name at the edge where there is room. */
  private mark(m: Mark): string {
    const bottom = height - margin.bottom;
    const right = this.width - margin.right;
    if (m.axis === "y") {
      const at = this.y(m.value).toFixed(1);
      return `<line class="mark tone-${m.tone}" x1="${margin.left}" x2="${right}" y1="${at}" y2="${at}"/>` +
        `<text class="name tone-${m.tone}" x="${margin.left + 5}" y="${Number(at) - 5}">${escape(m.label)}</text>`;
    }
    const at = this.x(m.value);
    const [lo, hi] = [this.x(m.low), this.x(m.high)];
    const shade = hi - lo > 1 ? `<rect class="band tone-${m.tone}" x="${lo.toFixed(1)}" y="${margin.top}" width="${(hi - lo).toFixed(1)}" height="${bottom - margin.top}"/>` : "";
    const left = at > (margin.left + right) / 2;
    return shade + `<line class="mark tone-${m.tone}" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${margin.top}" y2="${bottom}"/>` +
      `<text class="name tone-${m.tone}${left ? " end" : ""}" x="${(left ? Math.min(lo, at) - 5 : Math.max(hi, at) + 5).toFixed(1)}" y="${margin.top + 11}">${escape(m.label)}</text>`;
  }

  private hover(ev: MouseEvent): void {
    const box = this.body.getBoundingClientRect();
    const found = nearest(this.plot.lines, ev.clientX - box.left, ev.clientY - box.top, this.x, this.y);
    if (!found) {
      this.tip.hide();
      return;
    }
    const { line, point } = found;
    this.tip.show(ev.clientX, ev.clientY, h("b", {}, line.label), h("div", {}, `${format(point[1], this.plot.y.unit)} at ${format(point[0], this.plot.x.unit)}`));
  }
}

function swatch(l: XYLine): HTMLElement {
  const kind = l.draw === "points" ? "dot" : l.draw === "band" ? "area" : "";
  return h("i", { class: `${kind}${l.dash ? " dash" : ""}`, style: `--c:var(--tone-${l.tone})` });
}

function scale(axis: Axis, [lo, hi]: Range, from: number, to: number): Scale {
  return axis.log ? log(lo, hi, from, to) : linear(lo, hi, from, to);
}

function ticks(axis: Axis, [lo, hi]: Range, most: number): number[] {
  return axis.log ? logTicks(lo, hi, most) : linearTicks(lo, hi, most, axis.unit === "bytes" || axis.unit === "bytes_per_s" ? 2 : 10);
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (ch) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[ch] ?? ch);
}
