import { Readable } from "node:stream";
import { isError } from "../../../../src/log/severity.ts";
import { MINUTE_MS, type EpochMs } from "../../../../src/log/time.ts";
import { decodeJsonBytes } from "../../../../src/otlp/json-request.ts";
import { newReadCounts } from "../../../../src/replay/counts.ts";
import { readRecords } from "../../../../src/replay/reader.ts";
import type { TimedRecord } from "../../../../src/replay/time-order.ts";
import { serviceAlarm, type Alarm } from "../alarm.ts";
import { Minutes } from "../minutes.ts";
import { PEERS } from "../peers/registry.ts";
import { PeerRun } from "../peers/peer.ts";
import { ProductOnRecords, type Settings } from "../product.ts";
import { BackgroundErrors } from "./background.ts";

/** Says the year of times that lack one; these files have them all. */
const READ_AT_MS = Date.UTC(2025, 0, 1);

/** Records of one file as `tocsin replay` reads them. */
export async function readTimeline(path: string): Promise<readonly (readonly TimedRecord[])[]> {
  const options = {
    format: "ndjson",
    service: "",
    decodeOtlp: decodeJsonBytes,
    nowMs: READ_AT_MS,
  } as const;
  const chunks: (readonly TimedRecord[])[] = [];
  for await (const records of readRecords(path, Readable.from([]), options, newReadCounts())) {
    if (records.length > 0) chunks.push(records);
  }
  return chunks;
}

/** The trivial rule over all services together: an error, then quiet for 15 minutes. */
class AnyErrorAnywhere {
  static readonly COOLDOWN_MS = 15 * MINUTE_MS;
  readonly alarms: Alarm[] = [];
  #quietUntilMs: EpochMs = Number.NEGATIVE_INFINITY;

  feed(records: readonly TimedRecord[]): void {
    for (const { record, atMs } of records) {
      if (!isError(record.severity)) continue;
      const isRunning = atMs < this.#quietUntilMs;
      this.#quietUntilMs = atMs + AnyErrorAnywhere.COOLDOWN_MS;
      if (!isRunning) this.alarms.push(serviceAlarm(record.series.service, atMs, ANY_ERROR_ANYWHERE));
    }
  }
}

export const ANY_ERROR_ANYWHERE = "any ERROR anywhere, 15 min cooldown";

export interface TimelineInput {
  readonly chunks: readonly (readonly TimedRecord[])[];
  /** null: as recorded. */
  readonly backgroundSeed: number | null;
  readonly products: Readonly<Record<string, Settings>>;
}

/** Every detector over one timeline, each record read once; alarms by the detector's name. */
export async function runTimeline(input: TimelineInput): Promise<ReadonlyMap<string, readonly Alarm[]>> {
  const { chunks, backgroundSeed } = input;
  const background = backgroundSeed === null ? null : new BackgroundErrors(backgroundSeed);
  const products = Object.entries(input.products).map(
    ([name, settings]) => [name, new ProductOnRecords(settings)] as const,
  );
  const peers = PEERS.map((peer) => new PeerRun(peer));
  const trivial = new AnyErrorAnywhere();
  const minutes = new Minutes((service, minute) => {
    for (const peer of peers) peer.push(service, minute);
  });
  for (const chunk of chunks) {
    const records = background === null ? chunk : background.mixedInto(chunk);
    for (const [, product] of products) await product.feed(records);
    trivial.feed(records);
    for (const { record, atMs } of records)
      minutes.add(record.series.service, atMs, 1, isError(record.severity) ? 1 : 0);
  }
  const alarms = new Map<string, readonly Alarm[]>();
  for (const [name, product] of products) alarms.set(name, await product.finish());
  alarms.set(ANY_ERROR_ANYWHERE, trivial.alarms);
  for (const peer of peers) alarms.set(peer.peer.name, peer.alarms(1));
  return alarms;
}
