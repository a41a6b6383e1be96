import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

import type { Logger } from "pino";

import type { Clock } from "../clock.ts";
import { admit, digest, isLogsTarget, refusal, tooLarge } from "./admission.ts";
import type { Admission, Refusal } from "./admission.ts";
import type { ByteBudget, ByteLease } from "./byte-budget.ts";
import { codingsOf, sniffCoding } from "./content-encoding.ts";
import { answerEncoding, encodingOf } from "./content-type.ts";
import type { Cors } from "./cors.ts";
import { deliveredCounts } from "./delivery.ts";
import type { Delivered } from "./delivery.ts";
import { aheadBytes } from "./intake.ts";
import type { Intake } from "./intake.ts";
import { endAfterBody } from "./linger.ts";
import type { RequestObservation } from "./observation.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { CLOSING, corrupt, FAILED, overBudget } from "./refusals.ts";
import { readBody } from "./request-body.ts";
import { exportResponse, responseHeaders, statusResponse } from "./responses.ts";
import type { SlowBodies } from "./slow-bodies.ts";

const MAX_SHOWN_AGENT = 100;
const MAX_FRAMES = 5;

export interface HandlerParts {
  readonly maxBodyBytes: number;
  readonly budget: ByteBudget;
  readonly token: string | null;
  /** Null: browsers are told nothing. */
  readonly cors: Cors | null;
  readonly intake: Intake;
  readonly clock: Clock;
  readonly log: Logger;
  readonly refusals: RefusalLog;
  readonly observe: (observation: RequestObservation) => void;
  readonly slowBodies: SlowBodies;
  /** From its abort on, whatever has not arrived yet is answered 503. */
  readonly closing: AbortSignal;
  /** From its abort on, bodies still on their way are given up too. */
  readonly stopping: AbortSignal;
}

interface Sizes {
  wireBytes: number;
  bodyBytes: number;
}

/** The connection ended while the body was read: nobody is left to answer. */
interface Gone {
  readonly kind: "gone";
}

/** A browser asks whether it may send. */
interface Preflight {
  readonly kind: "preflight";
}

type Outcome = Delivered | Refusal | Preflight | Gone;

function announcesBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Of a header that may hold anything, a label of few values. */
export function codingLabel(header: string | undefined): string {
  const codings = codingsOf(header);
  if (codings === null) return "unsupported";
  return codings.length === 0 ? "identity" : codings.join(", ");
}

/** Where it broke, without the message: that may quote what was received. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  return [error.name, ...frames.slice(0, MAX_FRAMES).map((line) => line.trim())].join(" ");
}

interface Answer {
  readonly status: number;
  readonly headers: string[];
  readonly body: Buffer;
}

const NO_BODY = Buffer.alloc(0);

function answerTo({ headers }: IncomingMessage, outcome: Exclude<Outcome, Gone>, cors: Cors | null): Answer {
  if ("kind" in outcome && outcome.kind === "preflight") {
    return { status: 204, headers: [...(cors?.preflightHeaders(headers) ?? [])], body: NO_BODY };
  }
  const encoding = answerEncoding(headers["content-type"], headers.accept);
  const refused = "status" in outcome;
  const body = refused ? statusResponse(encoding, outcome) : exportResponse(encoding, outcome.partial);
  const flat = [...responseHeaders(encoding, body), ...(refused ? outcome.headers : [])];
  if (cors !== null) flat.push(...cors.answerHeaders(headers));
  return { status: refused ? outcome.status : 200, headers: flat, body };
}

/** Answers one request after the other; never throws, whatever comes in and whatever the sink does. */
export class LogsHandler {
  readonly #parts: HandlerParts;
  readonly #tokenDigest: Buffer | null;
  /** Connections that have had their last answer: what they still send is no request any more. */
  readonly answered = new WeakSet<Socket>();

  constructor(parts: HandlerParts) {
    this.#parts = parts;
    this.#tokenDigest = parts.token === null ? null : digest(parts.token);
  }

  /** `expectsContinue`: the client waits for our word before it sends the body. */
  async handle(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): Promise<void> {
    const startMs = this.#parts.clock.now();
    const sizes: Sizes = { wireBytes: 0, bodyBytes: 0 };
    const lease = this.#parts.budget.lease();
    let outcome: Outcome;
    try {
      outcome = await this.#outcome(request, response, expectsContinue, lease, sizes);
    } catch (error) {
      this.#parts.log.error({ failure: describe(error) }, "OTLP request failed");
      outcome = FAILED;
    } finally {
      lease.release();
    }
    this.#answer(request, response, outcome);
    this.#observe(request, startMs, sizes, outcome);
  }

