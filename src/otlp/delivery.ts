import type { LogSink } from "../log/sink.ts";
import { MAX_LATE_MS, MINUTE_MS } from "../log/time.ts";
import type { EpochMs } from "../log/time.ts";
import { refusal, retryLater } from "./admission.ts";
import type { Refusal } from "./admission.ts";
import type { Encoding } from "./content-type.ts";
import type { DecodeResult } from "./decode-result.ts";
import { decodeRequest } from "./decode.ts";
import { freeNow } from "./free-now.ts";
import { recognisable, type Recognisable } from "./repeats.ts";
import type { PartialSuccess } from "./responses.ts";

/** Senders give up after five minutes in all: a longer wait would make them drop the batch at once. */
const MAX_RETRY_AFTER_S = 30;

export interface Delivered {
  readonly kind: "delivered";
  readonly accepted: number;
  readonly rejected: number;
  readonly late: number;
  /** Null: nothing to tell the sender. */
  readonly partial: PartialSuccess | null;
  readonly recognisable: Recognisable;
  /** It had come before, was counted then and is not counted again. */
  readonly repeated: boolean;
}

/** For metrics: a repeat was counted when it came first. */
export function deliveredCounts({ accepted, rejected, late, repeated }: Delivered) {
  if (repeated) return { reason: "repeated", accepted: 0, rejected: 0, late: 0 } as const;
  return { reason: rejected > 0 ? "partial" : "ok", accepted, rejected, late } as const;
}

/** Decodes a plain body and delivers it. Takes `bytes`: a large one is empty afterwards. */
export function receive(
  encoding: Encoding,
  bytes: Buffer,
  sink: LogSink,
  nowMs: EpochMs,
): Delivered | Refusal {
  try {
    return deliver(decodeRequest(encoding, bytes), sink, nowMs);
  } finally {
    freeNow(bytes);
  }
}

/** Hands a decoded request to the sink, and says what to answer. A sink that throws is the caller's to handle. */
function deliver(result: DecodeResult, sink: LogSink, nowMs: EpochMs): Delivered | Refusal {
  if (result.kind === "too_many") return refusal(413, "too_large", result.message);
  if (result.kind === "invalid") return undecodable(result.violation);
  const { batch, rejected, firstRejection } = result;
  if (batch.size === 0 && firstRejection !== null) return undecodable(firstRejection);
  // An empty request goes to the sink as well: a source that is there and silent is not a gap in the input.
  const outcome = sink.accept(batch, nowMs);
  if (outcome.kind === "overloaded") {
    const retryAfterS = Math.min(MAX_RETRY_AFTER_S, Math.max(1, Math.ceil(outcome.retryAfterS)));
    return retryLater("overloaded", "overloaded: come again later", retryAfterS);
  }
  const notes: string[] = [];
  const total = batch.size + rejected;
  if (firstRejection !== null) {
    notes.push(
      `${rejected} of ${total} records rejected: ${firstRejection.field}: ${firstRejection.description}`,
    );
  }
  if (outcome.late > 0) notes.push(lateNote(outcome.late, total));
  if (result.warning !== null) notes.push(result.warning);
  const { accepted, late } = outcome;
  const partial = notes.length === 0 ? null : { rejected, message: notes.join("; ") };
  return {
    kind: "delivered",
    accepted,
    rejected,
    late,
    partial,
    recognisable: recognisable(batch),
    repeated: false,
  };
}

function lateNote(late: number, total: number): string {
  return `${late} of ${total} records are older than ${MAX_LATE_MS / MINUTE_MS} minutes: counted as late, not evaluated`;
}

function undecodable(violation: NonNullable<Refusal["violation"]>): Refusal {
  const where = violation.field === "" ? "" : `${violation.field}: `;
  return { ...refusal(400, "undecodable", `${where}${violation.description}`), violation };
}
