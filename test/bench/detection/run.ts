import { access, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArguments, USAGE, type BenchOptions } from "./arguments.ts";
import { verdictOf, type Bar } from "./bars.ts";
import { byBand, byBlame, byDensity, byFault, generatorLeaveOuts, scenarioFigures } from "./figures.ts";
import {
  DAYS_FROM_THE_FIRST,
  DEFAULT_SIZE,
  runGenerator,
  SCENARIOS,
  type RunScores,
  type Scenario,
} from "./generators.ts";
import type { LeaveOut } from "./leave-out.ts";
import { BadSettings, type Settings } from "./product.ts";
import { realFigures, realLeaveOuts, VARIANTS, type SetName, type Variant } from "./real/figures.ts";
import { nezhaReplay, openstackTestbeds } from "./real/labels.ts";
import type { Labelled } from "./real/rates.ts";
import { joinedReal } from "./real/rates.ts";
import { readTimeline, runTimeline } from "./real/timeline.ts";
import { barsText, leaveOutText, realText, scenarioText } from "./report.ts";
import { leaveOutBar, realBars, sameBar, scenarioBars } from "./requirements.ts";
import { compareWithRecords } from "./same-alerts.ts";

const OURS = "Tocsin";
const CLASSIC = "classic rules, all services";
const DATA = fileURLToPath(new URL("../../../../shared/data/incidents", import.meta.url));

/** What is said on the screen and written to the file. */
interface Outcome {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly bars: readonly Bar[];
  readonly leaveOuts: readonly LeaveOut[];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Beside the result, which must be the same every time. */
function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const before = cpuSeconds();
  const value = await work();
  tell(`${what}: ${(cpuSeconds() - before).toFixed(1)} CPU-seconds`);
  return value;
}

/** The original rules over all services are slow to drive and told soon: one scenario is enough for them. */
function productRuns(settings: Settings, hasClassic: boolean): Readonly<Record<string, Settings>> {
  const ours = { [OURS]: { TOCSIN_DETECTORS: "all", ...settings } };
  return hasClassic ? { ...ours, [CLASSIC]: { ...settings, TOCSIN_DETECTORS: "classic" } } : ours;
}

async function scenarioOutcome(scenario: Scenario, { seeds, settings }: BenchOptions): Promise<Outcome> {
  const runs: RunScores[] = [];
  for (const seed of seeds) {
    const products = productRuns(settings, scenario === "A");
    const run = (): Promise<RunScores> => runGenerator(scenario, seed, DEFAULT_SIZE, products);
    runs.push(await timed(`generator ${scenario}, seed ${seed}`, run));
  }
  const figures = scenarioFigures(scenario, runs, OURS);
  const { ours, detectors } = figures;
  return {
    text: scenarioText(figures),
    json: {
      scenario,
      detectors,
      byFault: byFault(ours),
      byBand: byBand(ours),
      byDensity: byDensity(ours),
      byBlame: byBlame(ours),
      missed: ours.faults.filter(({ isDetectable, hitMs }) => isDetectable && hitMs === null),
      found: ours.faults.filter(({ hitMs }) => hitMs !== null),
      falseAlarms: ours.falseAlarms,
    },
    bars: scenarioBars(figures),
    leaveOuts: generatorLeaveOuts(figures),
  };
}

async function recordsOutcome({ seeds, settings }: BenchOptions): Promise<Outcome> {
  const [ours = {}] = Object.values(productRuns(settings, false));
  const same = await timed("record by record", () => compareWithRecords(seeds[0] ?? 1, ours));
  return { text: "", json: { same }, bars: [sameBar(same)], leaveOuts: [] };
}

type Timeline = { readonly path: string; readonly labelled: Labelled };

