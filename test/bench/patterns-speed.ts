import { TemplateMiner } from "../../src/template/miner.ts";
import { ShapeScanner } from "../../src/template/shape-scanner.ts";
import { ShapeTable } from "../../src/template/shape-table.ts";
import { tokenise } from "../../src/template/shape.ts";
import { cpuSecondsOf } from "./cpu.ts";

const MIN_LINE_BYTES = 100;
const MAX_LINE_BYTES = 200;
const ROUNDS = 9;
/** Lines of one steady round: long enough that the clock's step does not show. */
const STEADY_LINES = 400_000;

/** Lines as they lie in a request: one after the other in one buffer. */
export interface ByteLines {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Lines of 100 to 200 bytes, systems mixed line by line. */
export function mixedLines(systems: readonly (readonly string[])[]): string[] {
  const typical = systems.map((lines) =>
    lines.filter((line) => line.length >= MIN_LINE_BYTES && line.length <= MAX_LINE_BYTES),
  );
  const longest = Math.max(0, ...typical.map((lines) => lines.length));
  return Array.from({ length: longest }, (_, at) => typical.flatMap((lines) => lines[at] ?? [])).flat();
}

export function byteLines(lines: readonly string[]): ByteLines {
  const encoded = lines.map((line) => Buffer.from(line));
  const starts = new Int32Array(lines.length);
  const ends = new Int32Array(lines.length);
  let at = 0;
  for (const [index, line] of encoded.entries()) {
    starts[index] = at;
    ends[index] = at + line.length;
    at += line.length + 1;
  }
  const bytes = new Uint8Array(at);
  for (const [index, line] of encoded.entries()) bytes.set(line, starts[index]);
  return { bytes, starts, ends };
}

/** What a worker does: hash each line's shape, look it up, count; an unknown one is learnt. */
class Counting {
  readonly miner = new TemplateMiner();
  readonly #scanner = new ShapeScanner();
  readonly #table = new ShapeTable();
  readonly #numbers = new Map<string, number>();
  readonly counts: number[] = [];

  run({ bytes, starts, ends }: ByteLines): void {
    for (let index = 0; index < starts.length; index++) {
      this.#scanner.scan(bytes, starts[index] ?? 0, ends[index] ?? 0);
      let number = this.#table.get(this.#scanner.high, this.#scanner.low);
      if (number < 0) number = this.#learn(bytes);
      this.counts[number] = (this.counts[number] ?? 0) + 1;
    }
  }

  #learn(bytes: Uint8Array): number {
    const { id } = this.miner.learn(tokenise(this.#scanner, bytes), 0);
    let number = this.#numbers.get(id);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(id, number);
    }
    this.#table.set(this.#scanner.high, this.#scanner.low, number);
    return number;
  }
}

export interface Speeds {
  /** Lines per CPU-second, best of the rounds and all of them. */
  readonly steady: readonly number[];
  readonly cold: readonly number[];
}

/** Steady state: all shapes known. Cold: an empty miner, code warmed up. */
export function measureSpeed(lines: ByteLines): Speeds {
  const warm = new Counting();
  warm.run(lines);
  const repeats = Math.max(1, Math.round(STEADY_LINES / lines.starts.length));
  const steady = Array.from({ length: ROUNDS }, () => {
    const seconds = cpuSecondsOf(() => {
      for (let repeat = 0; repeat < repeats; repeat++) warm.run(lines);
    });
    return (repeats * lines.starts.length) / seconds;
  });
  const cold = Array.from({ length: ROUNDS }, () => {
    const seconds = cpuSecondsOf(() => {
      new Counting().run(lines);
    });
    return lines.starts.length / seconds;
  });
  return { steady, cold };
}
