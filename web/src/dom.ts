// The few lines of DOM help that the report needs.

type Child = Node | string | null | undefined | false;
type Attrs = Record<string, string | number | boolean | ((ev: Event) => void) | undefined>;

/** Makes an element. Functions become listeners, true an empty attribute, false and undefined nothing. Text is never parsed as HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attrs: Attrs = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (typeof value === "function") el.addEventListener(name, value);
    else if (value === true) el.setAttribute(name, "");
    else if (value !== false && value !== undefined) el.setAttribute(name, String(value));
  }
  append(el, children);
  return el;
}

export function append(el: Element, children: Child[]): void {
  for (const c of children) if (c) el.append(c);
}

/** The value of a CSS custom property in the current theme. */
export function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** A canvas of the given CSS size, sharp on this screen; the context is scaled to CSS pixels. */
export function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const ctx = canvas.getContext("2d");
  if (!ctx) throw new Error("this browser has no 2d canvas");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  return ctx;
}

/** A row of radio buttons that looks like a segmented control; calls pick with the index. Nothing when there is no choice. */
export function choice(label: string, options: string[], pick: (index: number) => void): HTMLElement | null {
  if (options.length < 2) return null;
  if (options.length > 8) return select(label, options, pick);
  const name = `choice-${nextID()}`;
  const group = h("div", { class: "choice", role: "radiogroup", "aria-label": label });
  options.forEach((text, i) => {
    const input = h("input", { type: "radio", name, checked: i === 0, change: () => pick(i) });
    group.append(h("label", {}, input, h("span", {}, text)));
  });
  return group;
}

/** Two choices at once, where every option is named "one / other"; the plain choice where they are not, or not every pair exists. */
export function choicePair(labels: [string, string], options: string[], pick: (index: number) => void): HTMLElement | null {
  const pairs = options.map((o) => o.split(" / "));
  const first = [...new Set(pairs.map((p) => p[0] ?? ""))];
  const second = [...new Set(pairs.map((p) => p[1] ?? ""))];
  const complete = pairs.every((p) => p.length === 2) && first.length * second.length === options.length;
  if (!complete || first.length < 2 || second.length < 2) return choice(labels.join(" and "), options, pick);
  const at: [number, number] = [0, 0];
  const both = (): void => pick(options.indexOf(`${first[at[0]]} / ${second[at[1]]}`));
  const one = choice(labels[0], first, (i) => { at[0] = i; both(); });
  const other = choice(labels[1], second, (i) => { at[1] = i; both(); });
  return h("div", { class: "pair" }, one, other);
}

function select(label: string, options: string[], pick: (index: number) => void): HTMLElement {
  const el = h("select", { "aria-label": label, change: () => pick(el.selectedIndex) });
  options.forEach((text) => el.append(h("option", {}, text)));
  return el;
}

let ids = 0;
export function nextID(): number {
  return ++ids;
}

/** "from summary.json, latency.hlog", or nothing. */
export function sourceNote(sources: string[]): HTMLElement | null {
  if (sources.length === 0) return null;
  return h("span", { class: "source", title: "Files of the run directory that this comes from" }, sources.join(", "));
}

/** For the pointer only: what it says is in labels and tables as well. Places a tooltip beside a pointer position without leaving the viewport. */
export class Tooltip {
  private readonly el = h("div", { class: "tip", "aria-hidden": "true", hidden: true });

  constructor() {
    document.body.append(this.el);
  }

  show(x: number, y: number, ...children: Child[]): void {
    this.el.replaceChildren();
    append(this.el, children);
    this.el.hidden = false;
    const box = this.el.getBoundingClientRect();
    const left = x + 14 + box.width > window.innerWidth ? x - 14 - box.width : x + 14;
    const top = Math.min(y + 14, window.innerHeight - box.height - 4);
    this.el.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
  }

  hide(): void {
    this.el.hidden = true;
  }
}
