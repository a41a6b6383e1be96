import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { RequestTemplate } from "./corpus.ts";
import { flood, pace } from "./load-rate.ts";
import { preciseNow, type Break, type Flood, type Pace, type Stream, type Streamed } from "./messages.ts";

/** The load generator, in a process of its own so that its work is not counted as the receiver's. */

const ANSWER_WITHIN_MS = 10_000;
const SERVICES_PER_ENVIRONMENT = 3;
/** Four collectors that export every 200 ms. */
const REQUESTS_PER_SECOND = 20;
const ERROR_SHARE = 0.01;
/** After the last break: time for its alert to be stored. */
const TAIL_MS = 3_000;

/** The status, 0 where none came. */
function post(agent: Agent, port: number, body: Buffer): Promise<number> {
  return new Promise((resolve) => {
    const sent = request({
      agent,
      port,
      host: "127.0.0.1",
      path: "/v1/logs",
      method: "POST",
      timeout: ANSWER_WITHIN_MS,
      headers: {
        "Content-Type": "application/x-protobuf",
        "Content-Encoding": "gzip",
        "Content-Length": body.length,
      },
    });
    sent.on("response", (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("timeout", () => sent.destroy());
    sent.on("error", () => resolve(0));
    sent.end(body);
  });
}

/** The requests of one environment, in health and broken. */
interface Environment {
  readonly name: string;
  readonly healthy: RequestTemplate;
  readonly broken: RequestTemplate;
}

function environmentOf(index: number, records: number): Environment {
  const name = `env-${index}`;
  const services = Array.from({ length: SERVICES_PER_ENVIRONMENT }, (_, i) => `service-${i}`);
  const shape = { records, environment: name, services };
  return {
    name,
    healthy: new RequestTemplate({ ...shape, errorShare: ERROR_SHARE }, index),
    broken: new RequestTemplate({ ...shape, errorShare: 1 }, index),
  };
}

/** Requests leave when they are due, whether the earlier ones are answered or not. */
async function stream(job: Stream): Promise<Streamed> {
  const records = Math.max(1, Math.round(job.recordsPerMinute / 60 / REQUESTS_PER_SECOND));
  const environments = Array.from({ length: job.environments }, (_, i) => environmentOf(i, records));
  const agent = new Agent({ keepAlive: true });
  const answersMs: number[] = [];
  const breaks: Break[] = [];
  const pending: Promise<void>[] = [];
  let failed = 0;
  const send = async (template: RequestTemplate, breaking: string | null): Promise<void> => {
    const body = template.gzipped(Date.now());
    const sentAtMs = preciseNow();
    const status = await post(agent, job.otlpPort, body);
    const answeredAtMs = preciseNow();
    if (status !== 200) failed += 1;
    answersMs.push(answeredAtMs - sentAtMs);
    if (breaking !== null) breaks.push({ environment: breaking, sentAtMs, answeredAtMs });
  };
  const startMs = performance.now();
  const endMs = job.healthyMs + job.environments * job.breakEveryMs + TAIL_MS;
  for (let sent = 0, broken = 0; ;) {
    const healthyAtMs = (sent * 1_000) / REQUESTS_PER_SECOND;
    const breakAtMs = broken < environments.length ? job.healthyMs + broken * job.breakEveryMs : Infinity;
    const dueMs = Math.min(healthyAtMs, breakAtMs);
    if (dueMs > endMs) break;
    await delay(Math.max(0, startMs + dueMs - performance.now()));
    const breaks_ = breakAtMs <= healthyAtMs;
    const environment = environments[(breaks_ ? broken++ : sent++) % environments.length];
    if (environment === undefined) break;
    pending.push(breaks_ ? send(environment.broken, environment.name) : send(environment.healthy, null));
  }
  await Promise.all(pending);
  agent.destroy();
  return { kind: "streamed", records: pending.length * records, failed, answersMs, breaks };
}

function run(job: Flood | Pace | Stream): Promise<unknown> {
  switch (job.kind) {
    case "flood":
      return flood(job);
    case "pace":
      return pace(job);
    case "stream":
      return stream(job);
  }
}

process.on("message", (job: Flood | Pace | Stream) => {
  void run(job).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit(0));
