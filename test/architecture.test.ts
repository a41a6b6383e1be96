import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

/** In the order the data flows: a folder imports only from itself and from folders further up. */
const FOLDERS = [
  "log",
  "otlp",
  "source",
  "template",
  "window",
  "ingest",
  "baseline",
  "anomaly",
  "alert",
  "analysis",
  "notify",
  "store",
  "slack",
  "api",
  "console",
  "replay",
  "demo",
] as const;

/** Pure: they import nothing but each other. */
const CORE: readonly string[] = ["log", "source", "template", "window", "baseline", "anomaly", "alert"];

/** Files at the root that every shell folder may import. */
const SHARED: readonly string[] = ["clock.ts", "deadline.ts"];

const SOURCE = join(import.meta.dirname, "../src");
const IMPORT = /(?:\bfrom|\bimport\()\s*"([^"]+)"/g;

/** "" for a file at the root and for what composes the parts. */
function folderOf(path: string): string {
  const [folder = ""] = dirname(relative(SOURCE, path)).split("/");
  return FOLDERS.some((known) => known === folder) ? folder : "";
}

function broken(file: string, imported: string): boolean {
  const folder = folderOf(file);
  const core = CORE.includes(folder);
  if (folder === "") return false;
  if (!imported.startsWith(".")) return core;
  const target = join(dirname(file), imported);
  const to = folderOf(target);
  if (to === "") return core || !SHARED.includes(basename(target)) || dirname(target) !== SOURCE;
  if (core && !CORE.includes(to)) return true;
  return FOLDERS.findIndex((one) => one === to) > FOLDERS.findIndex((one) => one === folder);
}

test("a folder imports only from folders above it; at the root only the clock and the deadline", () => {
  const files = globSync("**/*.ts", { cwd: SOURCE }).map((file) => join(SOURCE, file));
  expect(files.length).toBeGreaterThan(50);
  const backward = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(IMPORT)]
      .map(([, imported = ""]) => imported)
      .filter((imported) => broken(file, imported))
      .map((imported) => `${relative(SOURCE, file)} imports ${imported}`),
  );
  expect(backward).toEqual([]);
});
