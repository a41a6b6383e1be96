import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { callFaults } from "./slack-validator.ts";

export interface Call {
  /** The method, such as `chat.postMessage`, or `respond` for a `response_url`. */
  readonly method: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** When it came in, in milliseconds since 1970 with fractions. */
  readonly atMs: number;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const TRUTHS: Readonly<Record<string, unknown>> = {
  "auth.test": { ok: true, bot_id: "B01", user_id: "U00", user: "tocsin", team: "Acme" },
};

/**
 * Slack's side over real HTTP: keeps every call; answers what was planned for the method, else yes. Every message is
 * held against Slack's limits; a fault makes the test's stop fail.
 */
export class FakeSlack {
  readonly calls: Call[] = [];
  readonly faults: string[] = [];
  /** Mentions that a test means. */
  allowed: readonly string[] = [];
  private readonly planned = new Map<string, Answer[]>();
  private readonly server: Server;
  private lastTs = 0;

  private constructor() {
    this.server = createServer((request, response) => {
      void this.answer(request, response);
    });
  }

  static async start(): Promise<FakeSlack> {
    const fake = new FakeSlack();
    await new Promise<void>((resolve) => {
      fake.server.listen(0, "127.0.0.1", resolve);
    });
    return fake;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => {
      this.server.close(resolve);
    });
    if (this.faults.length > 0) throw new Error(`Slack would refuse: ${this.faults.join("; ")}`);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get apiUrl(): string {
    return `${this.url}/api/`;
  }

  get responseUrl(): string {
    return `${this.url}/respond`;
  }

  plan(method: string, ...answers: Answer[]): void {
    this.planned.set(method, [...(this.planned.get(method) ?? []), ...answers]);
  }

  /** An `"ok": false`. */
  refuse(method: string, error: string): void {
    this.plan(method, { body: { ok: false, error } });
  }

  of(method: string): readonly Call["args"][] {
    return this.calls.filter((call) => call.method === method).map((call) => call.args);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = performance.timeOrigin + performance.now();
    const method = (request.url ?? "").split("/").at(-1) ?? "";
    const args = readArgs(request.headers["content-type"] ?? "", await readBody(request));
    this.calls.push({ method, args, atMs });
    this.faults.push(...callFaults(method, args, this.allowed));
    const planned = this.planned.get(method)?.shift();
    const { status = 200, headers = {}, body } = planned ?? { body: this.usual(method, args) };
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }

  private usual(method: string, args: Call["args"]): unknown {
    const known = TRUTHS[method];
    if (known !== undefined) return known;
    this.lastTs++;
    return {
      ok: true,
      channel: args["channel"] === "#alerts" ? "C01" : args["channel"],
      ts: `${this.lastTs}.0`,
      ...(method.startsWith("views.") ? { view: { id: "V01", hash: "h1" } } : {}),
    };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function readArgs(contentType: string, body: string): Record<string, unknown> {
  if (contentType.startsWith("application/json")) return JSON.parse(body) as Record<string, unknown>;
  const args: Record<string, unknown> = {};
  for (const [key, value] of new URLSearchParams(body)) {
    args[key] = /^[[{]/.test(value) ? (JSON.parse(value) as unknown) : value;
  }
  return args;
}
