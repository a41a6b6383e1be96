import type { Clock } from "../clock.ts";
import type { LogSink } from "../log/sink.ts";
import type { EpochMs } from "../log/time.ts";
import { tooLarge } from "./admission.ts";
import type { Refusal } from "./admission.ts";
import type { ByteLease } from "./byte-budget.ts";
import { decompress } from "./content-encoding.ts";
import type { Coding } from "./content-encoding.ts";
import type { Encoding } from "./content-type.ts";
import type { Decompressed } from "./decompressed.ts";
import { receive } from "./delivery.ts";
import type { Delivered } from "./delivery.ts";
import { corrupt, overBudget } from "./refusals.ts";

/** Text, its values and the records made of them: while JSON is decoded it takes at least so often its length. */
const JSON_DECODE_FACTOR = 3;
/** Of the budget, at most so much for what a compressed JSON body will take once it is unpacked. */
const COMPRESSED_JSON_SHARE = 1 / 4;

/** What decoding a plain body takes besides its bytes; less where the whole budget could not pay for it. */
export function decodeBytes(encoding: Encoding, plainBytes: number, { limitBytes }: ByteLease): number {
  if (encoding !== "json") return 0;
  const left = Math.max(0, limitBytes * (1 - COMPRESSED_JSON_SHARE) - 2 * plainBytes);
  return Math.floor(Math.min((JSON_DECODE_FACTOR - 1) * plainBytes, left));
}

/**
 * What a body is charged besides its wire bytes before it is read: those that wait must leave room for the one that is
 * decoded. A compressed one gives its length away only later.
 */
export function aheadBytes(
  { encoding, codings }: Omit<WireBody, "bytes">,
  wireBytes: number,
  lease: ByteLease,
): number {
  if (encoding !== "json") return 0;
  if (codings.length === 0) return decodeBytes(encoding, wireBytes, lease);
  const { limitBytes } = lease;
  const most = Math.min(limitBytes * COMPRESSED_JSON_SHARE, Math.max(0, limitBytes / 2 - wireBytes));
  return Math.floor(Math.min((JSON_DECODE_FACTOR - 1) * wireBytes, most));
}

/** A request's body as it came over the wire, read to its end. */
export interface WireBody {
  readonly encoding: Encoding;
  /** In the order they were applied. */
  readonly codings: readonly Coding[];
  readonly bytes: Buffer;
}

export interface Taken {
  readonly outcome: Delivered | Refusal;
  /** Of the content; 0 where it was not unpacked. */
  readonly bodyBytes: number;
}

/** Unpacks, decodes and counts whole bodies. Takes their bytes: large ones are empty afterwards. */
export interface Intake {
  /** `lease` holds the body's wire bytes already, `aheadBytes` too, and pays for what its content takes. */
  take(body: WireBody, lease: ByteLease): Promise<Taken>;
}

export interface IntakeOptions {
  /** Of each coding's output. */
  readonly maxBodyBytes: number;
  readonly sink: LogSink;
}

/** On the thread that calls it, which does nothing else meanwhile. */
export class InlineIntake implements Intake {
  readonly #options: IntakeOptions;
  readonly #clock: Clock;

  constructor(options: IntakeOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  take(body: WireBody, lease: ByteLease): Promise<Taken> {
    return Promise.resolve(takeNow(body, lease, this.#options, this.#clock.now()));
  }
}

/** A sink that throws is the caller's to handle. */
export function takeNow(body: WireBody, lease: ByteLease, options: IntakeOptions, nowMs: EpochMs): Taken {
  const limits = { maxBytes: options.maxBodyBytes, ...lease };
  const content = decompress(body.bytes, body.codings, limits);
  return deliverContent(body, paid(body, content, lease), options, nowMs);
}

function paid({ encoding, codings }: WireBody, content: Decompressed, lease: ByteLease): Decompressed {
  if (content.kind !== "plain" || codings.length === 0) return content;
  return lease.grow(decodeBytes(encoding, content.bytes.length, lease)) ? content : { kind: "over_budget" };
}

function deliverContent(
  { encoding, codings }: WireBody,
  content: Decompressed,
  { maxBodyBytes, sink }: IntakeOptions,
  nowMs: EpochMs,
): Taken {
  switch (content.kind) {
    case "corrupt":
      return { outcome: corrupt(`body is not intact ${codings.join(", ")}`), bodyBytes: 0 };
    case "too_large":
      return { outcome: tooLarge(maxBodyBytes), bodyBytes: 0 };
    case "over_budget":
      return { outcome: overBudget(), bodyBytes: 0 };
    case "plain": {
      const bodyBytes = content.bytes.length;
      return { outcome: receive(encoding, content.bytes, sink, nowMs), bodyBytes };
    }
  }
}
