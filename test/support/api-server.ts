import { once } from "node:events";
import { createServer, request } from "node:http";
import type { Change } from "../../src/alert/change.ts";
import type { ChangeSink } from "../../src/api/changes.ts";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { createApi } from "../../src/api/api.ts";
import type { ApiDependencies } from "../../src/api/api.ts";
import { createMetrics } from "../../src/api/metrics.ts";
import { consolePages } from "../../src/console/routes.ts";
import { ByteBudget } from "../../src/otlp/byte-budget.ts";
import { OPENED_AT_MS } from "./sample-alert.ts";
import { FakeVerbs, RecordingSink, withAll } from "./api-fakes.ts";
import { DescriptionCheck } from "./api-openapi.ts";
import type { Description } from "./api-openapi.ts";
import { TestClock } from "./test-clock.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Answers to these need not be in the description: unknown paths and methods. */
  readonly undescribed?: boolean;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The API on a free port over fakes; every answer is held against the published description. */
export class ApiServer {
  readonly verbs = new FakeVerbs();
  readonly posted: Change[] = [];
  readonly changes: ChangeSink = {
    add: async (changes) => void this.posted.push(...changes),
    recent: (limit) => this.posted.slice(-limit).toReversed(),
  };
  readonly sink = new RecordingSink();
  readonly budget: ByteBudget;
  readonly clock = new TestClock(OPENED_AT_MS);
  readonly logged: string[] = [];
  readonly deps: ApiDependencies;
  readonly #server: Server;
  #check: DescriptionCheck | null = null;

  constructor(change: Partial<ApiDependencies> = {}, maxInFlightBytes = 1_000_000) {
    this.budget = new ByteBudget(maxInFlightBytes);
    const { verbs, clock } = this;
    this.deps = {
      clock,
      verbs: withAll(verbs),
      changes: this.changes,
      sink: this.sink,
      budget: this.budget,
      logger: pino({ level: "trace" }, { write: (line: string) => void this.logged.push(line) }),
      version: "1.2.3",
      publicUrl: null,
      tokens: { api: null, ingest: null },
      maxBodyBytes: 10_000,
      services: () => [],
      pipeline: () => [],
      readiness: () => Promise.resolve([]),
      metrics: createMetrics({ clock, version: "1.2.3" }),
      pages: consolePages(verbs, "1.2.3"),
      ...change,
    };
    this.#server = createServer(createApi(this.deps));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const token = this.deps.tokens.api;
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const { json } = await this.#send("GET", "/openapi.json", { headers });
    this.#check = new DescriptionCheck(json as Description);
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const answer = await this.#send(method, path, options);
    if (options.undescribed !== true) this.#hold(method, path, answer);
    return answer;
  }

  #hold(method: string, path: string, { status, headers, json }: Answer): void {
    const plain = path.split("?")[0] ?? path;
    const complaints =
      this.#check?.complaints(method, plain, status, headers["content-type"] ?? "", json) ?? [];
    if (complaints.length > 0) throw new Error(complaints.join("\n"));
  }

  #send(method: string, path: string, { headers = {}, body }: CallOptions): Promise<Answer> {
    const sent = request({ host: "127.0.0.1", port: this.port, method, path, headers, agent: false });
    const answered = new Promise<Answer>((resolve, reject) => {
      sent.once("error", reject);
      sent.once("response", (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
        });
      });
    });
    sent.end(body);
    return answered;
  }
}
