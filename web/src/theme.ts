// Light and dark, and the moment they change: what is drawn on a canvas has to be drawn again.

export type Theme = "light" | "dark";
type Redraw = () => void;

const listeners = new Set<Redraw>();
let chosen: Theme | null = null;
let printing = false;

/** Calls redraw whenever colours or the available width change. */
export function onRedraw(redraw: Redraw): void {
  listeners.add(redraw);
}

/** Calls redraw, in a frame of its own, when the width of an element may have changed. */
export function onWidth(el: Element, redraw: Redraw): void {
  new ResizeObserver(() => requestAnimationFrame(redraw)).observe(el);
}

export function current(): Theme {
  if (printing) return "light";
  return chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

/** While printing, charts take the width of the page, not that of the window. */
export function isPrinting(): boolean {
  return printing;
}

export function toggle(): void {
  chosen = current() === "dark" ? "light" : "dark";
  apply();
}

/** Follows "#theme=dark" or "#theme=light", then the system's setting, window sizes and printing. */
export function start(): void {
  const wanted = /theme=(dark|light)/.exec(location.hash)?.[1];
  if (wanted === "dark" || wanted === "light") chosen = wanted;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  window.addEventListener("beforeprint", () => setPrinting(true));
  window.addEventListener("afterprint", () => setPrinting(false));
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return; // a phone's address bar changes only the height
    width = window.innerWidth;
    requestAnimationFrame(redrawAll);
  });
  apply();
}

function setPrinting(on: boolean): void {
  printing = on;
  document.documentElement.classList.toggle("printing", on);
  apply();
}

function apply(): void {
  document.documentElement.dataset["theme"] = current();
  redrawAll();
}

/** Draws everything again at its current width and in the current colours. */
export function redrawAll(): void {
  for (const redraw of listeners) redraw();
}
