import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { settingsTable } from "../src/config.ts";

const ROOT = new URL("../", import.meta.url);
const readme = readFileSync(new URL("README.md", ROOT), "utf8");

function between(marker: string): string {
  const [, text = ""] = new RegExp(`<!-- ${marker} -->\\n([^]*?)<!-- /${marker} -->`).exec(readme) ?? [];
  return text.trim();
}

test("the settings in the README are those of the schema", () => {
  expect(between("settings")).toBe(settingsTable().trim());
});

test("every path that the README names exists", () => {
  const links = [...readme.matchAll(/\]\(([a-z][^):]*)\)/g)].map(([, path = ""]) => path);
  const code = [...readme.matchAll(/`((?:src|test|otel-config|migrations|\.ci)\/[^`*\s]+)`/g)].map(
    ([, path = ""]) => path,
  );
  const missing = [...links, ...code].filter((path) => !existsSync(new URL(path, ROOT)));
  expect(missing).toEqual([]);
});

test("every npm script that the README tells users to run exists", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as {
    scripts: Record<string, string>;
  };
  const told = [...readme.matchAll(/npm (?:run (?:-s )?)?([a-z:-]+)/g)].map(([, name = ""]) => name);
  const missing = told.filter((name) => name !== "ci" && scripts[name] === undefined);
  expect(missing).toEqual([]);
});
