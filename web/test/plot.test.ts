import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plot, Strip, XYLine } from "../src/model";
import { nearest, pairs, rangeOf } from "../src/plot";
import { linear } from "../src/scale";
import { indexAt, level } from "../src/strips";

const line = (points: (number | null)[], draw: XYLine["draw"] = "both"): XYLine => ({ label: "", tone: "a", dash: false, draw, points });
const plot = (lines: XYLine[], log = false): Plot => ({
  title: "", note: "", x: { label: "", unit: "count", log: false }, y: { label: "", unit: "ns", log }, lines, sources: [],
  marks: [{ axis: "x", label: "", tone: "b", value: 5, low: 4, high: 12 }],
});

test("pairs leave gaps out", () => {
  assert.deepEqual(pairs(line([1, 10, 2, null, 3, 30])), [[1, 10], [3, 30]]);
});

test("axes span lines, bands and intervals of marks", () => {
  const p = plot([line([1, 10, 8, 90]), line([2, 5, 200], "band")]);
  assert.deepEqual(rangeOf(p, "x"), [0, 12 * 1.06]);
  assert.deepEqual(rangeOf(p, "y"), [0, 200 * 1.06]);
});

test("a logarithmic axis has room around what is there, and is safe for nothing", () => {
  const [lo, hi] = rangeOf(plot([line([1, 10, 8, 1000])], true), "y");
  assert.ok(lo < 10 && lo > 5 && hi > 1000 && hi < 2000);
  assert.deepEqual(rangeOf(plot([], true), "y"), [1, 10]);
  assert.deepEqual(rangeOf(plot([line([1, 10])], true), "y"), [5, 20]);
});

test("a pointer finds the nearest point and no band", () => {
  const same = linear(0, 100, 0, 100);
  const a = line([10, 10, 50, 50]);
  assert.deepEqual(nearest([a, line([52, 40, 60], "band")], 52, 51, same, same)?.point, [50, 50]);
  assert.equal(nearest([a], 90, 10, same, same), null);
});

test("levels of a strip go from nothing to full", () => {
  assert.deepEqual([0, 0.01, 0.5, 1, 7].map((v) => level(v, 1, 7)), [0, 1, 3, 6, 6]);
  assert.equal(level(null, 1, 7), null);
  assert.equal(level(3, 0, 7), 0);
});

test("a time finds the newest value at or before it", () => {
  const strip: Strip = { resource: "", aspect: "", label: "", unit: "ratio", full: 1, mean: 0, max: 0, times: [1, 2, 4], values: [1, 2, 3] };
  assert.deepEqual([0.5, 1, 3, 9].map((s) => indexAt(strip, s)), [-1, 0, 1, 2]);
});
