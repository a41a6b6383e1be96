import type { EpochMs } from "../log/time.ts";

export const CHANGE_KINDS = [
  "deploy",
  "commit",
  "config",
  "flag",
  "migration",
  "infrastructure",
  "other",
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Something that people or machines changed: what an incident is most often preceded by. Texts are redacted. */
export interface Change {
  readonly id: string;
  readonly kind: ChangeKind;
  readonly atMs: EpochMs;
  /** null: of all services, or not known. */
  readonly service: string | null;
  /** null: of all environments. */
  readonly environment: string | null;
  readonly version: string | null;
  /** A commit, a ticket, a flag's name: what people look it up by. */
  readonly ref: string | null;
  readonly title: string;
  readonly files: readonly string[];
  readonly diff: string | null;
  readonly source: "api" | "otlp";
}

/** Where changes are remembered; newest last. */
export interface ChangeBook {
  between(environment: string, fromMs: EpochMs, toMs: EpochMs): readonly Change[];
}

export const NO_CHANGES: ChangeBook = { between: () => [] };