/** Each file is read once, and forgotten before the next. */
async function realOutcomes(
  set: SetName,
  timelines: readonly Timeline[],
  { seeds, settings }: BenchOptions,
): Promise<readonly Outcome[]> {
  const products = productRuns(settings, true);
  const alarms = new Map(
    VARIANTS.map((variant) => [variant, [] as Parameters<typeof realFigures>[2][number][]]),
  );
  for (const { path, labelled } of timelines) {
    await timed(`${set} ${labelled.name}`, async () => {
      const chunks = await readTimeline(path);
      for (const variant of VARIANTS) {
        const backgroundSeed = variant === "as recorded" ? null : (seeds[0] ?? 1);
        const found = await runTimeline({ chunks, backgroundSeed, products });
        alarms.get(variant)?.push({ labelled, alarms: found });
      }
    });
  }
  return VARIANTS.map((variant) => realOutcome(set, variant, alarms.get(variant) ?? []));
}

function realOutcome(set: SetName, variant: Variant, timelines: Parameters<typeof realFigures>[2]): Outcome {
  const figures = realFigures(set, variant, timelines, OURS);
  const { faults, falseHits } = joinedReal(figures.ours);
  return {
    text: realText(figures),
    json: { set, variant, detectors: figures.detectors, faults, falseHits },
    bars: realBars(figures, OURS),
    leaveOuts: realLeaveOuts(figures),
  };
}

async function hasFolder(folder: string): Promise<boolean> {
  return access(folder).then(
    () => true,
    () => false,
  );
}

async function realPart(set: SetName, options: BenchOptions): Promise<readonly Outcome[]> {
  const folder = `${options.data ?? DATA}/${set === "openstack" ? "openstack-fi" : "nezha-tt-replay"}`;
  if (!(await hasFolder(folder))) {
    const text = `\n${set}: SKIPPED, there is no folder ${folder}`;
    return [{ text, json: { set, skipped: "no data" }, bars: [], leaveOuts: [] }];
  }
  const timelines = set === "openstack" ? await openstackTestbeds(folder) : [await nezhaReplay(folder)];
  return realOutcomes(set, timelines, options);
}

async function outcomesOf(options: BenchOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const show = (outcome: Outcome): void => {
    if (outcome.text !== "") process.stdout.write(`${outcome.text}\n`);
    outcomes.push(outcome);
  };
  if (options.parts.includes("generators")) {
    for (const scenario of SCENARIOS) show(await scenarioOutcome(scenario, options));
    show(await recordsOutcome(options));
  }
  for (const set of ["openstack", "nezha"] as const) {
    if (!options.parts.includes(set)) continue;
    for (const outcome of await realPart(set, options)) show(outcome);
  }
  return outcomes;
}

async function main(): Promise<number> {
  const options = parseArguments(process.argv.slice(2));
  if (typeof options === "string") {
    tell(options === USAGE ? USAGE : `${options}\n\n${USAGE}`);
    return options === USAGE ? 0 : 2;
  }
  const { services, newServices, trainDays, testDays } = DEFAULT_SIZE;
  const size = `${services} services and ${newServices} new ones, ${trainDays} days without faults and ${testDays} with, judged once per pane of 10 s; from day 1: ${DAYS_FROM_THE_FIRST} days with faults`;
  process.stdout.write(`seeds ${options.seeds.join(" ")}; per seed and generator: ${size}\n`);
  const outcomes = await outcomesOf(options);
  const leaveOuts = outcomes.flatMap((outcome) => outcome.leaveOuts);
  const bars = [...outcomes.flatMap((outcome) => outcome.bars), leaveOutBar(leaveOuts)];
  process.stdout.write(`${leaveOutText(leaveOuts)}\n${barsText(bars)}\n`);
  tell(`all: ${cpuSeconds().toFixed(0)} CPU-seconds`);
  if (options.json !== null) {
    const judged = bars.map((bar) => ({ ...bar, reached: verdictOf(bar) }));
    const { seeds, settings } = options;
    const all = {
      seeds,
      settings,
      size: DEFAULT_SIZE,
      bars: judged,
      leaveOuts,
      parts: outcomes.map(({ json }) => json),
    };
    await writeFile(options.json, `${JSON.stringify(all, null, 1)}\n`);
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof BadSettings)) throw error;
  tell(error.message);
  process.exitCode = 2;
}
