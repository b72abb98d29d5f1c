// The percentile curve: every further nine takes the same width, so the tail is as readable as the middle.
import { Tooltip, choice, h, sourceNote } from "../dom";
import { extent, valueAt } from "../curve";
import { duration, quantileName } from "../format";
import type { Curve, Percentiles } from "../model";
import { log, logTicks, linear, nines, ninesFor, quantileAt, type Scale } from "../scale";
import { isPrinting, onRedraw, onWidth } from "../theme";

const margin = { left: 62, right: 84, top: 10, bottom: 44 };
const height = 320;
const fewest = 10; // a quantile with fewer values above it says little about the next run

export function percentiles(block: Percentiles, tip: Tooltip): HTMLElement {
  const plot = new Plot(block, tip);
  const pick = choice("Operation", block.views.map((v) => v.label), (i) => plot.show(i));
  return h("figure", { class: "curve" }, pick, plot.root, h("figcaption", {}, block.caption, " ", sourceNote(block.sources)));
}

class Plot {
  readonly root = h("div", { class: "canvas" });
  private curves: Curve[] = [];
  private width = 0;
  private x: Scale = linear(0, 1, 0, 1);

  constructor(
    private readonly block: Percentiles,
    private readonly tip: Tooltip,
  ) {
    onRedraw(() => this.draw());
    onWidth(this.root, () => this.root.clientWidth !== this.width && this.draw());
    this.root.addEventListener("mousemove", (ev) => this.hover(ev));
    this.root.addEventListener("mouseleave", () => this.leave());
    this.show(0);
  }

  show(i: number): void {
    this.curves = this.block.views[i]?.curves ?? [];
    this.draw();
  }

  private draw(): void {
    const width = this.root.clientWidth;
    if (width === 0) return;
    this.width = width;
    const most = ninesFor(Math.max(...this.curves.map((c) => c.count), 1));
    this.x = linear(0, most, margin.left, width - margin.right);
    const [lo, hi] = extent(this.curves);
    const y = log(lo / 1.15, hi * 1.15, height - margin.bottom, margin.top);
    const parts = [this.doubtful(most), grid(this.x, y, [lo / 1.15, hi * 1.15], most, width)];
    for (const c of this.curves) parts.push(path(c, this.x, y, most));
    parts.push(labels(this.curves, y, width), `<line class="cross" y1="${margin.top}" y2="${height - margin.bottom}" visibility="hidden"/>`);
    // Parsed as HTML, which gives svg elements their namespace; every text in it is escaped or a number.
    this.root.innerHTML = `<svg width="${width}" height="${height}" role="img" aria-label="${escape(this.summary())}">${parts.join("")}</svg>`;
  }

  private summary(): string {
    const one = (c: Curve): string =>
      `${c.label}: ` + [0.5, 0.9, 0.99, 0.999, 1].map((q) => `${quantileName(q)} ${duration(valueAt(c, q))}`).join(", ");
    return "Percentile curve. " + this.curves.map(one).join(". ");
  }

  /** Shades what rests on fewer than ten requests. */
  private doubtful(most: number): string {
    const count = Math.max(...this.curves.map((c) => c.count), 1);
    const from = this.x(nines(fewest / Math.max(fewest, count), most));
    const to = this.x(most);
    if (to - from < 2) return "";
    const bottom = height - margin.bottom;
    return `<rect class="doubt" x="${from}" y="${margin.top}" width="${to - from}" height="${bottom - margin.top}"/>` +
      `<text class="tick" x="${from + 4}" y="${bottom - 6}">under ${fewest} requests</text>`;
  }

  private hover(ev: MouseEvent): void {
    const box = this.root.getBoundingClientRect();
    const px = ev.clientX - box.left;
    if (px < margin.left || px > this.width - margin.right) {
      this.leave();
      return;
    }
    const quantile = quantileAt(this.x.invert(px));
    const cross = this.root.querySelector(".cross");
    cross?.setAttribute("x1", String(px));
    cross?.setAttribute("x2", String(px));
    cross?.setAttribute("visibility", "visible");
    const lines = this.curves.map((c) => h("div", {}, `${c.label}: ${duration(valueAt(c, quantile))}`));
    this.tip.show(ev.clientX, ev.clientY, h("b", {}, quantileName(Number(quantile.toPrecision(6)))), ...lines);
  }

  private leave(): void {
    this.tip.hide();
    this.root.querySelector(".cross")?.setAttribute("visibility", "hidden");
  }
}

function grid(x: Scale, y: Scale, [lo, hi]: [number, number], most: number, width: number): string {
  const out: string[] = [];
  const right = width - margin.right;
  const bottom = height - margin.bottom;
  for (const t of logTicks(lo, hi, 12)) {
    const at = y(t).toFixed(1);
    out.push(`<line class="grid" x1="${margin.left}" x2="${right}" y1="${at}" y2="${at}"/>`);
    out.push(`<text class="tick end" x="${margin.left - 6}" y="${at}" dy="0.35em">${duration(t)}</text>`);
  }
  const marks = [0, 0.5, 0.75, ...Array.from({ length: most }, (_, i) => quantileAt(i + 1))];
  const room = (right - margin.left) / most;
  let taken = -Infinity; // right end of the label before
  for (const q of marks) {
        if (room < 70 && (q === 0.75 || q === 0.5)) continue;
    const at = x(nines(1 - q, most)).toFixed(1);
    out.push(`<line class="grid" x1="${at}" x2="${at}" y1="${margin.top}" y2="${bottom}"/>`);
    const text = name(q, most);
    const half = text.length * 3.4 + 3; // about the width of 11 px digits
    const middle = x(nines(1 - q, most));
    if (text !== "max" && (middle - half < taken || middle + half > right - 16)) continue;
    taken = middle + half;
    out.push(`<text class="tick mid" x="${at}" y="${bottom + 15}">${text}</text>`);
  }
  out.push(`<text class="tick mid" x="${(margin.left + right) / 2}" y="${bottom + 34}">percentile, one more nine per step</text>`);
  return out.join("");
}

/** The ends of the axis are the fastest and the slowest request. */
function name(q: number, most: number): string {
  if (q === 0) return "min";
  return nines(1 - q, most) > most - 1e-6 ? "max" : quantileName(Number(q.toPrecision(9)));
}

function path(c: Curve, x: Scale, y: Scale, most: number): string {
  const pts: string[] = [];
  for (let i = 0; i < c.points.length; i += 2) {
    pts.push(`${x(nines(c.points[i] ?? 0, most)).toFixed(1)},${y(c.points[i + 1] ?? 1).toFixed(1)}`);
  }
  return `<polyline class="tone-${c.tone}${c.dash ? " dash" : ""}" points="${pts.join(" ")}"/>`;
}

/** Names the curves at their right end, pushed apart where they would touch. */
function labels(curves: Curve[], y: Scale, width: number): string {
  const placed = curves.map((c) => ({ c, at: y(c.points[c.points.length - 1] ?? 1) })).sort((a, b) => a.at - b.at);
  let below = -Infinity;
  const gap = isPrinting() ? 12 : 14;
  return placed
    .map(({ c, at }) => {
      below = Math.max(at, below + gap);
      return `<text class="name tone-${c.tone}" x="${width - margin.right + 6}" y="${below.toFixed(1)}" dy="0.35em">${escape(c.label)}</text>`;
    })
    .join("");
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (ch) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[ch] ?? ch);
}
