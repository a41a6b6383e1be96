import { parseArgs } from "node:util";

export const PARTS = ["generators", "openstack", "nezha"] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly seeds: readonly number[];
  readonly json: string | null;
  readonly parts: readonly Part[];
  readonly settings: Readonly<Record<string, string>>;
  readonly data: string | null;
}

export const USAGE = `usage: npm run bench:detection -- [--seeds 1-5] [--json FILE] [--only PART] [--set KEY=VALUE …] [--data FOLDER]

  --seeds   seeds of the workload generators: 1-5 (the default), 3, or 1,4,7-9
  --json    also write every figure, every missed fault and every false alert to FILE
  --only    ${PARTS.join(", ")}; may be repeated
  --set     any setting of the product by its environment name; may be repeated
  --data    folder of the recorded incidents, default ../shared/data/incidents from the project's root`;

const MAX_SEEDS = 1_000;

/** `1-5`, `3`, `1,4,7-9`; null for anything else. */
export function parseSeeds(text: string): readonly number[] | null {
  const seeds = text.split(",").flatMap((part) => {
    const match = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim());
    if (match === null) return [Number.NaN];
    const [low, high] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (high < low || high - low >= MAX_SEEDS) return [Number.NaN];
    return Array.from({ length: high - low + 1 }, (_, i) => low + i);
  });
  return seeds.some((seed) => Number.isNaN(seed)) ? null : [...new Set(seeds)];
}

const OPTIONS = {
  seeds: { type: "string", default: "1-5" },
  json: { type: "string" },
  only: { type: "string", multiple: true },
  set: { type: "string", multiple: true },
  data: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** The options, or what is wrong with them. */
export function parseArguments(argv: readonly string[]): BenchOptions | string {
  const parsed = valuesOf(argv);
  if (typeof parsed === "string") return parsed;
  const { seeds: seedText, json = null, only = [], set = [], data = null, help } = parsed;
  if (help === true) return USAGE;
  const seeds = parseSeeds(seedText);
  if (seeds === null) return `--seeds ${seedText}: numbers and ranges, such as 1-5`;
  const parts = PARTS.filter((part) => only.length === 0 || only.includes(part));
  if (only.some((name) => !PARTS.some((part) => part === name)))
    return `--only ${only.join(" ")}: one of ${PARTS.join(", ")}`;
  const settings: Record<string, string> = {};
  for (const pair of set) {
    const equals = pair.indexOf("=");
    if (equals < 1) return `--set ${pair}: expected KEY=VALUE`;
    settings[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return { seeds, json, parts, settings, data };
}

function valuesOf(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS }).values;
  } catch (error) {
    return error instanceof Error ? error.message : "bad arguments";
  }
}
