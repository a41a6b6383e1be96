import { pino } from "pino";
import { createClaudeAnalyst } from "../../src/analysis/claude.ts";
import { AnalysisWorker } from "../../src/analysis/worker.ts";
import { systemClock } from "../../src/clock.ts";
import { DeskFake, QueueFake } from "../support/claude-desk.ts";
import { ClaudeFake, FAKE_KEY, GOOD_ANSWER, messageOf, reply } from "../support/claude-fake.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import type { EvalTable } from "./table.ts";

const DEADLINE_MS = 400;
const ATTEMPT_MS = 150;
const GOOD = JSON.stringify(GOOD_ANSWER);

type Reply = ReturnType<typeof reply.hanging>;

function call(name: string, input: unknown): Reply {
  return reply.json(
    200,
    messageOf("", { stop_reason: "tool_use", content: [{ type: "tool_use", id: "toolu_1", name, input }] }),
  );
}

const STATUSES: readonly (readonly [number, string])[] = [
  [400, "invalid_request_error"],
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [408, "timeout_error"],
  [409, "conflict_error"],
  [412, "invalid_request_error"],
  [413, "request_too_large"],
  [422, "invalid_request_error"],
  [429, "rate_limit_error"],
  [499, "api_error"],
  [500, "api_error"],
  [501, "api_error"],
  [502, "api_error"],
  [503, "api_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
];

/** Each is played again and again until the analysis gives up. */
const FAULTS: readonly (readonly [name: string, reply: Reply, deep?: boolean])[] = [
  ...STATUSES.map(([status, type]) => [`status ${status}`, reply.error(status, type)] as const),
  ["429, wait an hour", reply.error(429, "rate_limit_error", { "retry-after": "3600" })],
  ["429, wait 24 days", reply.error(429, "rate_limit_error", { "retry-after-ms": "2147483647" })],
  ["529, a wait that is none", reply.error(529, "overloaded_error", { "retry-after": "soon" })],
  ["no answer", reply.hanging()],
  ["headers, then nothing", reply.stalledBody()],
  ["connection lost", reply.networkError()],
  ["a page of HTML as 200", reply.raw(200, "<html>maintenance</html>", "text/html")],
  ["an empty body", reply.raw(200, "", "application/json")],
  ["the body null", reply.raw(200, "null", "application/json")],
  ["broken JSON", reply.raw(200, '{"type":"mess', "application/json")],
  ["an empty object", reply.json(200, {})],
  ["an error as 200", reply.json(200, { type: "error", error: { type: "api_error", message: "x" } })],
  ["an answer cut off", reply.message(GOOD.slice(0, 60), { stop_reason: "max_tokens" })],
  ["a whole answer that ran out of tokens", reply.message(GOOD, { stop_reason: "max_tokens" })],
  [
    "a refusal",
    reply.message("", { stop_reason: "refusal", stop_details: { category: "cyber" }, content: [] }),
  ],
  ["a refusal half-way", reply.message(GOOD.slice(0, 60), { stop_reason: "refusal" })],
  ["a context that is full", reply.message("", { stop_reason: "model_context_window_exceeded" })],
  ["a pause", reply.message("", { stop_reason: "pause_turn" })],
  ["a stop reason of the future", reply.message(GOOD, { stop_reason: "daydream" })],
  ["no stop reason", reply.message(GOOD, { stop_reason: null })],
  ["no content", reply.message("", { content: [] })],
  ["content that is no list", reply.json(200, { ...messageOf(""), content: "hello" })],
  ["an answer that is no JSON", reply.message("I think it is the database.")],
  ["an answer of another shape", reply.message('{"cause":"x"}')],
  ["an answer without a cause", reply.answer({ root_cause: { summary: " " } })],
  ["a confidence that is a word", reply.answer({ confidence: "high" })],
  ["a tool where there is none", call("search_templates", { text: "x" })],
  ["deep: the same call for ever", call("search_templates", { text: "x" }), true],
  ["deep: a tool that does not exist", call("delete_everything", {}), true],
  ["deep: input of the wrong shape", call("get_examples", [1, 2]), true],
  ["deep: a turn without a call", reply.message("", { stop_reason: "tool_use", content: [] }), true],
  ["deep: no answer", reply.hanging(), true],
];

interface Ended {
  readonly fault: string;
  readonly tookMs: number;
  readonly told: string;
  readonly inTime: boolean;
  readonly settled: boolean;
  readonly valid: boolean;
}

async function attempt(fault: string, answer: Reply, deep: boolean): Promise<Ended> {
  const fake = new ClaudeFake(...Array.from({ length: 40 }, () => answer));
  const log = pino({ enabled: false });
  const analyst = createClaudeAnalyst({
    apiKey: FAKE_KEY,
    model: "claude-sonnet-5-5",
    effort: "high",
    maxTokens: 8_000,
    timeoutMs: ATTEMPT_MS,
    fetch: fake.fetch,
    clock: systemClock,
    log,
    deep: deep ? { model: "claude-opus-5-5", effort: "high", maxTokens: 8_000, maxTurns: 3 } : null,
  });
  const queue = new QueueFake();
  const desk = new DeskFake();
  const alert = sampleAlert({ severity: deep ? "critical" : "high" });
  desk.add(alert);
  queue.add(1, alert.id);
  const startedMs = performance.now();
  const ended = new Promise<void>((resolve) => {
    const worker = new AnalysisWorker({
      analyst,
      queue,
      desk,
      clock: systemClock,
      log,
      backoff: (n) => 10 * n,
      deadlineMs: () => DEADLINE_MS,
      pollMs: 10_000,
      onOutcome: () => {
        setImmediate(() => void worker.stop().then(resolve));
      },
    });
    worker.start();
  });
  const late = AbortSignal.timeout(DEADLINE_MS * 4);
  await Promise.race([
    ended,
    new Promise<void>((resolve) => late.addEventListener("abort", () => resolve())),
  ]);
  const tookMs = performance.now() - startedMs;
  return {
    fault,
    tookMs: Math.round(tookMs),
    told: desk.log.at(-1) ?? "nothing",
    inTime: tookMs <= DEADLINE_MS * 1.5,
    settled: queue.jobs.size === 0 && desk.log.length === 1,
    // Status 400 is played by us here; a rule broken by our request would say so in another way.
    valid: fake.requests.every(({ body }) => typeof body === "object"),
  };
}

/** Every fault through the worker, against the strict fake. */
export async function faultTable(): Promise<EvalTable> {
  const ended: Ended[] = [];
  for (const [fault, answer, deep = false] of FAULTS) ended.push(await attempt(fault, answer, deep));
  const of = `${ended.length} faults, each as often as it is asked`;
  const none = { at: "most", value: 0 } as const;
  return {
    title: "Faults of the API",
    figures: [
      {
        what: "not over within the deadline",
        value: ended.filter(({ inTime }) => !inTime).length,
        unit: "count",
        of,
        bar: none,
      },
      {
        what: "alert left without a word on its analysis, or told twice",
        value: ended.filter(({ settled }) => !settled).length,
        unit: "count",
        of,
        bar: none,
      },
    ],
    notes: [
      `Deadline ${DEADLINE_MS} ms here, one attempt ${ATTEMPT_MS} ms; the alert itself was stored and told before. The wire is also played by @copilotkit/aimock, in test/analysis/claude-wire.test.ts.`,
    ],
    cases: ended.map(({ tookMs: _tookMs, ...one }) => one),
  };
}
