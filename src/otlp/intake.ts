import type { Clock } from "../clock.ts";
import type { LogSink } from "../log/sink.ts";
import type { EpochMs } from "../log/time.ts";
import { tooLarge } from "./admission.ts";
import type { Refusal } from "./admission.ts";
import type { ByteLease } from "./byte-budget.ts";
import { decompress, decompressNow } from "./content-encoding.ts";
import type { Coding } from "./content-encoding.ts";
import type { Encoding } from "./content-type.ts";
import type { Decompressed, DecompressLimits } from "./decompressed.ts";
import { receive } from "./delivery.ts";
import type { Delivered } from "./delivery.ts";
import { corrupt, overBudget } from "./refusals.ts";

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
  /** `lease` holds the body's wire bytes already and pays for what its content takes. */
  take(body: WireBody, lease: ByteLease): Promise<Taken>;
}

export interface IntakeOptions {
  /** Of each coding's output. */
  readonly maxBodyBytes: number;
  readonly sink: LogSink;
}

/** On the thread it is called on; large content is inflated on zlib's threads. */
export class InlineIntake implements Intake {
  readonly #options: IntakeOptions;
  readonly #clock: Clock;

  constructor(options: IntakeOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  async take(body: WireBody, lease: ByteLease): Promise<Taken> {
    const limits = { maxBytes: this.#options.maxBodyBytes, ...lease };
    const content = await decompress(body.bytes, body.codings, limits);
    return deliverContent(body, content, this.#options, this.#clock.now());
  }
}

/** All at once, for a thread that has nothing else to do. */
export function takeNow(
  body: WireBody,
  lease: DecompressLimits,
  options: IntakeOptions,
  nowMs: EpochMs,
): Taken {
  return deliverContent(body, decompressNow(body.bytes, body.codings, lease), options, nowMs);
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
