import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, digits, duration, format, quantileName, share } from "../src/format";

const plain = (s: string): string => s.replaceAll("\u202f", " ").replaceAll("\u00b5", "u");

test("digits keeps three significant digits and no exponent", () => {
  const cases: [number, string][] = [[0, "0"], [1234.5, "1,235"], [123.4, "123"], [12.345, "12.3"], [1.2345, "1.23"], [1.5, "1.5"], [0.01234, "0.0123"], [-2.5, "-2.5"], [1e-9, "0"]];
  for (const [v, want] of cases) assert.equal(digits(v), want);
});

test("duration picks the unit", () => {
  const cases: [number, string][] = [[0, "0"], [500, "500 ns"], [1500, "1.5 us"], [999_600, "1 ms"], [12_340_000, "12.3 ms"], [1.5e9, "1.5 s"], [600e9, "10 min"]];
  for (const [v, want] of cases) assert.equal(plain(duration(v)), want);
});

test("format writes each unit in its manner", () => {
  assert.equal(plain(format(21_400, "per_s")), "21.4 k/s");
  assert.equal(plain(format(999.7, "per_s")), "1 k/s");
  assert.equal(plain(format(1536, "bytes")), "1.5 KiB");
  assert.equal(plain(format(0.123, "ratio")), "12.3 %");
  assert.equal(plain(format(42, "count")), "42");
  assert.equal(plain(format(1.5, "cores")), "1.5");
  assert.equal(format(null, "ns"), "\u2013");
  assert.equal(format(Number.NaN, "ns"), "\u2013");
});

test("share never rounds something to nothing", () => {
  assert.equal(plain(share(1, 100_000)), "<0.01 %");
  assert.equal(plain(share(1, 3)), "33.3 %");
  assert.equal(plain(share(5, 5)), "100 %");
  assert.equal(share(1, 0), "\u2013");
});

test("quantiles and times have the names people use", () => {
  assert.deepEqual([0.5, 0.9, 0.999, 1].map(quantileName), ["p50", "p90", "p99.9", "max"]);
  assert.equal(quantileName(1 - 1e-5), "p99.999");
  assert.deepEqual([0, 12.5, 125].map((s) => plain(clock(s))), ["0 s", "12.5 s", "2:05"]);
});
