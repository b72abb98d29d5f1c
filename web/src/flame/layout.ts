// A flame graph without pixels: the tree, what is visible after zooming into a frame, what a search matches.
import type { FlameGraph } from "../model";

export interface Tree {
  graph: FlameGraph;
  size: number;
  parent: Int32Array;
  /** Where a frame begins, in units of the value, from the left edge of the root. */
  start: Float64Array;
  /** Value that is not in any callee. */
  self: Float64Array;
  /** One past the last descendant: descendants of i are i+1 .. end[i]-1. */
  end: Int32Array;
  maxDepth: number;
}

/** Rebuilds the tree from its pre-order arrays. */
export function decode(graph: FlameGraph): Tree {
  const size = graph.value.length;
  const tree: Tree = {
    graph,
    size,
    parent: new Int32Array(size).fill(-1),
    start: new Float64Array(size),
    self: Float64Array.from(graph.value),
    end: new Int32Array(size).fill(size),
    maxDepth: 0,
  };
  const open: number[] = []; // the path to the frame before; cursor: where the next child of each begins
  const cursor: number[] = [];
  for (let i = 0; i < size; i++) {
    const depth = graph.depth[i] ?? 0;
    while (open.length > depth) {
      tree.end[open.pop() as number] = i;
      cursor.pop();
    }
    const up = open.length - 1;
    const parent = open[up] ?? -1;
    const value = graph.value[i] ?? 0;
    tree.parent[i] = parent;
    if (parent >= 0) {
      tree.start[i] = cursor[up] ?? 0;
      cursor[up] = (cursor[up] ?? 0) + value;
      tree.self[parent] = (tree.self[parent] ?? 0) - value;
    }
    open.push(i);
    cursor.push(tree.start[i] ?? 0);
    tree.maxDepth = Math.max(tree.maxDepth, depth);
  }
  return tree;
}

export interface Frame {
  index: number;
  depth: number;
  /** Left edge and width as fractions of the whole width. */
  x: number;
  width: number;
  /** An ancestor of the frame that is zoomed into: drawn across the whole width. */
  above: boolean;
}

/** The frames at least minWidth wide (as a fraction) when focus fills the width, in pre-order. */
export function visible(tree: Tree, focus: number, minWidth: number): Frame[] {
  const frames: Frame[] = [];
  for (let up = tree.parent[focus] ?? -1; up >= 0; up = tree.parent[up] ?? -1) {
    frames.push({ index: up, depth: tree.graph.depth[up] ?? 0, x: 0, width: 1, above: true });
  }
  frames.reverse();
  const total = tree.graph.value[focus] ?? 0;
  if (total <= 0) return frames;
  const left = tree.start[focus] ?? 0;
  const end = tree.end[focus] ?? 0;
  for (let i = focus; i < end; ) {
    const width = (tree.graph.value[i] ?? 0) / total;
    if (width < minWidth) {
      i = tree.end[i] ?? end; // callees are narrower still
      continue;
    }
    frames.push({ index: i, depth: tree.graph.depth[i] ?? 0, x: ((tree.start[i] ?? 0) - left) / total, width, above: false });
    i++;
  }
  return frames;
}

export interface Match {
  /** Per name of the graph. */
  names: Uint8Array;
  frames: number;
  /** Value under matching frames, those inside one another counted once. */
  value: number;
}

/** Finds frames whose name contains the text, or matches it where it is a regular expression. Case does not matter. Null for no text. */
export function search(tree: Tree, text: string): Match | null {
  if (text.trim() === "") return null;
  const test = matcher(text.trim());
  const names = Uint8Array.from(tree.graph.names, (n) => (test(n) ? 1 : 0));
  let frames = 0;
  let value = 0;
  let covered = 0;
  for (let i = 0; i < tree.size; i++) {
    if (!names[tree.graph.name[i] ?? 0]) continue;
    frames++;
    if (i < covered) continue;
    value += tree.graph.value[i] ?? 0;
    covered = tree.end[i] ?? i;
  }
  return { names, frames, value };
}

function matcher(text: string): (name: string) => boolean {
  try {
    const re = new RegExp(text, "i");
    return (n) => re.test(n);
  } catch {
    const lower = text.toLowerCase(); // "(*Shard" is what people paste, and no regular expression
    return (n) => n.toLowerCase().includes(lower);
  }
}

export type Move = "up" | "down" | "left" | "right";

/** The frame that an arrow key leads to: caller, first callee (they are sorted by size), or neighbour. Stays when there is none. */
export function step(tree: Tree, from: number, move: Move): number {
  if (move === "up") return Math.max(0, tree.parent[from] ?? 0);
  if (move === "down") return from + 1 < (tree.end[from] ?? 0) ? from + 1 : from;
  if (move === "right") {
    const next = tree.end[from] ?? tree.size;
    return next < tree.size && tree.parent[next] === tree.parent[from] ? next : from;
  }
  const parent = tree.parent[from] ?? -1;
  let before = from;
  for (let i = parent + 1; parent >= 0 && i < from; i = tree.end[i] ?? tree.size) before = i;
  return before;
}
