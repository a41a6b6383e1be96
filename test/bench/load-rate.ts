import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { connectTo, type Connection } from "./connections.ts";
import { batchOf, COLLECTOR_BATCH, GZIP_LEVEL, RequestTemplate } from "./corpus.ts";
import { DistinctRequest } from "./distinct.ts";
import type { Flood, Flooded, Pace, Paced, Target } from "./messages.ts";
import { percentile } from "./stats.ts";

/** So that neither side's caches hold the one request that there is. */
const DISTINCT_LARGE = 4;
const DISTINCT_SMALL = 32;
/** Further behind, no p99 below a second can come of it. */
const MAX_BEHIND_MS = 1_000;
const PACE_EVERY_MS = 1;

const templatesBySize = new Map<number, readonly RequestTemplate[]>();

function templatesOf(records: number): readonly RequestTemplate[] {
  let templates = templatesBySize.get(records);
  if (templates === undefined) {
    const distinct = records < COLLECTOR_BATCH.records ? DISTINCT_SMALL : DISTINCT_LARGE;
    templates = Array.from({ length: distinct }, (_, i) => new RequestTemplate(batchOf(records), i + 1));
    templatesBySize.set(records, templates);
  }
  return templates;
}

/** A few prepared requests, again and again, none of them the same as one before. */
function requestsOf({ transport, records }: Target): { next(): Buffer; readonly wireBytes: number } {
  const nowMs = Date.now();
  const made = templatesOf(records).map((template) => {
    const plain = template.plain(nowMs);
    const body = gzipSync(plain, { level: GZIP_LEVEL });
    return { request: new DistinctRequest(transport, plain, body), wireBytes: body.length };
  });
  let sent = 0;
  return {
    next: () => made[sent++ % made.length]?.request.next() ?? Buffer.alloc(0),
    wireBytes: made[0]?.wireBytes ?? 0,
  };
}

async function withConnections<T>(
  target: Target,
  use: (all: readonly Connection[]) => Promise<T>,
): Promise<T> {
  const all = await Promise.all(Array.from({ length: target.connections }, () => connectTo(target)));
  try {
    return await use(all);
  } finally {
    for (const connection of all) connection.close();
  }
}

export async function flood(job: Flood): Promise<Flooded> {
  const requests = requestsOf(job);
  let left = job.requests;
  let failed = 0;
  const startMs = performance.now();
  await withConnections(job, (all) =>
    Promise.all(
      all.map(async (connection) => {
        while (left-- > 0) if (!(await connection.send(requests.next()))) failed++;
      }),
    ),
  );
  return {
    kind: "flooded",
    records: job.requests * job.records,
    failed,
    plainBytes: templatesOf(job.records)[0]?.plainBytes ?? 0,
    wireBytes: requests.wireBytes,
    tookMs: performance.now() - startMs,
  };
}

export async function pace(job: Pace): Promise<Paced> {
  const requests = requestsOf(job);
  const answersMs: number[] = [];
  const periodMs = 1_000 / job.requestsPerSecond;
  let failed = 0;
  let behind = false;
  await withConnections(job, async (all) => {
    const startMs = performance.now();
    const total = Math.floor(job.durationMs / periodMs);
    let next = 0;
    await Promise.all(
      all.map(async (connection) => {
        while (next < total && !behind) {
          const dueMs = startMs + next++ * periodMs;
          while (performance.now() < dueMs) await delay(PACE_EVERY_MS);
          if (!(await connection.send(requests.next()))) failed++;
          const answerMs = performance.now() - dueMs;
          answersMs.push(answerMs);
          behind ||= answerMs > MAX_BEHIND_MS;
        }
      }),
    );
  });
  return {
    kind: "paced",
    answered: answersMs.length,
    failed,
    behind,
    p50Ms: percentile(answersMs, 0.5),
    p99Ms: percentile(answersMs, 0.99),
  };
}
