import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { labelledSystems, type LabelledSystem } from "./patterns-data.ts";
import { runDrain3, type PeerRun } from "./patterns-drain3.ts";
import { bodiesOf, mine } from "./patterns-mining.ts";
import { PUBLISHED } from "./patterns-published.ts";
import { scoreGrouping, shareOfChangedLines, type GroupingScore } from "./patterns-score.ts";
import { byteLines, measureSpeed, mixedLines } from "./patterns-speed.ts";
import { loadNote, render, type Measured, type Table } from "./table.ts";

const USAGE = `usage: npm run bench:patterns -- --data FOLDER [--online] [--check]

  --data    a folder as LogHub lays it out: <System>/<System>_2k.log and .log_structured.csv
  --online  score every line with the template that it had when it arrived
  --check   exit 1 where a bar is missed`;

const ORDERS = 3;
const RAW = "raw lines";
/** Of the mixed lines: Drain3 as it comes, and masking variables as we do. */
const DEFAULTS = "Drain3, defaults (masks nothing)";
const MASKED = "Drain3, its example masks";

interface SystemScore {
  readonly name: string;
  readonly content: GroupingScore;
  readonly online: GroupingScore;
  readonly raw: GroupingScore;
  /** Share of lines whose group another order of the lines changes. */
  readonly shuffled: number;
}

function scoreSystem({ name, contents, raw, events }: LabelledSystem): SystemScore {
  const { online, final } = mine(contents);
  const changed = Array.from({ length: ORDERS }, (_, seed) => {
    const order = shuffledIndexes(contents.length, seed + 1);
    const found = mine(order.map((line) => contents[line] ?? "")).final;
    const back = Array<string>(contents.length).fill("");
    for (const [position, line] of order.entries()) back[line] = found[position] ?? "";
    return shareOfChangedLines(final, back);
  });
  return {
    name,
    content: scoreGrouping(final, events),
    online: scoreGrouping(online, events),
    raw: scoreGrouping(mine(bodiesOf(raw)).final, events),
    shuffled: Math.max(...changed),
  };
}

