import { requestProblems } from "./claude-rules.ts";

export const FAKE_KEY = "test-key";
export const API_VERSION = "2026-10-21";

export interface SeenRequest {
  readonly url: string;
  readonly headers: Headers;
  /** The bytes as they went out. */
  readonly text: string;
  readonly body: unknown;
}

type Reply = (signal: AbortSignal | null) => Promise<Response>;

function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return async () =>
    new Response(JSON.stringify(body), {
      status,
      headers: { "content-type": "application/json", "request-id": "req_test", ...headers },
    });
}

export interface MessageChange {
  readonly stop_reason?: string | null;
  readonly stop_details?: unknown;
  readonly content?: unknown;
  readonly model?: string;
}

/** A message as the API writes it, with an empty thinking block before the text as the newer models do. */
export function messageOf(text: string, change: MessageChange = {}): Record<string, unknown> {
  return {
    id: "msg_test",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-5-5",
    content: [
      { type: "thinking", thinking: "", signature: "c2ln" },
      { type: "text", text },
    ],
    stop_reason: "end_turn",
    stop_sequence: null,
    stop_details: null,
    usage: {
      input_tokens: 900,
      output_tokens: 300,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
    },
    ...change,
  };
}

export const GOOD_ANSWER = {
  evidence: [{ id: "E1", quote: "Connection to <*> refused", shows: "The database does not answer." }],
  causal_chain: ["The database of payment-api stops answering.", "Payments fail."],
  verdict: "identified",
  root_cause: {
    summary: "payment-api cannot reach its database.",
    component: "payment-api",
    fault_class: "dependency_failure",
    change: "",
  },
  impact: "Payments fail.",
  recommended_actions: [
    {
      action: "Check that the database of payment-api accepts connections.",
      kind: "check",
      risk: "low",
      evidence_ids: ["E1"],
    },
  ],
  alternatives: [],
  missing_information: [],
  confidence: 0.7,
};

export const reply = {
  message: (text: string, change?: MessageChange): Reply => json(200, messageOf(text, change)),
  answer: (change: Record<string, unknown> = {}): Reply =>
    json(200, messageOf(JSON.stringify({ ...GOOD_ANSWER, ...change }))),
  error: (status: number, type: string, headers: Record<string, string> = {}, details?: unknown): Reply =>
    json(status, { type: "error", error: { type, message: `made up ${type}`, details } }, headers),
  json,
  raw:
    (status: number, body: string, contentType: string): Reply =>
    async () =>
      new Response(body, { status, headers: { "content-type": contentType } }),
  /** Headers at once, then a body that never ends and heeds no signal. */
  stalledBody: (): Reply => async () =>
    new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("{")) }), {
      headers: { "content-type": "application/json" },
    }),
  /** No answer until the request is aborted. */
  hanging: (): Reply => (signal) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")), {
        once: true,
      });
    }),
  networkError: (): Reply => () => Promise.reject(new TypeError("fetch failed")),
};

/** The API in place of `fetch`: refuses what the real one would, then plays the replies in order. */
export class ClaudeFake {
  readonly requests: SeenRequest[] = [];
  readonly #replies: Reply[];

  constructor(...replies: Reply[]) {
    this.#replies = replies;
  }

  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(init?.headers);
    const text = typeof init?.body === "string" ? init.body : "";
    const body: unknown = text === "" ? null : JSON.parse(text);
    this.requests.push({ url, headers, text, body });
    const refused = refusal(url, headers, body);
    if (refused !== null) return refused(null);
    const next = this.#replies.shift();
    if (next === undefined) throw new Error("the fake has no reply left");
    return next(init?.signal ?? null);
  };
}

function refusal(url: string, headers: Headers, body: unknown): Reply | null {
  if (headers.get("authorization") !== `Bearer ${FAKE_KEY}`) return reply.error(401, "authentication_error");
  if (headers.get("anthropic-version") !== API_VERSION) return reply.error(400, "invalid_request_error");
  const { pathname } = new URL(url);
  if (pathname.startsWith("/v1/models/")) return null;
  if (pathname !== "/v1/messages") return reply.error(404, "not_found_error");
  const problems = requestProblems(body);
  return problems.length === 0 ? null : reply.error(400, "invalid_request_error", {}, { problems });
}
