import type { ChaosConfig, FixtureFileResponse } from "@copilotkit/aimock";
import { GOOD_ANSWER, messageOf, reply } from "../support/claude-fake.ts";

const GOOD = JSON.stringify(GOOD_ANSWER);
const HALF = GOOD.slice(0, 60);

type Reply = ReturnType<typeof reply.hanging>;

/** How aimock, which is not ours, plays the same. */
export interface MockPlay {
  readonly response: FixtureFileResponse;
  readonly chaos?: ChaosConfig;
}

/** Something that the API can do wrong, again and again until the analysis gives up. */
export interface Fault {
  readonly name: string;
  readonly reply: Reply;
  /** Of a deep analysis. */
  readonly deep: boolean;
  /** null: aimock cannot play it. */
  readonly mock: MockPlay | null;
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

function failing(status: number, type: string, retryAfter?: number): MockPlay {
  const wait = retryAfter === undefined ? {} : { retryAfter };
  return { response: { error: { message: "made up", type }, status, ...wait } };
}

function saying(content: string, finishReason?: string): MockPlay {
  return { response: { content, ...(finishReason === undefined ? {} : { finishReason }) } };
}

function disturbed(chaos: ChaosConfig): MockPlay {
  return { response: { content: GOOD }, chaos };
}

function fault(name: string, played: Reply, mock: MockPlay | null = null, deep = false): Fault {
  return { name, reply: played, mock, deep };
}

function calling(name: string, tool: string, input: unknown, deep = false): Fault {
  const content = [{ type: "tool_use", id: "toolu_1", name: tool, input }];
  const played = reply.json(200, messageOf("", { stop_reason: "tool_use", content }));
  return fault(
    name,
    played,
    { response: { toolCalls: [{ name: tool, arguments: JSON.stringify(input) }] } },
    deep,
  );
}

function answering(name: string, content: string): Fault {
  return fault(name, reply.message(content), saying(content));
}

/** An answer with that stop reason; aimock passes on those that it does not know. */
function stopping(name: string, content: string, stopReason: string, details: object = {}): Fault {
  const played = reply.message(content, { stop_reason: stopReason, ...details });
  return fault(name, played, saying(content, stopReason === "max_tokens" ? "length" : stopReason));
}

export const FAULTS: readonly Fault[] = [
  ...STATUSES.map(([status, type]) =>
    fault(`status ${status}`, reply.error(status, type), failing(status, type)),
  ),
  fault(
    "429, wait an hour",
    reply.error(429, "rate_limit_error", { "retry-after": "3600" }),
    failing(429, "rate_limit_error", 3_600),
  ),
  fault(
    "429, wait 24 days",
    reply.error(429, "rate_limit_error", { "retry-after-ms": "2147483647" }),
    failing(429, "rate_limit_error", 2_073_600),
  ),
  fault("529, a wait that is none", reply.error(529, "overloaded_error", { "retry-after": "soon" })),
  fault("no answer", reply.hanging(), disturbed({ latencyMs: 5_000 })),
  fault("headers, then nothing", reply.stalledBody()),
  fault("connection lost", reply.networkError(), disturbed({ disconnectRate: 1 })),
  fault("a page of HTML as 200", reply.raw(200, "<html>maintenance</html>", "text/html")),
  fault("an empty body", reply.raw(200, "", "application/json")),
  fault("the body null", reply.raw(200, "null", "application/json")),
  fault("broken JSON", reply.raw(200, '{"type":"mess', "application/json"), disturbed({ malformedRate: 1 })),
  fault("an empty object", reply.json(200, {})),
  fault(
    "an error as 200",
    reply.json(200, { type: "error", error: { type: "api_error", message: "x" } }),
    failing(200, "api_error"),
  ),
  stopping("an answer cut off", HALF, "max_tokens"),
  stopping("a whole answer that ran out of tokens", GOOD, "max_tokens"),
  stopping("a refusal", "", "refusal", { stop_details: { category: "cyber" }, content: [] }),
  stopping("a refusal half-way", HALF, "refusal"),
  stopping("a context that is full", "", "model_context_window_exceeded"),
  stopping("a pause", "", "pause_turn"),
  stopping("a stop reason of the future", GOOD, "daydream"),
  fault("no stop reason", reply.message(GOOD, { stop_reason: null })),
  fault("no content", reply.message("", { content: [] }), saying("")),
  fault("content that is no list", reply.json(200, { ...messageOf(""), content: "hello" })),
  answering("an answer that is no JSON", "I think it is the database."),
  answering("an answer of another shape", '{"cause":"x"}'),
  answering("an answer without a cause", JSON.stringify({ ...GOOD_ANSWER, root_cause: { summary: " " } })),
  answering("a confidence that is a word", JSON.stringify({ ...GOOD_ANSWER, confidence: "high" })),
  calling("a tool where there is none", "search_templates", { text: "x" }),
  calling("deep: the same call for ever", "search_templates", { text: "x" }, true),
  calling("deep: a tool that does not exist", "delete_everything", {}, true),
  calling("deep: input of the wrong shape", "get_examples", [1, 2], true),
  fault(
    "deep: a turn without a call",
    reply.message("", { stop_reason: "tool_use", content: [] }),
    saying("", "tool_calls"),
    true,
  ),
  fault("deep: no answer", reply.hanging(), disturbed({ latencyMs: 5_000 }), true),
  fault("deep: busy", reply.error(529, "overloaded_error"), failing(529, "overloaded_error"), true),
  fault("deep: connection lost", reply.networkError(), disturbed({ disconnectRate: 1 }), true),
];
