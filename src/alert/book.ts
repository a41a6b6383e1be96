import type { EpochMs } from "../log/time.ts";
import type { Alert } from "./alert.ts";
import type { AlertChange } from "./event.ts";
import type { Claim } from "./repository.ts";

/** The alerts as a tick sees them: answers at once from memory, stores what it is told in its own time. */
export interface AlertBook {
  /** The unresolved alert of an environment. */
  running(environment: string): Alert | undefined;
  /** Of every environment. */
  unresolved(): readonly Alert[];
  /** An unresolved alert, or one that still holds a claim. */
  alert(id: string): Alert | undefined;
  claim(key: string): Claim | undefined;
  taken(id: string): boolean;
  open(alert: Alert, claims: readonly Claim[], nowMs: EpochMs): void;
  change(id: string, changes: readonly AlertChange[], claims: readonly Claim[], nowMs: EpochMs): void;
}
