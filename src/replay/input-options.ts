import { parseArgs, type ParseArgsConfig } from "node:util";
import { FORMATS, type Format } from "../source/format.ts";
import { STDIN } from "./bytes.ts";

/** What a verb that reads stored logs is told of them. */
export interface InputOptions {
  readonly files: readonly string[];
  readonly format: Format | "auto";
}

/** The options and files of a command line, or what is wrong with it. */
export function parseOptions<const T extends NonNullable<ParseArgsConfig["options"]>>(
  argv: readonly string[],
  options: T,
) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    // The parser's first sentence names the option; what follows explains how to escape it.
    return error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? error.message) : "bad arguments";
  }
}

/** The format by its name, `auto` where none was given; a text says what is wrong with it. */
export function formatOf(name = "auto"): { readonly format: Format | "auto" } | string {
  const format = name === "auto" ? name : FORMATS.find((one) => one === name);
  return format === undefined ? `--format ${name}: one of auto, ${FORMATS.join(", ")}` : { format };
}

/** Null where all of them can be read. */
export function fileProblem(files: readonly string[]): string | null {
  if (files.length === 0) return "no file given";
  return files.filter((file) => file === STDIN).length > 1 ? "- (stdin) can be read only once" : null;
}
