import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";

import type { Clock } from "../clock.ts";
import { digest, refusal, refuseCaller, retryLater, tooLarge } from "./admission.ts";
import type { Refusal } from "./admission.ts";
import type { ByteLease } from "./byte-budget.ts";
import { codingsOf } from "./content-encoding.ts";
import type { Coding } from "./content-encoding.ts";
import { deliveredCounts } from "./delivery.ts";
import type { Delivered } from "./delivery.ts";
import { answerHttp, answerOk, answerRefusal, GRPC_ACCEPT_ENCODING } from "./grpc-answer.ts";
import { readMessage } from "./grpc-message.ts";
import type { MessageRead } from "./grpc-message.ts";
import { codingLabel, describe } from "./handler.ts";
import type { HandlerParts } from "./handler.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { CLOSING, FAILED, overBudget } from "./refusals.ts";
import { exportResponse } from "./responses.ts";

export const EXPORT_PATH = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

const CONTENT_TYPE = /^application\/grpc(?:\+proto)?(?:;|$)/i;
const MAX_SHOWN_PATH = 100;
const MAX_SHOWN_AGENT = 100;

const SLOW = retryLater("aborted", "the request came too slowly: come again later", 2);

interface Sizes {
  wireBytes: number;
  bodyBytes: number;
  compressed: boolean;
}

interface Gone {
  readonly kind: "gone";
}

type Outcome = Delivered | Refusal | Gone;

export type GrpcHandlerParts = Pick<
  HandlerParts,
  | "maxBodyBytes"
  | "budget"
  | "token"
  | "intake"
  | "clock"
  | "log"
  | "refusals"
  | "observe"
  | "slowBodies"
  | "closing"
  | "stopping"
>;

/** Answers one call after the other; never throws, whatever comes in and whatever the sink does. */
export class GrpcLogsHandler {
  readonly #parts: GrpcHandlerParts;
  readonly #tokenDigest: Buffer | null;
  readonly #refusals: RefusalLog;

  constructor(parts: GrpcHandlerParts) {
    this.#parts = parts;
    this.#tokenDigest = parts.token === null ? null : digest(parts.token);
    this.#refusals = parts.refusals;
  }

  async handle(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    client: string | null,
  ): Promise<void> {
    const startMs = this.#parts.clock.now();
    const sizes: Sizes = { wireBytes: 0, bodyBytes: 0, compressed: false };
    const lease = this.#parts.budget.lease();
    let outcome: Outcome;
    try {
      outcome = await this.#outcome(stream, headers, lease, sizes);
    } catch (error) {
      this.#parts.log.error({ failure: describe(error) }, "OTLP call failed");
      outcome = FAILED;
    } finally {
      lease.release();
    }
    answer(stream, outcome, this.#parts.clock);
    this.#observe(headers, client, startMs, sizes, outcome);
  }

  /** A connection that no call could come through, such as OTLP/HTTP sent to this port. */
  refuseConnection(reason: "malformed" | "handshake" | "connections", client: string | null): void {
    const common = {
      encoding: "none",
      coding: "identity",
      wireBytes: 0,
      bodyBytes: 0,
      durationMs: 0,
    } as const;
    this.#parts.observe({ ...common, status: 0, reason, accepted: 0, rejected: 0, late: 0 });
    this.#refusals.warn(reason, { status: 0, client, agent: null, transport: "grpc" });
  }

  async #outcome(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    lease: ByteLease,
    sizes: Sizes,
  ): Promise<Outcome> {
    const { closing, intake } = this.#parts;
    if (closing.aborted) return CLOSING;
    const admission = this.#admit(headers);
    if ("status" in admission) return admission;
    const message = await this.#message(stream, lease, sizes);
    if (message.kind !== "complete") return this.#unread(message);
    sizes.compressed = message.compressed;
    const codings = message.compressed ? admission.codings : [];
    if (message.compressed && codings.length === 0) {
      return malformed("message is compressed, but grpc-encoding does not say how");
    }
    const { outcome, bodyBytes } = await intake.take(
      { encoding: "protobuf", codings, bytes: message.bytes },
      lease,
    );
    sizes.bodyBytes = bodyBytes;
    return outcome;
  }

