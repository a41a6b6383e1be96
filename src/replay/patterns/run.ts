import { formatTime, type EpochMs } from "../../log/time.ts";
import { decodeJsonBytes } from "../../otlp/json-request.ts";
import type { Format } from "../../source/format.ts";
import { findUnreadable, sourceName, UnreadableSource } from "../bytes.ts";
import { newReadCounts, type ReadCounts } from "../counts.ts";
import { readInput } from "../input.ts";
import { EXIT_FAILED, EXIT_OK, type ReplayIo } from "../run.ts";
import { grouped, readProblems } from "../summary.ts";
import type { PatternsOptions } from "./command.ts";
import { listLines } from "./list.ts";
import { assignmentOf, PatternBook, type Pattern, type Ticket } from "./pattern-book.ts";
import { TextOutput } from "./text-output.ts";

/** In these the header has been taken off, or there is none. */
const BARE: ReadonlySet<Format> = new Set(["text", "lines"]);

/** Which line of which file went where. */
interface Assigned {
  readonly file: string;
  readonly line: number;
  readonly ticket: Ticket;
}

export type PatternsIo = Pick<ReplayIo, "stdin" | "stdout" | "stderr" | "clock">;

/** Mines and prints; resolves with the exit code, never rejects for what files or a reader can cause. */
export async function runPatterns(options: PatternsOptions, io: PatternsIo): Promise<number> {
  const unreadable = await Promise.all(options.files.map(findUnreadable));
  const problems = unreadable.filter((problem) => problem !== null);
  if (problems.length > 0) return tell(io, problems);
  const output = new TextOutput(io.stdout);
  const mining = new Mining(options, io, output);
  const problem = await mining.read();
  if (problem === null) await mining.print();
  await output.end();
  const said = [problem, output.problem, mining.explainNothing()].filter((text) => text !== null);
  return tell(io, said.slice(0, 1));
}

function tell(io: PatternsIo, problems: readonly string[]): number {
  for (const problem of problems) io.stderr.write(`tocsin patterns: ${problem}\n`);
  return problems.length > 0 ? EXIT_FAILED : EXIT_OK;
}

class Mining {
  readonly #options: PatternsOptions;
  readonly #io: PatternsIo;
  readonly #output: TextOutput;
  readonly #book: PatternBook;
  readonly #counts: ReadCounts = newReadCounts();
  readonly #formats: string[] = [];
  readonly #assigned: Assigned[] = [];
  readonly #startedMs: EpochMs;
  #records = 0;

  constructor(options: PatternsOptions, io: PatternsIo, output: TextOutput) {
    this.#options = options;
    this.#io = io;
    this.#output = output;
    this.#startedMs = io.clock.now();
    this.#book = new PatternBook(options.json ? Math.max(options.examples, 1) : options.examples);
  }

  /** Reads all files in the order given; a sentence about what could not be read, else null. */
  async read(): Promise<string | null> {
    try {
      for (const path of this.#options.files) await this.#readFile(path);
      return null;
    } catch (error) {
      if (error instanceof UnreadableSource) return error.message;
      throw error;
    }
  }

  async #readFile(path: string): Promise<void> {
    const { format, service } = this.#options;
    const name = sourceName(path);
    let bare = false;
    const detected = (found: Format): void => {
      bare = BARE.has(found);
      this.#formats.push(`${name}: ${found}`);
    };
    const nowMs = this.#io.clock.now();
    const read = { format, service, decodeOtlp: decodeJsonBytes, nowMs, detected };
    for await (const records of readInput(path, this.#io.stdin, read, this.#counts)) {
      for (const { record, line } of records) {
        this.#records++;
        this.#assign({ file: name, line, ticket: this.#book.add(record, bare) });
      }
      await this.#output.drained();
      if (this.#output.closed) return;
    }
  }

  #assign(assigned: Assigned): void {
    if (!this.#options.assign) return;
    if (this.#options.online) this.#output.line(this.#assignedLine(assigned));
    else this.#assigned.push(assigned);
  }

  #assignedLine({ file, line, ticket }: Assigned): string {
    const { pattern, template } = assignmentOf(ticket);
    if (!this.#options.json) return `${line}\t${pattern}\t${template.replace(/\s+/g, " ")}`;
    const one = { line, pattern, template };
    return JSON.stringify(this.#options.files.length > 1 ? { file, ...one } : one);
  }

  async print(): Promise<void> {
    if (this.#options.assign) await this.#printAssigned();
    else await this.#printPatterns();
  }

  async #printAssigned(): Promise<void> {
    for (const assigned of this.#assigned) {
      this.#output.line(this.#assignedLine(assigned));
      if (this.#output.full) await this.#output.drained();
      if (this.#output.closed) return;
    }
    if (this.#options.json) return;
    this.#summary(null);
  }

  async #printPatterns(): Promise<void> {
    const patterns = this.#book.patterns();
    const { json, limit } = this.#options;
    if (json)
      for (const pattern of patterns) this.#output.line(JSON.stringify(patternView(pattern, this.#records)));
    else if (patterns.length > 0) {
      const { stdout } = this.#io;
      const tty = stdout.isTTY === true;
      const columns = tty ? (stdout.columns ?? null) : null;
      const look = { columns, colours: tty, limit, services: this.#book.series > 1 };
      for (const line of listLines(patterns, look)) this.#output.line(line);
    }
    await this.#output.drained();
    this.#summary(patterns);
  }

  /** On stderr, so that a pipe gets the list alone. */
  #summary(patterns: readonly Pattern[] | null): void {
    const elapsedS = Math.max(this.#io.clock.now() - this.#startedMs, 1) / 1_000;
    const found = patterns === null ? "" : `, ${counted(patterns.length, "pattern")}`;
    const what = `${counted(this.#counts.lines, "line")}, ${counted(this.#records, "record")}${found}`;
    const lines = [
      `${what} (${this.#formats.join(", ")}; ${elapsedS.toFixed(1)} s)`,
      ...readProblems(this.#counts),
    ];
    this.#io.stderr.write(`${lines.join("\n")}\n`);
  }

  explainNothing(): string | null {
    if (this.#records > 0) return null;
    if (this.#counts.lines === 0) return "nothing to read: no line in it";
    return "no line could be read; is the format right? --format ndjson, otlp, text or lines";
  }
}

function counted(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** A pattern as `--json` shows it. */
function patternView(pattern: Pattern, records: number): object {
  const { service, namespace, environment } = pattern.series;
  return {
    pattern: pattern.id,
    template: pattern.template,
    service,
    namespace: namespace === "" ? null : namespace,
    environment,
    count: pattern.count,
    share: Math.round((1e6 * pattern.count) / Math.max(records, 1)) / 1e6,
    levels: pattern.levels,
    first_seen_at: pattern.firstSeenMs === null ? null : formatTime(Math.floor(pattern.firstSeenMs)),
    last_seen_at: pattern.lastSeenMs === null ? null : formatTime(Math.floor(pattern.lastSeenMs)),
    examples: pattern.examples,
  };
}
