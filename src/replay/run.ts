import type { Readable } from "node:stream";
import type { Alert } from "../alert/alert.ts";
import type { Clock } from "../clock.ts";
import { formatTime } from "../log/time.ts";
import { decodeJsonBytes } from "../otlp/json-request.ts";
import { findUnreadable, UnreadableSource } from "./bytes.ts";
import type { ReplayOptions } from "./command.ts";
import { newReadCounts, totalRejected, type ReadCounts } from "./counts.ts";
import { ReplayDriver } from "./driver.ts";
import type { ReadyEngine, ReplayEngineFactory } from "./engine.ts";
import { mergeByTime } from "./merge.ts";
import { AlertOutput, type Explain, type ReplayStream } from "./output.ts";
import { readRecords } from "./reader.ts";
import { grouped, summaryLines } from "./summary.ts";

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** How often a terminal is told how far the replay is. */
const PROGRESS_EVERY_MS = 1_000;

export interface ReplayIo {
  readonly stdin: Readable;
  readonly stdout: ReplayStream;
  readonly stderr: ReplayStream;
  /** Real time, for the speed alone. */
  readonly clock: Clock;
  /** For `--analyze`. */
  readonly explain?: Explain;
}

/** Replays and prints; resolves with the exit code, never rejects for what files or a reader can cause. */
export async function runReplay(
  options: ReplayOptions,
  engineFactory: ReplayEngineFactory,
  io: ReplayIo,
): Promise<number> {
  const ready = engineFactory(options.settings);
  if (ready.kind === "invalid") return tell(io, ready.problems, EXIT_USAGE);
  const unreadable = await unreadableFiles(options.files);
  if (unreadable.length > 0) return tell(io, unreadable, EXIT_FAILED);
  const output = new AlertOutput(io.stdout, options.json, options.analyze ? io.explain : undefined);
  const exitCode = await replay(options, ready, output, io);
  await output.end();
  return output.problem === null ? exitCode : tell(io, [output.problem], EXIT_FAILED);
}

function tell(io: ReplayIo, problems: readonly string[], exitCode: number): number {
  for (const problem of problems) io.stderr.write(`tocsin replay: ${problem}\n`);
  return exitCode;
}

async function unreadableFiles(files: readonly string[]): Promise<readonly string[]> {
  const problems = await Promise.all(files.map(findUnreadable));
  return problems.filter((problem) => problem !== null);
}

async function replay(
  options: ReplayOptions,
  ready: ReadyEngine,
  output: AlertOutput,
  io: ReplayIo,
): Promise<number> {
  const startedMs = io.clock.now();
  const counts = newReadCounts();
  const opened: Alert[] = [];
  const driver = new ReplayDriver(ready, () => opened.push(...ready.engine.opened()));
  const printOpened = async (): Promise<void> => {
    const alerts = opened.splice(0);
    if (!options.final) await output.print(alerts);
  };
  const problem = await drive(options, driver, counts, { output, printOpened, io });
  if (output.closed) return EXIT_OK;
  if (problem === null) await driver.finish();
  await printOpened();
  const alerts = ready.engine.alerts();
  if (options.final) await output.print(alerts);
  const { totals } = driver;
  const elapsedMs = io.clock.now() - startedMs;
  io.stderr.write(`${summaryLines({ totals, counts, alerts, elapsedMs }).join("\n")}\n`);
  const problems = [problem ?? explainNothing(totals.records, counts)].filter((text) => text !== null);
  return tell(io, problems, problems.length > 0 ? EXIT_FAILED : EXIT_OK);
}

interface DriveOutput {
  readonly output: AlertOutput;
  readonly printOpened: () => Promise<void>;
  readonly io: ReplayIo;
}

/** Feeds all files to the driver; a sentence about what could not be read, else null. */
async function drive(
  options: ReplayOptions,
  driver: ReplayDriver,
  counts: ReadCounts,
  { output, printOpened, io }: DriveOutput,
): Promise<string | null> {
  const { format, service } = options;
  const read = { format, service, decodeOtlp: decodeJsonBytes, nowMs: io.clock.now() };
  const sources = options.files.map((path) => readRecords(path, io.stdin, read, counts));
  const progress = new Progress(io);
  try {
    for await (const records of mergeByTime(sources)) {
      await driver.feed(records);
      await printOpened();
      if (output.closed) break;
      progress.show(driver);
    }
    return null;
  } catch (error) {
    if (error instanceof UnreadableSource) return error.message;
    throw error;
  } finally {
    progress.clear();
  }
}

/** Input without a single usable record is most often the wrong format. */
function explainNothing(records: number, counts: ReadCounts): string | null {
  if (records > 0 || counts.lines === 0) return null;
  if (counts.untimed > 0 && totalRejected(counts) === 0) {
    return "no record carries a time, so nothing could be replayed; logs with times: --format ndjson, otlp or text";
  }
  return "no line could be read; is the format right? --format ndjson, otlp or text";
}

/** One line on a terminal, rewritten in place. */
class Progress {
  readonly #io: ReplayIo;
  #shownMs: number;
  #shown = false;

  constructor(io: ReplayIo) {
    this.#io = io;
    this.#shownMs = io.clock.now();
  }

  show(driver: ReplayDriver): void {
    if (this.#io.stderr.isTTY !== true || driver.clockMs === null) return;
    const nowMs = this.#io.clock.now();
    if (nowMs - this.#shownMs < PROGRESS_EVERY_MS) return;
    this.#shownMs = nowMs;
    this.#shown = true;
    const at = formatTime(Math.floor(driver.clockMs / 1_000) * 1_000);
    this.#io.stderr.write(`\r\u001b[K${grouped(driver.totals.records)} records, at ${at}`);
  }

  clear(): void {
    if (this.#shown) this.#io.stderr.write("\r\u001b[K");
  }
}
