import { FORMATS } from "../source/format.ts";
import { fileProblem, formatOf, parseOptions, type InputOptions } from "./input-options.ts";

export interface ReplayOptions extends InputOptions {
  readonly json: boolean;
  /** Alerts as they stood at the end, not at their opening. */
  readonly final: boolean;
  /** Claude explains each alert, where a key is set. */
  readonly analyze: boolean;
  /** Names records that say nothing themselves; "" for none. */
  readonly service: string;
  /** From `--set`, by environment name; the last of a name counts. */
  readonly settings: ReadonlyMap<string, string>;
}

export type ReplayArguments =
  | { readonly kind: "replay"; readonly options: ReplayOptions }
  | { readonly kind: "help" }
  /** `message` is one or more lines for people; the exit code is 2. */
  | { readonly kind: "usage"; readonly message: string };

export const REPLAY_USAGE = `usage: tocsin replay [options] FILE…

Runs stored logs through the engine, time taken from the records, and prints the alerts it would have raised.
FILE is a log file, plain or gzip; - is stdin. Several files are merged by time.

  --json             one alert per line on stdout, as it stood when it opened
  --final            alerts as they stood at the end
  --analyze          Claude explains each alert (ANTHROPIC_API_KEY); sends redacted evidence to it
  --format FORMAT    auto (default), ${FORMATS.join(", ")}
  --service NAME     the service of records that name none
  --set KEY=VALUE    any setting by its environment name, such as --set TOCSIN_WINDOW=1m; may be repeated
  --help             this text`;

/** The arguments after `tocsin replay`. */
export function parseReplayArguments(argv: readonly string[]): ReplayArguments {
  const parsed = parseOptions(argv, OPTIONS);
  if (typeof parsed === "string") return usage(parsed);
  const { values, positionals: files } = parsed;
  if (values.help === true) return { kind: "help" };
  const format = formatOf(values.format);
  if (typeof format === "string") return usage(format);
  const settings = settingsOf(values.set ?? []);
  if (typeof settings === "string") return usage(settings);
  const problem = fileProblem(files);
  if (problem !== null) return usage(problem);
  const { json = false, final = false, analyze = false, service = "" } = values;
  return {
    kind: "replay",
    options: { files, ...format, json, final, analyze, service: service.trim(), settings },
  };
}

function usage(problem: string): ReplayArguments {
  return { kind: "usage", message: `tocsin replay: ${problem}\n\n${REPLAY_USAGE}` };
}

const OPTIONS = {
  json: { type: "boolean" },
  final: { type: "boolean" },
  analyze: { type: "boolean" },
  format: { type: "string" },
  service: { type: "string" },
  set: { type: "string", multiple: true },
  help: { type: "boolean", short: "h" },
} as const;

function settingsOf(pairs: readonly string[]): ReadonlyMap<string, string> | string {
  const settings = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    if (equals < 1) return `--set ${pair}: expected KEY=VALUE, such as --set TOCSIN_WINDOW=1m`;
    settings.set(pair.slice(0, equals).trim(), pair.slice(equals + 1).trim());
  }
  return settings;
}
