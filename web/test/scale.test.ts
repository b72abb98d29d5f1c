import assert from "node:assert/strict";
import { test } from "node:test";
import { linear, linearTicks, log, logTicks, nines, ninesFor, quantileAt } from "../src/scale";

test("scales invert", () => {
  for (const scale of [linear(2, 8, 100, 0), log(1e3, 1e9, 0, 600)]) {
    for (const v of [2.5e3, 4e5].map((x) => Math.min(x, 1e9))) assert.ok(Math.abs(scale.invert(scale(v)) / v - 1) < 1e-9);
  }
});

test("a log scale keeps values below its domain on its low end", () => {
  assert.equal(log(10, 1000, 0, 100)(1), 0);
});

test("log ticks thin out to powers of ten", () => {
  assert.deepEqual(logTicks(1, 10, 10), [1, 2, 5, 10]);
  assert.deepEqual(logTicks(1, 1000, 5), [1, 10, 100, 1000]);
  assert.deepEqual(logTicks(3, 9, 10), [5]);
});

test("linear ticks are round and within the range", () => {
  assert.deepEqual(linearTicks(0, 10, 5), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(linearTicks(0, 0.3, 3), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(linearTicks(5, 5, 5), [5]);
  assert.deepEqual(linearTicks(0, 50 * 2 ** 20, 4, 2), [0, 2 ** 24, 2 ** 25, 3 * 2 ** 24]);
});

test("every nine is one step of the percentile axis", () => {
  assert.equal(nines(1, 5), 0);
  assert.ok(Math.abs(nines(0.01, 5) - 2) < 1e-9);
  assert.equal(nines(0, 5), 5);
  assert.ok(Math.abs(quantileAt(3) - 0.999) < 1e-9);
  assert.deepEqual([1, 5_000, 1e6, 1e12].map(ninesFor), [2, 4, 6, 7]);
});
