import { hash } from "node:crypto";
import { crc32 } from "node:zlib";

import type { Clock } from "../clock.ts";
import type { LogBatch } from "../log/batch.ts";
import { MINUTE_MS, SECOND_MS, type EpochMs } from "../log/time.ts";
import type { ByteLease } from "./byte-budget.ts";
import { freeNow } from "./free-now.ts";
import type { Intake, Taken, WireBody } from "./intake.ts";

/**
 * Whether the same bytes again can only be a sender's retry: `never` where logs may well be the same twice, `later`
 * where they may be at the same moment.
 */
export type Recognisable = "never" | "later" | "always";

/** Fewer records, or many of one moment, may be the same from two replicas, or twice from one loop. */
const MIN_DISTINCT = 10;
/** Senders wait at least so long before they try again; SDKs a second, the collector some five. */
const SOONEST_RETRY_MS = SECOND_MS / 2;
/** Senders give up after five minutes. */
const REMEMBERED_MS = 10 * MINUTE_MS;
const MAX_REMEMBERED = 50_000;
/** Of a large body, at each end: its whole goes into a checksum that is ten times as quick. */
const HASHED_BYTES = 16 * 1_024;
/** A gzip header tells when it was made, which differs between two sendings of one batch. */
const GZIP_HEADER_BYTES = 10;

export function recognisable({ size, timesMs }: LogBatch): Recognisable {
  if (size === 0) return "never";
  let [coarse, oneMoment] = [true, true];
  for (const timeMs of timesMs) {
    // NaN too: the time is then that of arrival.
    if (!(timeMs > 0)) return "never";
    coarse &&= timeMs % SECOND_MS === 0;
    oneMoment &&= timeMs === timesMs[0];
  }
  if (size >= MIN_DISTINCT) return oneMoment ? "later" : "always";
  return coarse ? "never" : "later";
}

/** Equal for a body that is sent again. Reads the bytes as they came over the wire. */
export function fingerprint({ encoding, codings, bytes }: WireBody): string {
  const content = codings.at(-1) === "gzip" ? bytes.subarray(GZIP_HEADER_BYTES) : bytes;
  const short = content.length <= 2 * HASHED_BYTES;
  const hashed = short
    ? content
    : Buffer.concat([content.subarray(0, HASHED_BYTES), content.subarray(-HASHED_BYTES)]);
  const sum = short ? 0 : crc32(content);
  return `${encoding} ${codings.join()} ${content.length} ${sum} ${hash("sha256", hashed, "base64url")}`;
}

interface Remembered {
  readonly atMs: EpochMs;
  readonly taken: Taken | Promise<Taken>;
}

export interface RepeatOptions {
  readonly clock: Clock;
  /** Told of the records of every batch that had come before. */
  readonly repeated: (records: number, nowMs: EpochMs) => void;
}

/**
 * Keeps a batch from being counted twice: a sender that lost our answer sends the same bytes again, to the same port,
 * and gets the same answer. Bounded in time and number; what is not recognised is counted.
 */
export class RepeatGuard implements Intake {
  readonly #inner: Intake;
  readonly #options: RepeatOptions;
  /** The oldest first. */
  readonly #known = new Map<string, Remembered>();

  constructor(inner: Intake, options: RepeatOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  async take(body: WireBody, lease: ByteLease): Promise<Taken> {
    const nowMs = this.#options.clock.now();
    this.#expire(nowMs);
    const print = fingerprint(body);
    const known = this.#known.get(print);
    if (known === undefined) return this.#first(print, body, lease, nowMs);
    // Where the first is still under way, its sender has lost patience: what becomes of it decides.
    const first = await known.taken;
    if (!isRepeat(first, nowMs - known.atMs)) return this.#inner.take(body, lease);
    freeNow(body.bytes);
    const { outcome, bodyBytes } = first;
    this.#options.repeated("accepted" in outcome ? outcome.accepted : 0, nowMs);
    return { outcome: { ...outcome, repeated: true }, bodyBytes };
  }

  async #first(print: string, body: WireBody, lease: ByteLease, atMs: EpochMs): Promise<Taken> {
    const taking = this.#inner.take(body, lease);
    this.#known.set(print, { atMs, taken: taking });
    let taken: Taken | null = null;
    try {
      taken = await taking;
      return taken;
    } finally {
      if (taken !== null && isRepeat(taken, Infinity)) this.#known.set(print, { atMs, taken });
      else this.#known.delete(print);
    }
  }

  #expire(nowMs: EpochMs): void {
    for (const [print, { atMs }] of this.#known) {
      if (this.#known.size < MAX_REMEMBERED && nowMs - atMs < REMEMBERED_MS) return;
      this.#known.delete(print);
    }
  }
}

/** Would the same bytes so much later be a repeat of what was taken? */
function isRepeat({ outcome }: Taken, afterMs: number): boolean {
  if ("status" in outcome || outcome.recognisable === "never") return false;
  return outcome.recognisable === "always" || afterMs >= SOONEST_RETRY_MS;
}
