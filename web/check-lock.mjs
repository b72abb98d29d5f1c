// Fails when the lock file names the registry it was made with: the build must work with whichever one a reader uses.
import { readFile } from "node:fs/promises";

const lock = await readFile(new URL("package-lock.json", import.meta.url), "utf8");
const lines = lock.split("\n").filter((line) => line.includes('"resolved"'));
if (lines.length > 0) {
  console.error(`package-lock.json names hosts (${lines.length} lines); remove it and run npm install, .npmrc leaves them out`);
  process.exitCode = 1;
}
