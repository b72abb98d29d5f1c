import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, search, step, visible } from "../src/flame/layout";
import { change, shade } from "../src/flame/difference";
import { kindOf, kindOfGo, shortName } from "../src/flame/names";
import type { FlameGraph } from "../src/model";

// all 20 [ main 14 [ set 9 [ copy 9 [ set 2 ] ] get 5 ] gc 3 ]
const graph: FlameGraph = {
  label: "CPU", note: "", unit: "ns", scale: 1, sources: [], hot: [], where: [], before: [], after: [], changed: [],
  names: ["all", "main", "set", "copy", "get", "gc"],
  depth: [0, 1, 2, 3, 4, 2, 1],
  name: [0, 1, 2, 3, 2, 4, 5],
  value: [20, 14, 9, 9, 2, 5, 3],
};
const tree = decode(graph);

test("decode rebuilds parents, positions and own values", () => {
  assert.deepEqual([...tree.parent], [-1, 0, 1, 2, 3, 1, 0]);
  assert.deepEqual([...tree.start], [0, 0, 0, 0, 0, 9, 14]);
  assert.deepEqual([...tree.self], [3, 0, 0, 7, 2, 5, 3]);
  assert.deepEqual([...tree.end], [7, 6, 5, 5, 5, 6, 7]);
  assert.equal(tree.maxDepth, 4);
});

test("visible fills the width with the frame in focus, its callers above", () => {
  const frames = visible(tree, 2, 0);
  assert.deepEqual(frames.map((f) => [f.index, f.x, f.width, f.above]), [
    [0, 0, 1, true], [1, 0, 1, true], [2, 0, 1, false], [3, 0, 1, false], [4, 0, 2 / 9, false],
  ]);
});

test("visible leaves out what is too narrow, with its callees", () => {
  assert.deepEqual(visible(tree, 0, 0.2).map((f) => f.index), [0, 1, 2, 3, 5]);
});

test("search counts nested matches once and takes text that is no regular expression", () => {
  const match = search(tree, "SET");
  assert.deepEqual([match?.frames, match?.value], [2, 9]);
  assert.equal(search(tree, "^get$")?.value, 5);
  assert.equal(search(tree, "(*")?.value, 0);
  assert.equal(search(tree, "  "), null);
});

test("arrow keys walk the tree and stop at its edges", () => {
  assert.equal(step(tree, 0, "down"), 1);
  assert.equal(step(tree, 1, "right"), 6);
  assert.equal(step(tree, 6, "left"), 1);
  assert.equal(step(tree, 5, "left"), 2);
  assert.equal(step(tree, 4, "down"), 4);
  assert.equal(step(tree, 0, "up"), 0);
  assert.equal(step(tree, 6, "right"), 6);
});

test("function names are shortened to package and function", () => {
  assert.equal(shortName("redline/server/internal/keyspace.(*Shard).Get"), "keyspace.(*Shard).Get");
  assert.equal(shortName("slices.SortFunc[go.shape.[]a/b.T]"), "slices.SortFunc");
  assert.equal(shortName("runtime.futex"), "runtime.futex");
  assert.equal(shortName("[redis-server]"), "[redis-server]");
});

test("functions are told apart by kind", () => {
  const cases: [string, string][] = [
    ["redline/server/internal/dict.(*Dict).Find", "project"], ["main.main", "project"], ["github.com/x/y.F", "library"],
    ["golang.org/x/sys/unix.Write", "system"], ["syscall.Syscall", "system"], ["internal/runtime/syscall.Syscall6", "system"],
    ["runtime.mallocgc", "collector"], ["runtime.gcBgMarkWorker", "collector"], ["runtime.schedule", "runtime"],
    ["net/http.(*conn).serve", "standard"], ["bufio.(*Reader).Read", "standard"], ["all", "runtime"], ["(smaller frames)", "other"],
  ];
  for (const [name, want] of cases) assert.equal(kindOfGo(name), want, name);
});

test("a program in C is told from its libraries, its allocator and the kernel", () => {
  const names = ["dictFind", "je_malloc", "zfree", "memcpy", "__x64_sys_write", "tcp_sendmsg", "main", "(smaller frames)", "0x55d0"];
  const where = ["", "", "", "", "", "[kernel.kallsyms]", "", "", ""];
  assert.deepEqual(kindOf(names, where), ["project", "collector", "collector", "standard", "system", "system", "project", "other", "runtime"]);
  assert.deepEqual(kindOf(["readQueryFromClient", "writeToClient", "__GI___libc_write", "read"], ["", "", "", ""]), ["project", "project", "standard", "standard"]);
  assert.deepEqual(kindOf(["runtime.futex", "memeqbody"], ["", ""]), ["system", "runtime"]);
});

test("a frame is shaded by how far its sides differ, unless it is tiny", () => {
  assert.deepEqual([shade(100, 100, 1000), shade(100, 108, 1000), shade(100, 150, 1000), shade(0, 100, 1000)], [0, 1, 2, 3]);
  assert.deepEqual([shade(150, 100, 1000), shade(100, 0, 1000)], [-2, -3]);
  assert.equal(shade(0, 1, 1e6), 0);
  assert.equal(shade(0, 0, 0), 0);
});

test("a change is told in words", () => {
  const plain = (s: string): string => s.replaceAll("\u202f", " ").replaceAll("\u2212", "-");
  assert.equal(plain(change(120, 150, "ns")), "120 ns before, 150 ns after (+25 %)");
  assert.equal(plain(change(100, 50, "ns")), "100 ns before, 50 ns after (-50 %)");
  assert.equal(plain(change(0, 50, "ns")), "0 before, 50 ns after (new)");
  assert.equal(plain(change(50, 50, "ns")), "50 ns before, 50 ns after (no change)");
});