  /** All that can be decided before the message is read. */
  #admit(headers: IncomingHttpHeaders): Refusal | { readonly codings: readonly Coding[] } {
    if (headers[":method"] !== "POST") return refusal(405, "method", "gRPC takes POST only");
    if (!CONTENT_TYPE.test(headers["content-type"] ?? "")) {
      return refusal(415, "media_type", "unsupported media type; supported: application/grpc");
    }
    const path = headers[":path"] ?? "";
    if (path !== EXPORT_PATH) {
      const shown = path.slice(0, MAX_SHOWN_PATH).replaceAll(/[^\x20-\x7e]/g, "?");
      return refusal(
        404,
        "not_found",
        `nothing at ${shown}: this receiver takes logs only, at ${EXPORT_PATH}`,
      );
    }
    const stranger = refuseCaller({ headers }, { tokenDigest: this.#tokenDigest });
    if (stranger !== null) return stranger;
    const named = headers["grpc-encoding"];
    const codings = codingsOf(Array.isArray(named) ? named.join() : named);
    if (codings !== null) return { codings };
    return refusal(415, "coding", `unsupported grpc-encoding; supported: ${GRPC_ACCEPT_ENCODING}`);
  }

  async #message(stream: ServerHttp2Stream, lease: ByteLease, sizes: Sizes): Promise<MessageRead> {
    const { maxBodyBytes, stopping, slowBodies } = this.#parts;
    const watch = slowBodies.watch({ destroy: () => reading.giveUp() });
    const reading = readMessage(stream, {
      maxBytes: maxBodyBytes,
      grow: lease.grow,
      signal: stopping,
      onBytes: (bytes) => {
        sizes.wireBytes += bytes;
        watch.add(bytes);
      },
    });
    const read = await reading.outcome;
    watch.end();
    return read;
  }

  #unread(read: Exclude<MessageRead, { kind: "complete" }>): Refusal | Gone {
    switch (read.kind) {
      case "too_large":
        return tooLarge(this.#parts.maxBodyBytes);
      case "over_budget":
        return overBudget();
      case "malformed":
        return malformed(read.problem);
      case "stopped":
        return CLOSING;
      case "slow":
        return SLOW;
      case "aborted":
        return { kind: "gone" };
    }
  }

  #observe(
    headers: IncomingHttpHeaders,
    client: string | null,
    startMs: number,
    { wireBytes, bodyBytes, compressed }: Sizes,
    outcome: Outcome,
  ): void {
    const { clock, observe } = this.#parts;
    const named = headers["grpc-encoding"];
    const coding = compressed ? codingLabel(Array.isArray(named) ? named.join() : named) : "identity";
    const durationMs = clock.now() - startMs;
    const common = { encoding: "protobuf", coding, wireBytes, bodyBytes, durationMs } as const;
    if ("status" in outcome) {
      const { status, reason } = outcome;
      observe({ ...common, status, reason, accepted: 0, rejected: 0, late: 0 });
      const agent = headers["user-agent"]?.slice(0, MAX_SHOWN_AGENT) ?? null;
      this.#refusals.warn(reason, { status, client, agent, transport: "grpc" });
    } else if (outcome.kind === "gone") {
      observe({ ...common, status: 0, reason: "aborted", accepted: 0, rejected: 0, late: 0 });
    } else {
      observe({ ...common, status: 200, ...deliveredCounts(outcome) });
    }
  }
}

function malformed(problem: string): Refusal {
  return refusal(400, "malformed", problem);
}

function answer(stream: ServerHttp2Stream, outcome: Outcome, clock: Clock): void {
  if (!("status" in outcome)) {
    if (outcome.kind === "delivered") answerOk(stream, exportResponse("protobuf", outcome.partial));
  } else if (outcome.reason === "method") answerHttp(stream, 405, clock);
  else if (outcome.reason === "media_type") answerHttp(stream, 415, clock);
  else answerRefusal(stream, outcome, clock);
}
