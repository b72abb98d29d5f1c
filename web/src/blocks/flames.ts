// The flame graph: one row a call depth, callers above, width is share. Drawn on a canvas, as a profile has thousands of frames.
import { Tooltip, choice, css, h, sizeCanvas, sourceNote } from "../dom";
import { change, shade, shades } from "../flame/difference";
import { decode, search, step, visible, type Frame, type Match, type Move, type Tree } from "../flame/layout";
import { kindOf, kinds, shortName, type Kind } from "../flame/names";
import { format, share } from "../format";
import { offerFunctions } from "../links";
import type { Flames, FlameGraph } from "../model";
import { onRedraw, onWidth } from "../theme";
import { table } from "./text";

const rowHeight = 18;
const help = "Arrow keys move between frames, Enter zooms in, Escape zooms out.";

export function flames(block: Flames, tip: Tooltip): HTMLElement {
  const figure = h("figure", { class: "flames" });
  const body = h("div");
  const made = new Map<number, Flame>();
  const show = (i: number): Flame | null => {
    const graph = block.graphs[i];
    if (!graph) return null;
    const flame = made.get(i) ?? new Flame(graph, tip);
    made.set(i, flame);
    body.replaceChildren(flame.root);
    return flame;
  };
  const pick = choice("Profile", block.graphs.map((g) => g.label), show);
  if (pick) figure.append(pick);
  figure.append(body, h("figcaption", {}, block.caption));
  show(0);
  offerFunctions((name, source) => {
    const i = block.graphs.findIndex((g) => g.names.includes(name) && (source === "" || g.sources.includes(source)));
    const flame = i < 0 ? null : show(i);
    if (!flame) return null;
    if (pick) select(pick, i);
    flame.look(name);
    return figure;
  });
  return figure;
}

/** Makes a choice show what was chosen by other means. */
function select(pick: HTMLElement, index: number): void {
  if (pick instanceof HTMLSelectElement) pick.selectedIndex = index;
  const input = pick.querySelectorAll("input")[index];
  if (input) input.checked = true;
}

class Flame {
  readonly root: HTMLElement;
  private readonly tree: Tree;
  private readonly canvas = h("canvas", { tabindex: 0, role: "application", "aria-label": "Flame graph. " + help });
  private readonly live = h("p", { class: "flame-status", "aria-live": "polite" });
  private readonly reset = h("button", { type: "button", disabled: true, click: () => this.zoom(0) }, "Zoom out");
  private readonly found = h("output", { class: "found" });
  private frames: Frame[] = [];
  private focus = 0;
  private cursor = -1;
  private match: Match | null = null;
  private width = 0;
  private readonly kind: Kind[];
  private readonly input = h("input", { type: "search", placeholder: "Find a function", "aria-label": "Find a function in the flame graph" });

  constructor(
    private readonly graph: FlameGraph,
    private readonly tip: Tooltip,
  ) {
    this.tree = decode(graph);
    this.kind = kindOf(graph.names, graph.where);
    this.input.addEventListener("input", () => this.find(this.input.value));
    this.root = h(
      "div",
      { class: "flame" },
      h("div", { class: "tools" }, this.input, this.found, this.reset, differential(graph) ? shadeLegend() : legend()),
      graph.note ? h("p", { class: "note" }, graph.note, " ", sourceNote(graph.sources)) : sourceNote(graph.sources),
      this.canvas,
      this.live,
      differential(graph) ? changeTable(graph) : hotTable(graph),
    );
    this.listen();
    onRedraw(() => this.draw());
    onWidth(this.root, () => this.root.clientWidth !== this.width && this.draw());
    this.say(-1);
  }

  /** Searches for one function by its whole name. */
  look(name: string): void {
    this.input.value = "^" + name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") + "$";
    this.zoom(0);
    this.find(this.input.value);
  }

  private listen(): void {
    this.canvas.addEventListener("mousemove", (ev) => {
      const i = this.at(ev);
      this.canvas.style.cursor = i >= 0 ? "pointer" : "default";
      if (i >= 0) this.tip.show(ev.clientX, ev.clientY, ...this.describe(i));
      else this.tip.hide();
    });
    this.canvas.addEventListener("mouseleave", () => this.tip.hide());
    this.canvas.addEventListener("click", (ev) => {
      const i = this.at(ev);
      if (i >= 0) this.zoom(i);
    });
    this.canvas.addEventListener("keydown", (ev) => this.key(ev));
    this.canvas.addEventListener("blur", () => this.moveTo(-1));
  }

