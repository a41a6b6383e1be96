import type { Digest } from "../alert/digest.ts";
import type { Destination } from "../alert/route.ts";
import type { EpochMs } from "../log/time.ts";
import type { Delivery, MessageRef } from "./outbox.ts";

/** A message about many alerts, or about none. */
export interface Collective {
  readonly id: string;
  readonly kind: "storm" | "digest";
  readonly to: Destination;
  /** null for a storm. */
  readonly digest: Digest | null;
  /** Those that a storm names, in the order in which they came. */
  readonly alertIds: readonly string[];
  readonly ref: MessageRef | null;
  /** Grows with every change. */
  readonly version: number;
  readonly createdAtMs: EpochMs;
  readonly attempts: number;
  readonly sendingSinceMs: EpochMs | null;
}

/** The storms and digests that are to be told. Throws only when the store cannot be reached. */
export interface CollectiveBox {
  /** Makes the digest, once: false where it was made before, by whatever process. */
  addDigest(id: string, digest: Digest, to: Destination, nowMs: EpochMs): Promise<boolean>;
  /** The newest storm of that channel that began at `sinceMs` or later; null where there is none. */
  runningStorm(channel: string | null, sinceMs: EpochMs): Promise<Collective | null>;
  /** Ends these posts and names their alerts in the storm instead, which is made where it is new: all or nothing. */
  join(id: string, to: Destination, posts: readonly Delivery[], nowMs: EpochMs): Promise<void>;
  /** The storm that names this alert. */
  stormOf(alertId: string): Promise<string | null>;
  /** One of the storm's alerts has changed. */
  touch(id: string): Promise<void>;
  /** What people have not been shown yet, oldest first. */
  due(nowMs: EpochMs, limit: number): Promise<readonly Collective[]>;
  sending(id: string, nowMs: EpochMs): Promise<void>;
  /** `version` is shown at `ref`; a later change is not before `nextAtMs`. */
  shown(id: string, version: number, ref: MessageRef | null, nextAtMs: EpochMs): Promise<void>;
  retry(id: string, nextAtMs: EpochMs, reason: string, unclear: boolean): Promise<void>;
  abandon(id: string, reason: string): Promise<void>;
}