/** Fisher and Yates, over a linear congruential generator: the same orders in every run. */
function shuffledIndexes(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  let state = seed;
  for (let at = count - 1; at > 0; at--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function fixed(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "–" : value.toFixed(3);
}

/** Per system: ours by content, online and raw, beside what others reach. */
function accuracyTable(
  scores: readonly SystemScore[],
  drain3: ReadonlyMap<string, PeerRun> | string,
  systems: readonly LabelledSystem[],
): string {
  const ours = (pick: (score: SystemScore) => number): readonly number[] => scores.map(pick);
  const peer = (suffix: string): readonly number[] =>
    systems.map(({ name, events }) => {
      const run = typeof drain3 === "string" ? undefined : drain3.get(name + suffix);
      return run === undefined ? Number.NaN : scoreGrouping(run.groups, events).ga;
    });
  const rows: (readonly [string, readonly number[]])[] = [
    ["Tocsin GA", ours(({ content }) => content.ga)],
    ["Tocsin GA --online", ours(({ online }) => online.ga)],
    ["Tocsin FGA", ours(({ content }) => content.fga)],
    ["Tocsin GA, raw lines", ours(({ raw }) => raw.ga)],
    ["Drain3 GA, this run", peer("")],
    ["Drain3 GA, raw, this run", peer(` ${RAW}`)],
    ...PUBLISHED.map(({ name, input, ga }): readonly [string, readonly number[]] => [
      `${name} GA${input === "raw" ? ", raw" : ""}, published`,
      scores.map((score) => ga[score.name] ?? Number.NaN),
    ]),
  ];
  const head = ["", ...scores.map(({ name }) => name), "average"];
  const body = rows.map(([name, values]) => [name, ...values.map(fixed), fixed(mean(values))]);
  const widths = head.map((_, column) =>
    Math.max(...[head, ...body].map((line) => (line[column] ?? "").length)),
  );
  return [head, ...body]
    .map((line) =>
      line
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join("  "),
    )
    .join("\n");
}

function bar(
  what: string,
  value: number,
  unit: string,
  against: number,
  better: "higher" | "lower" = "higher",
): Measured {
  return { what, value, unit, better, from: "one configuration", against: { name: "bar", value: against } };
}

/** Labels there hold one user's name constant beside variable hosts: no system is bound by it. */
const EXCUSED = "Linux";

function accuracyBars(scores: readonly SystemScore[]): Table {
  const bound = scores.filter(({ name }) => name !== EXCUSED);
  const lowest = bound.toSorted((a, b) => a.content.ga - b.content.ga)[0];
  const content = mean(scores.map((score) => score.content.ga));
  const online = mean(scores.map((score) => score.online.ga));
  const leftOut = scores.map(({ name }) =>
    mean(scores.filter((score) => score.name !== name).map((score) => score.content.ga)),
  );
  return {
    title: "accuracy against the bars",
    rows: [
      bar("average GA, content", content, "GA", 0.94),
      bar(`lowest GA but ${EXCUSED} (${lowest?.name ?? "none"})`, lowest?.content.ga ?? 0, "GA", 0.9),
      bar("average GA, raw lines", mean(scores.map((score) => score.raw.ga)), "GA", 0.88),
      bar("online, off the final average", Math.abs(content - online), "GA", 0.02, "lower"),
      bar(
        "lines that another order regroups",
        mean(scores.map(({ shuffled }) => shuffled)),
        "share",
        0.02,
        "lower",
      ),
    ],
    notes: [
      `No setting is fitted to a system, so leaving one out changes nothing but the average: ${fixed(Math.min(...leftOut))} to ${fixed(Math.max(...leftOut))}.`,
    ],
  };
}

interface MemoryUse {
  readonly templates: number;
  readonly bytes: number;
}

function measureMemory(): MemoryUse {
  const script = join(import.meta.dirname, "patterns-memory.ts");
  const { stdout } = spawnSync(process.execPath, [script], { encoding: "utf8", timeout: 120_000 });
  return JSON.parse(stdout) as MemoryUse;
}

function speedTable(lines: readonly string[], drain3: ReadonlyMap<string, PeerRun> | string): Table {
  const { steady, cold } = measureSpeed(byteLines(lines));
  const memory = measureMemory();
  const best = Math.max(...steady);
  const spread = (all: readonly number[]): string =>
    `best of ${all.length}, lowest ${Math.round(Math.min(...all)).toLocaleString("en")}`;
  const rows: Measured[] = [
    { ...bar("steady, from bytes", best, "lines/CPU-s", 1_000_000), from: spread(steady) },
    { ...bar("cold, empty miner", Math.max(...cold), "lines/CPU-s", 200_000), from: spread(cold) },
    {
      ...bar(
        `${memory.templates.toLocaleString("en")} templates`,
        memory.bytes / 1e6,
        "MB resident",
        60,
        "lower",
      ),
      from: "after collection",
    },
  ];
  for (const name of [DEFAULTS, MASKED]) {
    const peer = typeof drain3 === "string" ? undefined : drain3.get(name);
    if (peer === undefined) continue;
    const rate = lines.length / peer.cpuSeconds;
    rows.push({ ...bar(name, rate, "lines/CPU-s", 0), from: "same lines, same run", against: null });
    rows.push({ ...bar("steady, times that", best / rate, "×", 40), from: "same run" });
  }
  const notes = [
    `${lines.length.toLocaleString("en")} raw lines of 100 to 200 bytes, systems mixed; CPU time of the process`,
  ];
  return {
    title: "speed and memory",
    rows,
    notes: typeof drain3 === "string" ? [...notes, `skipped: ${drain3}`] : notes,
  };
}

function main(): number {
  const { values } = parseArgs({
    options: {
      data: { type: "string" },
      online: { type: "boolean" },
      check: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help === true || values.data === undefined) {
    process.stderr.write(`${USAGE}\n`);
    return values.help === true ? 0 : 2;
  }
  const systems = labelledSystems(values.data);
  if (systems.length === 0) {
    process.stdout.write(`skipped: no labelled systems in ${values.data}\n`);
    return values.check === true ? 1 : 0;
  }
  process.stdout.write(`node ${process.version}, ${loadNote("at the start")}\n`);
  const mixed = mixedLines(systems.map(({ raw }) => raw));
  const drain3 = runDrain3({
    ...Object.fromEntries(
      systems.flatMap(({ name, contents, raw }) => [
        [name, { lines: contents, masked: false }],
        [`${name} ${RAW}`, { lines: raw, masked: false }],
      ]),
    ),
    [DEFAULTS]: { lines: mixed, masked: false },
    [MASKED]: { lines: mixed, masked: true },
  });
  const scored = systems.map(scoreSystem);
  const scores =
    values.online === true ? scored.map((score) => ({ ...score, content: score.online })) : scored;
  const tables = [accuracyBars(scores), speedTable(mixed, drain3)];
  process.stdout.write(`\n${accuracyTable(scores, drain3, systems)}\n`);
  for (const table of tables) process.stdout.write(`${render(table)}\n`);
  const missed = tables.flatMap(({ rows }) => rows).some((row) => isBehind(row));
  return values.check === true && missed ? 1 : 0;
}

/** Bars of accuracy bind as they stand, those of speed as ratios. */
function isBehind({ value, against, better }: Measured): boolean {
  if (against === null) return false;
  return better === "higher" ? !(value >= against.value) : !(value <= against.value);
}

process.exitCode = main();