  private key(ev: KeyboardEvent): void {
    const moves: Record<string, Move> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
    const move = moves[ev.key];
    if (move) this.moveTo(this.cursor < 0 ? this.focus : step(this.tree, this.cursor, move));
    else if (ev.key === "Enter" && this.cursor >= 0) this.zoom(this.cursor);
    else if (ev.key === "Escape") this.zoom(0);
    else return;
    ev.preventDefault();
  }

  private moveTo(index: number): void {
    this.cursor = index;
    this.say(index);
    this.draw();
  }

  private zoom(index: number): void {
    this.focus = index;
    this.reset.disabled = index === 0;
    this.say(index === 0 ? -1 : index);
    this.draw();
  }

  private find(text: string): void {
    this.match = search(this.tree, text);
    const total = this.graph.value[0] ?? 0;
    this.found.textContent = this.match ? `${share(this.match.value, total)} in ${this.match.frames} frames` : "";
    this.draw();
  }

  private at(ev: MouseEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const x = (ev.clientX - box.left) / box.width;
    const depth = Math.floor((ev.clientY - box.top) / rowHeight);
    return this.frames.find((f) => f.depth === depth && x >= f.x && x < f.x + f.width)?.index ?? -1;
  }

  private facts(i: number): { name: string; where: string; text: string } {
    const g = this.graph;
    const n = g.name[i] ?? 0;
    const value = g.value[i] ?? 0;
    const self = this.tree.self[i] ?? 0;
    const total = g.value[0] ?? 0;
    let text = `${format(value * g.scale, g.unit)}, ${share(value, total)} of all; own ${format(self * g.scale, g.unit)}, ${share(self, total)}`;
    if (differential(g)) text = `per request ${change((g.before[i] ?? 0) * g.scale, (g.after[i] ?? 0) * g.scale, g.unit)}`;
    return { name: g.names[n] ?? "", where: g.where[n] ?? "", text };
  }

  private describe(i: number): HTMLElement[] {
    const f = this.facts(i);
    return [h("b", {}, f.name), h("div", { class: "muted" }, f.where), h("div", {}, f.text)];
  }

  private say(i: number): void {
    if (i < 0) {
      const g = this.graph;
      const all = differential(g) ? `per request ${change((g.before[0] ?? 0) * g.scale, (g.after[0] ?? 0) * g.scale, g.unit)}` : format((g.value[0] ?? 0) * g.scale, g.unit);
      this.live.textContent = `Whole profile: ${all}. ${help}`;
      return;
    }
    const f = this.facts(i);
    this.live.textContent = `${f.name}${f.where ? ` (${f.where})` : ""}: ${f.text}`;
  }

  private draw(): void {
    const width = this.root.clientWidth;
    if (width === 0) return;
    this.width = width;
    this.frames = visible(this.tree, this.focus, 1 / width);
    const depth = this.frames.reduce((d, f) => Math.max(d, f.depth), 0);
    const ctx = sizeCanvas(this.canvas, width, (depth + 1) * rowHeight + 1);
    ctx.font = `11px ${css("sans")}`;
    ctx.textBaseline = "middle";
    const paint = palette();
    for (const f of this.frames) this.frame(ctx, f, width, paint);
  }

  private frame(ctx: CanvasRenderingContext2D, f: Frame, width: number, paint: Map<string, string>): void {
    const n = this.graph.name[f.index] ?? 0;
    const name = this.graph.names[n] ?? "";
    const x = f.x * width;
    const w = Math.max(0.5, f.width * width - 0.75);
    const y = f.depth * rowHeight;
    const hit = this.match !== null && this.match.names[n] === 1;
    ctx.globalAlpha = f.above || (this.match !== null && !hit) ? 0.4 : 1;
    ctx.fillStyle = (hit ? paint.get("hit") : this.colour(f.index, n, paint)) ?? "";
    ctx.fillRect(x, y, w, rowHeight - 1);
    ctx.globalAlpha = 1;
    if (f.index === this.cursor) {
      ctx.strokeStyle = paint.get("ink") ?? "";
      ctx.lineWidth = 2;
      ctx.strokeRect(x + 1, y + 1, Math.max(1, w - 2), rowHeight - 3);
    }
    if (w < 28) return;
    ctx.fillStyle = (hit ? paint.get("hit-ink") : paint.get("frame-ink")) ?? "";
    ctx.fillText(clip(ctx, shortName(name), w - 8), x + 4, y + rowHeight / 2);
  }

