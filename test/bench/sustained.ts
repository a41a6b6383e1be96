import { COLLECTOR_BATCH } from "./corpus.ts";
import { collector, NO_COLLECTOR, targetOf, tocsin, withReceiver, type Start } from "./feed.ts";
import { LoadGenerator } from "./load-generator.ts";
import type { Target } from "./messages.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

const MAX_P99_MS = 50;
/** As many as one collector's exporter has. */
const CONNECTIONS = 10;
const WARM_UP_REQUESTS = 128;
/** Of what a flood came to: the search begins below the maximum. */
const FIRST_SHARE = 0.4;
const STEP_UP = 1.3;
const MAX_STEPS_UP = 10;
const BISECTIONS = 3;

interface Sustained {
  readonly version: string;
  readonly recordsPerS: number;
  readonly p99AtHalfMs: number;
}

/** The highest rate held with a p99 below the bar: up by steps, then between the last two. */
async function search(
  target: Target,
  load: LoadGenerator,
  stepMs: number,
): Promise<Omit<Sustained, "version">> {
  const warm = await load.flood({ ...target, requests: WARM_UP_REQUESTS });
  const floodPerS = WARM_UP_REQUESTS / (warm.tookMs / 1_000);
  const holds = async (requestsPerSecond: number): Promise<boolean> => {
    const run = await load.pace({ ...target, requestsPerSecond, durationMs: stepMs });
    return run.failed === 0 && !run.behind && run.p99Ms < MAX_P99_MS;
  };
  let held = 0;
  let tried = floodPerS * FIRST_SHARE;
  for (let step = 0; step < MAX_STEPS_UP && (await holds(tried)); step++) {
    held = tried;
    tried *= STEP_UP;
  }
  for (let step = 0; step < BISECTIONS; step++) {
    const between = (held + tried) / 2;
    if (await holds(between)) held = between;
    else tried = between;
  }
  const half = await load.pace({ ...target, requestsPerSecond: Math.max(1, held / 2), durationMs: stepMs });
  return { recordsPerS: held * target.records, p99AtHalfMs: half.p99Ms };
}

function searchOn(start: Start, load: LoadGenerator, stepMs: number): Promise<Sustained> {
  const feed = { transport: "http", records: COLLECTOR_BATCH.records, connections: CONNECTIONS } as const;
  return withReceiver(start, async (receiver) => ({
    version: receiver.version,
    ...(await search(targetOf(receiver, feed), load, stepMs)),
  }));
}

function rows(name: string, found: Sustained, peer: Sustained | null, from: string): readonly Measured[] {
  const against = peer === null ? null : { name: "the collector", value: peer.recordsPerS };
  return [
    {
      what: `${name}: most records/s with p99 < ${MAX_P99_MS} ms`,
      value: found.recordsPerS,
      unit: "records/s",
      better: "higher",
      from,
      against,
    },
    {
      what: `${name}: p99 answer at half of that`,
      value: found.p99AtHalfMs,
      unit: "ms",
      better: "lower",
      from,
      against: { name: "bar", value: MAX_P99_MS },
    },
  ];
}

/** The rate that a receiver holds for a while without letting anybody wait. */
export async function* sustained({ stepMs }: { readonly stepMs: number }): AsyncGenerator<Table> {
  const load = new LoadGenerator();
  const start = collector();
  try {
    const ours = await searchOn(tocsin(), load, stepMs);
    const peer = start === null ? null : await searchOn(start, load, stepMs);
    const from = `steps of ${stepMs / 1_000} s`;
    yield {
      title: "Sustained rate: gzip protobuf over HTTP, 8,192 records a request, 10 connections",
      rows: [
        ...rows("Tocsin", ours, peer, from),
        ...(peer === null ? [] : rows(peer.version, peer, null, from)),
      ],
      notes: [
        "requests leave when they are due; an answer's time counts from then",
        "wall-clock: the generator and whatever else runs share the machine's cores",
        ...(start === null ? [NO_COLLECTOR] : []),
        loadNote("at the end"),
      ],
    };
  } finally {
    await load.stop();
  }
}
