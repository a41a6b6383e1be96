import { readFileSync } from "node:fs";

/** The package's version; the file lies one folder up from `src` and from `dist`. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
