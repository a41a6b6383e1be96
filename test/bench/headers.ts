import { parseArgs } from "node:util";
import { severityFromText } from "../../src/log/severity.ts";
import { BodyHeader } from "../../src/source/body-header.ts";
import { LEARN_LINES } from "../../src/source/header-reader.ts";
import { SeriesTable } from "../../src/source/series-table.ts";
import { TextParser, type NumberedRecord } from "../../src/source/text.ts";
import { cpuSecondsOf } from "./cpu.ts";
import { labelledSystems, type LabelledSystem } from "./patterns-data.ts";
import { isMissed, loadNote, render, type Measured, type Table } from "./table.ts";

const USAGE = `usage: npm run bench:headers -- --data FOLDER [--check]

  --data   a folder as LogHub lays it out: <System>/<System>_2k.log and .log_structured.csv
  --check  exit 1 where a bar is missed`;

const REPEATS = 20;
const MIN_LINES_PER_S = 300_000;
/** Times without a year need one; which does not matter here. */
const REFERENCE_MS = Date.parse("2025-01-01T00:00:00Z");
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function parse(lines: readonly string[]): ReadonlyMap<number, NumberedRecord> {
  const parser = new TextParser(new SeriesTable(), "", REFERENCE_MS);
  parser.learn(lines.slice(0, LEARN_LINES));
  const found = lines.map((line, index) => parser.push(line, index + 1));
  return new Map([...found, parser.end()].filter((one) => one !== null).map((one) => [one.line, one]));
}

/** The labels' words for the time, as far as they are about one. */
function timeWords({ columns }: LabelledSystem, line: number): string {
  return ["Month", "Date", "Day", "Time"].map((name) => columns.get(name)?.[line] ?? "").join(" ");
}

/** Month, day and clock stand in the labels' words in whatever order and form they are written. */
function isTime(timeMs: number, words: string, epoch: string | undefined): boolean {
  if (!Number.isFinite(timeMs)) return false;
  if (epoch !== undefined && /^\d{10}$/.test(epoch)) return Math.floor(timeMs / 1_000) === Number(epoch);
  const [date = "", clock = ""] = new Date(timeMs).toISOString().split("T");
  const [, month = "", day = ""] = date.split("-");
  const name = MONTHS[Number(month) - 1] ?? "";
  const [hour = "", minute = "", second = ""] = clock.split(/[:.]/);
  const digits = words.replaceAll(/\D/g, "");
  const hasDate = words.includes(name) ? words.includes(String(Number(day))) : digits.includes(month + day);
  return hasDate && digits.includes(hour + minute + second);
}

interface Score {
  readonly message: number;
  readonly time: number;
  /** NaN: the labels know no levels. */
  readonly level: number;
}

function scoreOf(system: LabelledSystem): Score {
  const { raw, contents, columns } = system;
  const records = parse(raw);
  const share = (
    isRight: (line: number, found: NumberedRecord) => boolean,
    among: readonly number[],
  ): number => {
    const right = among.filter((line) => {
      const found = records.get(line + 1);
      return found !== undefined && isRight(line, found);
    });
    return right.length / among.length;
  };
  const all = raw.map((_, line) => line);
  const levels = columns.get("Level") ?? [];
  const leveled = all.filter((line) => severityFromText(levels[line] ?? "") > 0);
  return {
    message: share((line, { record }) => record.body.trim() === (contents[line] ?? "").trim(), all),
    time: share(
      (line, { record }) => isTime(record.timeMs, timeWords(system, line), columns.get("Timestamp")?.[line]),
      all,
    ),
    level: share((line, { record }) => record.severity === severityFromText(levels[line] ?? ""), leveled),
  };
}

function percent(value: number): string {
  return Number.isNaN(value) ? "–" : `${(100 * value).toFixed(2)} %`;
}

function row(what: string, value: number, from: string): Measured {
  const against = { name: "bar", value: MIN_LINES_PER_S };
  return { what, value, unit: "lines/CPU-s", better: "higher", from, against };
}

/** The best round: what other work on the machine takes is not ours. */
function bestRate(lines: number, work: () => void): number {
  const rounds = [0, 1, 2].map(() => cpuSecondsOf(work));
  return lines / Math.min(...rounds);
}

function speed(systems: readonly LabelledSystem[]): Table {
  const lines = systems.reduce((sum, { raw }) => sum + raw.length, 0) * REPEATS;
  const files = systems.map(({ raw }) => Array.from({ length: REPEATS }, () => raw).flat());
  const text = bestRate(lines, () => files.forEach((file) => void parse(file)));
  const bodies = (of: readonly (readonly string[])[]): number =>
    bestRate(lines, () => {
      for (const file of of) {
        const header = new BodyHeader();
        for (const body of file) header.messageStart(body, REFERENCE_MS);
      }
    });
  const plain = systems.map(({ contents }) => Array.from({ length: REPEATS }, () => contents).flat());
  return {
    title: "speed",
    rows: [
      row("lines to records", text, "all systems, one file each"),
      row("where a series' messages begin", bodies(files), "bodies with headers"),
      row("the same, bodies without headers", bodies(plain), "messages alone"),
    ],
    notes: ["best of three rounds"],
  };
}

function main(): number {
  const { values } = parseArgs({
    options: { data: { type: "string" }, check: { type: "boolean" }, help: { type: "boolean", short: "h" } },
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
  process.stdout.write(`node ${process.version}, ${loadNote("at the start")}\n\n`);
  process.stdout.write(
    `${"".padEnd(12)}${"message".padStart(10)}${"time".padStart(10)}${"level".padStart(10)}\n`,
  );
  for (const system of systems) {
    const { message, time, level } = scoreOf(system);
    const cells = [message, time, level].map((value) => percent(value).padStart(10));
    process.stdout.write(`${system.name.padEnd(12)}${cells.join("")}\n`);
  }
  const table = speed(systems);
  process.stdout.write(`\n${render(table)}\n`);
  return values.check === true && table.rows.some(isMissed) ? 1 : 0;
}

process.exitCode = main();
