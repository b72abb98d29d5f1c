// Builds web/dist from web/src. The output depends only on the sources and the locked packages, so that
// --check can demand that the committed files are exactly what the sources give.
//
//   node build.mjs           write dist/
//   node build.mjs --check   build in memory, compare with dist/, exit 1 on a difference
//   node build.mjs --tests   bundle test/*.test.ts into build/tests for node --test
import { build } from "esbuild";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

/** The licence text of every package that ends up in the bundle, as a comment before it. */
async function notices() {
  const text = await readFile(join(here, "node_modules/uplot/LICENSE"), "utf8");
  return `/*! Includes uPlot.\n${text.trim()}\n*/`;
}

async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { report: "src/main.ts", style: "src/style.css" },
    outdir: "dist",
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: ["es2021", "chrome100", "firefox100", "safari15"],
    charset: "ascii",
    legalComments: "none",
    banner: { js: await notices() },
    logLevel: "warning",
  });
  return new Map(result.outputFiles.map((f) => [f.path.slice(dist.length + 1), f.text]));
}

async function check(files) {
  const stale = [];
  for (const [name, text] of files) {
    const committed = await readFile(join(dist, name), "utf8").catch(() => "");
    if (committed !== text) stale.push(name);
  }
  for (const name of await readdir(dist).catch(() => [])) {
    if (!files.has(name)) stale.push(`${name} (not built from anything)`);
  }
  if (stale.length === 0) return;
  console.error(`web/dist does not match web/src: ${stale.join(", ")}; run: npm --prefix web ci && npm --prefix web run build`);
  process.exitCode = 1;
}

async function tests() {
  const names = (await readdir(join(here, "test"))).filter((n) => n.endsWith(".test.ts")).sort();
  await build({
    absWorkingDir: here,
    entryPoints: names.map((n) => `test/${n}`),
    outdir: "build/tests",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    logLevel: "warning",
  });
}

if (process.argv.includes("--tests")) {
  await tests();
} else if (process.argv.includes("--check")) {
  await check(await bundle());
} else {
  await mkdir(dist, { recursive: true });
  for (const [name, text] of await bundle()) await writeFile(join(dist, name), text);
}
