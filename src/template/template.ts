/** A message template, for people and for storing. */
export interface Template {
  /** A hash of its constant words: the same in any process, replica and release. */
  readonly id: string;
  /** With typed wildcards. */
  readonly text: string;
  readonly createdAtMs: number;
  readonly lastSeenMs: number;
  /** What was counted for it, those that became part of it included. */
  readonly count: number;
  /** Ids that it had, and those of templates that it took in. */
  readonly aliases: readonly string[];
}

/** One template as it is stored; plain data. */
export interface TemplateState {
  readonly id: string;
  /** Its constant words, a blank between them. */
  readonly words: string;
  readonly marked: string;
  readonly createdAtMs: number;
  readonly lastSeenMs: number;
  readonly count: number;
  /** The id of what it became; null where it stands for itself. */
  readonly became: string | null;
  /** Places between its words that were found to hold a variable. */
  readonly opened: readonly number[];
}

export const SNAPSHOT_VERSION = 1;

/** What changed since the last time; all of it where it is taken from the beginning. */
export interface MinerChanges {
  readonly version: typeof SNAPSHOT_VERSION;
  readonly templates: readonly TemplateState[];
  readonly removed: readonly string[];
  /** Parts of the ever-seen set; `bits` is base64. */
  readonly seen: readonly { readonly index: number; readonly keys: number; readonly bits: string }[];
}