  private colour(frame: number, name: number, paint: Map<string, string>): string | undefined {
    const g = this.graph;
    if (!differential(g)) return paint.get(this.kind[name] ?? "other");
    return paint.get(`shade${shade(g.before[frame] ?? 0, g.after[frame] ?? 0, g.value[0] ?? 0)}`);
  }
}

function differential(g: FlameGraph): boolean {
  return g.before.length > 0;
}

/** Cuts text to the width with an ellipsis; nothing when not even a few letters fit. */
function clip(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  let lo = 0;
  let hi = text.length;
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if (ctx.measureText(text.slice(0, mid) + "\u2026").width <= width) lo = mid;
    else hi = mid - 1;
  }
  return lo < 2 ? "" : text.slice(0, lo) + "\u2026";
}

function palette(): Map<string, string> {
  const colours = new Map<string, string>(kinds.map((k) => [k.kind, css(`flame-${k.kind}`)]));
  for (const name of ["hit", "hit-ink", "frame-ink"]) colours.set(name, css(`flame-${name}`));
  for (const s of shades) colours.set(`shade${s}`, css(shadeName(s)));
  return colours.set("other", css("flame-other")).set("ink", css("ink"));
}

function legend(): HTMLElement {
  const list = h("ul", { class: "legend", "aria-label": "Colours" });
  for (const k of kinds) list.append(h("li", {}, h("i", { style: `background:var(--flame-${k.kind})` }), k.label));
  return list;
}

/** The custom property of a shade. */
function shadeName(s: number): string {
  return s === 0 ? "diff-0" : s < 0 ? `diff-less-${-s}` : `diff-more-${s}`;
}

function shadeLegend(): HTMLElement {
  const key = h("span", { class: "ramp" }, "less ");
  for (const s of shades) key.append(h("i", { style: `background:var(--${shadeName(s)})` }));
  key.append(" more than before");
  return key;
}

function changeTable(graph: FlameGraph): HTMLElement {
  const value = (v: number): string => format(v * graph.scale, graph.unit);
  const signed = (v: number): string => (v > 0 ? "+" : v < 0 ? "\u2212" : "") + value(Math.abs(v));
  const rows = graph.changed.map((f) => {
    const by = f.after - f.before;
    const chance = f.noise === 0 ? "" : Math.abs(by) > f.noise ? "no" : "yes";
    return [value(f.before), value(f.after), signed(by), chance, graph.names[f.name] ?? "", graph.where[f.name] ?? ""];
  });
  const columns = [
    { label: "Before", numeric: true },
    { label: "After", numeric: true },
    { label: "Change", numeric: true },
    { label: "May be chance", numeric: false },
    { label: "Function", numeric: false },
    { label: "Where", numeric: false },
  ];
  const el = table({ kind: "table", caption: "Functions whose own value per request changed most", columns, rows, sources: [] });
  el.classList.add("hot", "changed");
  return el;
}

function hotTable(graph: FlameGraph): HTMLElement {
  const total = graph.value[0] ?? 0;
  const rows = graph.hot.map((f) => [
    share(f.self, total),
    format(f.self * graph.scale, graph.unit),
    share(f.total, total),
    graph.names[f.name] ?? "",
    graph.where[f.name] ?? "",
  ]);
  const columns = [
    { label: "Own share", numeric: true },
    { label: "Own", numeric: true },
    { label: "With callees", numeric: true },
    { label: "Function", numeric: false },
    { label: "Where", numeric: false },
  ];
  const el = table({ kind: "table", caption: "Functions with the largest own share", columns, rows, sources: [] });
  el.classList.add("hot");
  return el;
}
