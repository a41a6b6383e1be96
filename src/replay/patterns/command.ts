import { FORMATS } from "../../source/format.ts";
import { fileProblem, formatOf, parseOptions, type InputOptions } from "../input-options.ts";

export interface PatternsOptions extends InputOptions {
  readonly json: boolean;
  /** One line per record instead of one per pattern. */
  readonly assign: boolean;
  /** Each record's pattern as it was when the record came, not as it is at the end. */
  readonly online: boolean;
  /** Names records that say nothing themselves; "" for none. */
  readonly service: string;
  /** Patterns listed at most; 0 for all. Lists for people only. */
  readonly limit: number;
  /** Lines shown below each pattern. */
  readonly examples: number;
}

export type PatternsArguments =
  | { readonly kind: "patterns"; readonly options: PatternsOptions }
  | { readonly kind: "help" }
  /** `message` is one or more lines for people; the exit code is 2. */
  | { readonly kind: "usage"; readonly message: string };

export const DEFAULT_LIMIT = 50;
export const MAX_EXAMPLES = 5;

export const PATTERNS_USAGE = `usage: tocsin patterns [options] FILE…

Lists the message templates in stored logs, most frequent first.
FILE is a log file, plain or gzip; - is stdin. Plain text needs no description: time, level and logger are found.

  --examples N       so many of the lines under each pattern (0 to ${MAX_EXAMPLES}, default 0)
  --limit N          so many patterns (default ${DEFAULT_LIMIT}; 0 for all)
  --json             one pattern per line as JSON, all of them
  --assign           one line per record: its number, its pattern's id and template
  --online           with --assign: the patterns as they were when the record came
  --format FORMAT    auto (default), ${FORMATS.join(", ")}
  --service NAME     the service of records that name none
  --help             this text`;

/** The arguments after `tocsin patterns`. */
export function parsePatternsArguments(argv: readonly string[]): PatternsArguments {
  const parsed = parseOptions(argv, OPTIONS);
  if (typeof parsed === "string") return usage(parsed);
  const { values, positionals: files } = parsed;
  if (values.help === true) return { kind: "help" };
  const options = optionsOf(values, files);
  return typeof options === "string" ? usage(options) : { kind: "patterns", options };
}

type Values = Exclude<ReturnType<typeof parseOptions<typeof OPTIONS>>, string>["values"];

/** The options, or what is wrong with them. */
function optionsOf(values: Values, files: readonly string[]): PatternsOptions | string {
  const { json = false, assign = false, online = false, service = "" } = values;
  const format = formatOf(values.format);
  if (typeof format === "string") return format;
  const limit = wholeNumber(values.limit, DEFAULT_LIMIT, Number.MAX_SAFE_INTEGER);
  if (limit === null) return `--limit ${values.limit ?? ""}: a whole number, 0 for all`;
  const examples = wholeNumber(values.examples, 0, MAX_EXAMPLES);
  if (examples === null) return `--examples ${values.examples ?? ""}: a number from 0 to ${MAX_EXAMPLES}`;
  const wrong = online && !assign ? "--online goes with --assign" : fileProblem(files);
  if (wrong !== null) return wrong;
  return { files, ...format, json, assign, online, service: service.trim(), limit, examples };
}

function usage(problem: string): PatternsArguments {
  return { kind: "usage", message: `tocsin patterns: ${problem}\n\n${PATTERNS_USAGE}` };
}

const OPTIONS = {
  json: { type: "boolean" },
  assign: { type: "boolean" },
  online: { type: "boolean" },
  format: { type: "string" },
  service: { type: "string" },
  limit: { type: "string" },
  examples: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

function wholeNumber(text: string | undefined, missing: number, max: number): number | null {
  if (text === undefined) return missing;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return value <= max ? value : null;
}
