import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { callFaults } from "./slack-validator.ts";

/** What goes wrong between us and Slack. */
export type Fault =
  /** 429 with Retry-After; the call is not done. */
  | { readonly kind: "rate_limited"; readonly retryAfterS: number }
  /** An HTTP error; the call is not done. */
  | { readonly kind: "status"; readonly status: number }
  /** An `"ok": false`; the call is not done. */
  | { readonly kind: "refused"; readonly error: string }
  /** The connection breaks before the call is done. */
  | { readonly kind: "cut" }
  /** The call is done, the answer never comes. */
  | { readonly kind: "lost_answer" }
  /** The call is done, the connection breaks before its answer. */
  | { readonly kind: "cut_answer" }
  /** The call is done; the answer says 503. */
  | { readonly kind: "failed_answer" };

export interface ProxiedCall {
  /** Such as `chat.postMessage`. */
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly fault: Fault["kind"] | null;
  readonly atMs: number;
}

/** Decides per call; null lets it through. */
export type FaultPlan = (call: Pick<ProxiedCall, "method" | "args">) => Fault | null;

/**
 * Stands in front of an emulator of Slack and does what emulators do not: rate limits, errors, lost answers. Holds
 * every message against Slack's limits on the way.
 */
export class FaultProxy {
  readonly calls: ProxiedCall[] = [];
  /** What Slack would have refused. */
  readonly faults: string[] = [];
  plan: FaultPlan = () => null;
  /** Calls whose answer will never come, while whoever called still waits for it. */
  held = 0;
  readonly #now: () => number;
  readonly #target: string;
  readonly #server: Server;

  private constructor(target: string, now: () => number) {
    this.#now = now;
    this.#target = target.replace(/\/+$/, "");
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  /** In front of the server at `target`, which may be away. */
  static async start(target: string, now: () => number = Date.now): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, now);
    await new Promise<void>((resolve) => {
      proxy.#server.listen(0, "127.0.0.1", resolve);
    });
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get apiUrl(): string {
    return `${this.url}/api/`;
  }

  /** The next calls of `method` meet these faults, one each; later ones pass. */
  next(method: string, ...faults: readonly Fault[]): void {
    const waiting = [...faults];
    this.plan = (call) => (call.method === method ? (waiting.shift() ?? null) : null);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request);
    const method = (request.url ?? "").split("?")[0]?.split("/").at(-1) ?? "";
    const args = argsOf(request.headers["content-type"] ?? "", body);
    this.faults.push(...callFaults(method, args));
    const fault = this.plan({ method, args });
    this.calls.push({ method, args, fault: fault?.kind ?? null, atMs: this.#now() });
    if (fault === null) return this.#pass(request, body, response);
    switch (fault.kind) {
      case "rate_limited":
        return answer(response, 429, { ok: false, error: "ratelimited" }, fault.retryAfterS);
      case "status":
        return answer(response, fault.status, "down");
      case "refused":
        return answer(response, 200, { ok: false, error: fault.error });
      case "cut":
        response.destroy();
        return;
      case "lost_answer":
        await this.#forward(request, body);
        this.held += 1;
        response.once("close", () => (this.held -= 1));
        return;
      case "cut_answer":
        await this.#forward(request, body);
        response.destroy();
        return;
      case "failed_answer":
        await this.#forward(request, body);
        return answer(response, 503, "down");
    }
  }

  async #pass(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const upstream = await this.#forward(request, body);
    const headers: Record<string, string> = {};
    for (const [name, value] of upstream.headers) {
      if (!HOP_BY_HOP.has(name)) headers[name] = value;
    }
    response.writeHead(upstream.status, headers);
    response.end(Buffer.from(await upstream.arrayBuffer()));
  }

  #forward(request: IncomingMessage, body: Buffer): Promise<Response> {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) {
      if (typeof value === "string" && !HOP_BY_HOP.has(name)) headers[name] = value;
    }
    const method = request.method ?? "GET";
    const hasBody = method !== "GET" && method !== "HEAD";
    return fetch(`${this.#target}${request.url ?? "/"}`, {
      method,
      headers,
      ...(hasBody ? { body: new Uint8Array(body) } : {}),
    });
  }
}

const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "content-encoding",
]);

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function argsOf(contentType: string, body: Buffer): Record<string, unknown> {
  const text = body.toString("utf8");
  try {
    if (contentType.startsWith("application/json")) return JSON.parse(text) as Record<string, unknown>;
    const args: Record<string, unknown> = {};
    for (const [key, value] of new URLSearchParams(text)) {
      args[key] = /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value;
    }
    return args;
  } catch {
    return {};
  }
}

function answer(response: ServerResponse, status: number, body: unknown, retryAfterS?: number): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) }),
  });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
