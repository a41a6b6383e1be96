import type { EpochMs } from "../log/time.ts";
import type { Taken, WireBody } from "../otlp/intake.ts";
import type { Counted } from "../window/counted.ts";

/** What a thread is started with. */
export interface ThreadOptions {
  /** From 0: whose account in the byte budget. */
  readonly slot: number;
  readonly budgetBytes: number;
  readonly budgetCells: BigInt64Array<SharedArrayBuffer>;
  readonly maxBodyBytes: number;
  readonly maxServices: number;
  readonly bucketMs: number;
  /** As in `CounterOptions`. */
  readonly mines: boolean;
}

/** A body to take. Answered by `taken` or `failed`. */
export interface TakeMessage extends Omit<WireBody, "bytes"> {
  readonly kind: "take";
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly nowMs: EpochMs;
}

/** Asks for what was counted since the last time. Answered by `collected`, after every body that came before it. */
export interface CollectMessage {
  readonly kind: "collect";
  readonly nowMs: EpochMs;
  /** Shapes that were told before are to be told again. */
  readonly tellAgain: boolean;
}

export type ToThread = TakeMessage | CollectMessage;

export type FromThread =
  | { readonly kind: "taken"; readonly id: number; readonly taken: Taken; readonly tookMs: number }
  /** `failure` says where it broke, never what was received. */
  | { readonly kind: "failed"; readonly id: number; readonly failure: string }
  | {
      readonly kind: "collected";
      readonly counted: Counted;
      readonly nowMs: EpochMs;
      /** Series that found no room so far. */
      readonly overflowed: number;
    };
