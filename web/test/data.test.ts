import assert from "node:assert/strict";
import { test } from "node:test";
import { extent, highest, valueAt } from "../src/curve";
import { cellAt, count, peak } from "../src/heat";
import type { Curve, HeatMap } from "../src/model";

const map: HeatMap = {
  kind: "heatmap", caption: "", start: 2, step: 0.5, low: 1000, ratio: 2, rows: 6, sources: [],
  views: [{ label: "", columns: [[2, 5, 0, 7], [], [0, 1]], p50: [], p99: [] }],
};
const view = map.views[0]!;

test("heat map columns are sparse", () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((row) => count(view, 0, row)), [0, 0, 5, 0, 7, 0]);
  assert.equal(count(view, 1, 3), 0);
  assert.equal(count(view, 9, 3), 0);
  assert.equal(peak(view), 7);
});

test("a position finds its cell", () => {
  assert.deepEqual(cellAt(map, view, 2.6, 4500), { column: 1, row: 2 });
  assert.deepEqual(cellAt(map, view, 2, 1000), { column: 0, row: 0 });
  assert.equal(cellAt(map, view, 1.9, 4500), null);
  assert.equal(cellAt(map, view, 2, 900), null);
  assert.equal(cellAt(map, view, 2, 64_000), null);
});

const curve: Curve = { label: "", tone: "a", dash: false, count: 1000, points: [1, 10, 0.5, 20, 0.01, 90, 0, 400] };

test("a percentile curve gives the value at or beyond a quantile", () => {
  assert.deepEqual([0, 0.3, 0.5, 0.99, 0.995, 1].map((q) => valueAt(curve, q)), [10, 20, 20, 90, 400, 400]);
});

test("extent is safe for an empty plot", () => {
  assert.deepEqual(extent([curve]), [10, 400]);
  assert.deepEqual(extent([]), [1, 10]);
});

test("the highest value ignores gaps", () => {
  assert.equal(highest([null, -3, -1, null]), -1);
  assert.equal(highest([null]), null);
});
