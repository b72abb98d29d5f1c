// Reading the sparse columns of a heat map.
import type { HeatMap, HeatView } from "./model";

/** Requests in a cell. */
export function count(view: HeatView, column: number, row: number): number {
  const cells = view.columns[column];
  if (!cells || cells.length === 0) return 0;
  const i = row - (cells[0] ?? 0) + 1;
  return i < 1 ? 0 : (cells[i] ?? 0);
}

/** Requests in the fullest cell. */
export function peak(view: HeatView): number {
  let most = 0;
  for (const cells of view.columns) for (let i = 1; i < cells.length; i++) most = Math.max(most, cells[i] ?? 0);
  return most;
}

/** The cell at a time in seconds and a latency in ns; null outside the map. */
export function cellAt(map: HeatMap, view: HeatView, seconds: number, ns: number): { column: number; row: number } | null {
  const column = Math.floor((seconds - map.start) / map.step);
  const row = Math.floor(Math.log(ns / map.low) / Math.log(map.ratio) + 1e-9);
  if (column < 0 || column >= view.columns.length || row < 0 || row >= map.rows) return null;
  return { column, row };
}