  /** An Expect header that we do not know. */
  refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
    const outcome = refusal(417, "expectation", "unknown expectation; supported: 100-continue");
    this.#answer(request, response, outcome);
    this.#observe(request, this.#parts.clock.now(), { wireBytes: 0, bodyBytes: 0 }, outcome);
  }

  async #outcome(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
    lease: ByteLease,
    sizes: Sizes,
  ): Promise<Outcome> {
    const { closing, intake } = this.#parts;
    if (this.#isPreflight(request)) return { kind: "preflight" };
    if (closing.aborted) return CLOSING;
    const admission = this.#admit(request);
    if ("status" in admission) return admission;
    const { lengthBytes } = admission;
    const announced = lengthBytes ?? 1;
    if (!lease.grow(announced + aheadBytes(admission, announced, lease))) return overBudget();
    if (expectsContinue) response.writeContinue();
    const bytes = await this.#body(request, admission, lease, sizes);
    if (!Buffer.isBuffer(bytes)) return bytes;
    if (lengthBytes === null && !lease.grow(aheadBytes(admission, bytes.length, lease))) return overBudget();
    const { outcome, bodyBytes } = await intake.take({ ...admission, bytes }, lease);
    sizes.bodyBytes = bodyBytes;
    return outcome;
  }

  /** Browsers send it without the token, so it comes before every check but the path. */
  #isPreflight({ method, url }: IncomingMessage): boolean {
    return this.#parts.cors !== null && method === "OPTIONS" && isLogsTarget(url);
  }

  #admit(request: IncomingMessage): Admission | Refusal {
    const { maxBodyBytes, cors } = this.#parts;
    const methods = cors === null ? "POST" : "POST, OPTIONS";
    return admit(request, { maxBodyBytes, tokenDigest: this.#tokenDigest, methods });
  }

  async #body(
    request: IncomingMessage,
    { codings, lengthBytes }: Admission,
    lease: ByteLease,
    sizes: Sizes,
  ): Promise<Buffer | Refusal | Gone> {
    const { maxBodyBytes, stopping, slowBodies } = this.#parts;
    const watch = slowBodies.watch(request);
    const read = await readBody(request, {
      lengthBytes,
      maxBytes: maxBodyBytes,
      grow: lease.grow,
      signal: stopping,
      onBytes: (bytes) => {
        sizes.wireBytes += bytes;
        watch.add(bytes);
      },
    });
    watch.end();
    if (read.kind !== "complete") return this.#unread(read.kind);
    const coding = codings.length === 0 ? sniffCoding(read.bytes) : null;
    return coding === null ? read.bytes : corrupt(`body is ${coding}, but Content-Encoding does not say so`);
  }

  #unread(kind: "too_large" | "over_budget" | "stopped" | "aborted"): Refusal | Gone {
    switch (kind) {
      case "too_large":
        return tooLarge(this.#parts.maxBodyBytes);
      case "over_budget":
        return overBudget();
      case "stopped":
        return CLOSING;
      case "aborted":
        return { kind: "gone" };
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse, outcome: Outcome): void {
    if ("kind" in outcome && outcome.kind === "gone") return;
    const { status, headers, body } = answerTo(request, outcome, this.#parts.cors);
    const unread = !request.complete && announcesBody(request);
    if (unread || this.#parts.closing.aborted) headers.push("Connection", "close");
    response.writeHead(status, headers);
    if (!unread) {
      response.end(body);
      return;
    }
    response.write(body);
    this.answered.add(request.socket);
    endAfterBody(request, response, this.#parts.clock);
  }

  #observe(request: IncomingMessage, startMs: number, sizes: Sizes, outcome: Outcome): void {
    const { clock, observe } = this.#parts;
    const encoding = encodingOf(request.headers["content-type"]) ?? "none";
    const coding = codingLabel(request.headers["content-encoding"]);
    const durationMs = clock.now() - startMs;
    const common = { encoding, coding, ...sizes, durationMs } as const;
    if ("status" in outcome) {
      const { status, reason } = outcome;
      observe({ ...common, status, reason, accepted: 0, rejected: 0, late: 0 });
      this.#warn(request, outcome);
    } else if (outcome.kind === "preflight") {
      observe({ ...common, status: 204, reason: "preflight", accepted: 0, rejected: 0, late: 0 });
    } else if (outcome.kind === "gone") {
      if (this.answered.has(request.socket)) return;
      observe({ ...common, status: 0, reason: "aborted", accepted: 0, rejected: 0, late: 0 });
    } else {
      observe({ ...common, status: 200, ...deliveredCounts(outcome) });
    }
  }

  #warn(request: IncomingMessage, { status, reason }: Refusal): void {
    const agent = request.headers["user-agent"]?.slice(0, MAX_SHOWN_AGENT) ?? null;
    this.#parts.refusals.warn(reason, { status, client: request.socket.remoteAddress ?? null, agent });
  }
}
