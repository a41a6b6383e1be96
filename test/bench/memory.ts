import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { COLLECTOR_BATCH } from "./corpus.ts";
import { collector, NO_COLLECTOR, targetOf, tocsin, withReceiver, type Start } from "./feed.ts";
import { LoadGenerator } from "./load-generator.ts";
import type { Target } from "./messages.ts";
import type { Receiver } from "./receivers.ts";
import { median } from "./stats.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

const MIB = 1024 * 1024;
const SAMPLE_EVERY_MS = 250;
const SETTLE_MS = 3_000;
const LOAD_MS = 8_000;
const ROUND_REQUESTS = 64;
/** Flat: the last part of the long run against the second; the first still fills windows and heaps. */
const PARTS = 5;

const LOADS: readonly (Omit<Target, "port"> & { readonly what: string })[] = [
  { what: "1 record a request, HTTP", transport: "http", records: 1, connections: 8 },
  {
    what: "8,192 records a request, gRPC",
    transport: "grpc",
    records: COLLECTOR_BATCH.records,
    connections: 4,
  },
  {
    what: "8,192 records a request, HTTP",
    transport: "http",
    records: COLLECTOR_BATCH.records,
    connections: 4,
  },
];

/** Resident bytes as the kernel counts them. */
function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) * 1024;
}

/** Samples while `work` runs. */
async function sampled(pid: number, work: Promise<void>): Promise<readonly number[]> {
  const samples: number[] = [];
  let done = false;
  const ended = work.finally(() => (done = true));
  while (!done) {
    samples.push(residentBytes(pid));
    await Promise.race([delay(SAMPLE_EVERY_MS), ended]);
  }
  await ended;
  return samples;
}

async function floodFor(load: LoadGenerator, target: Target, durationMs: number): Promise<void> {
  const requests = target.records === 1 ? ROUND_REQUESTS * 64 : ROUND_REQUESTS;
  const endMs = performance.now() + durationMs;
  while (performance.now() < endMs) {
    const { failed } = await load.flood({ ...target, requests });
    if (failed > 0) throw new Error(`${failed} requests were refused`);
  }
}

interface Usage {
  readonly version: string;
  readonly idle: number;
  /** Highest under each load. */
  readonly peaks: readonly number[];
  readonly long: readonly number[];
}

async function usageOf(receiver: Receiver, load: LoadGenerator, longMs: number): Promise<Usage> {
  await delay(SETTLE_MS);
  const idle = residentBytes(receiver.pid);
  const peaks: number[] = [];
  let last: Target | null = null;
  for (const feed of LOADS) {
    last = targetOf(receiver, feed);
    peaks.push(Math.max(...(await sampled(receiver.pid, floodFor(load, last, LOAD_MS)))));
  }
  const long = last === null ? [] : await sampled(receiver.pid, floodFor(load, last, longMs));
  return { version: receiver.version, idle, peaks, long };
}

function part(samples: readonly number[], index: number): number {
  const size = samples.length / PARTS;
  return median(samples.slice(Math.floor(index * size), Math.floor((index + 1) * size)));
}

function rowsOf(name: string, usage: Usage, minutes: number): readonly Measured[] {
  const row = (what: string, bytes: number): Measured => ({
    what: `${name}: ${what}`,
    value: bytes / MIB,
    unit: "MiB",
    better: "lower",
    from: "resident",
    against: null,
  });
  return [
    row("idle", usage.idle),
    ...LOADS.map(({ what }, i) => row(`${what}, highest`, usage.peaks[i] ?? Number.NaN)),
    {
      ...row(`last fifth of ${minutes} min at full load`, part(usage.long, PARTS - 1)),
      against: { name: "its second fifth", value: part(usage.long, 1) / MIB },
      from: `median of ${Math.floor(usage.long.length / PARTS)} samples`,
    },
  ];
}

/** Resident memory at idle, under each load, and over a long time. */
export async function* memory({ minutes }: { readonly minutes: number }): AsyncGenerator<Table> {
  const load = new LoadGenerator();
  const measure = (start: Start): Promise<Usage> =>
    withReceiver(start, (receiver) => usageOf(receiver, load, minutes * 60_000));
  const start = collector();
  try {
    const ours = await measure(tocsin());
    const peer = start === null ? null : await measure(start);
    yield {
      title: "Memory: gzip protobuf at full load",
      rows: [
        ...rowsOf("Tocsin", ours, minutes),
        ...(peer === null ? [] : rowsOf(peer.version, peer, minutes)),
      ],
      notes: [
        "flat is 1.00: the last fifth of the long run is no higher than the second",
        "Tocsin's figure holds its embedded database and the window's counts; the collector keeps nothing",
        ...(start === null ? [NO_COLLECTOR] : []),
        loadNote("at the end"),
      ],
    };
  } finally {
    await load.stop();
  }
}
