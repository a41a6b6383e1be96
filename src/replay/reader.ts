import type { Readable } from "node:stream";
import type { ReadCounts } from "./counts.ts";
import { readInput, type ReadOptions } from "./input.ts";
import { TimeOrder, type TimedRecord } from "./time-order.ts";

/** One file or stdin as records with their place in time. Throws `UnreadableSource`. */
export async function* readRecords(
  path: string,
  stdin: Readable,
  options: ReadOptions,
  counts: ReadCounts,
): AsyncGenerator<readonly TimedRecord[], void> {
  const order = new TimeOrder(counts);
  for await (const records of readInput(path, stdin, options, counts)) {
    yield order.push(records.map(({ record }) => record));
  }
  yield order.end();
}
