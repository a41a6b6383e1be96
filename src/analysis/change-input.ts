import { z } from "zod";
import { CHANGE_KINDS, type Change, type ChangeKind } from "../alert/change.ts";
import { cleanName } from "../log/series.ts";
import { parseTime, type EpochMs } from "../log/time.ts";
import type { AnnouncedChange } from "../window/recent.ts";
import { clip } from "./printable.ts";
import { redact } from "./redact.ts";

export const MAX_CHANGES_PER_REQUEST = 1_000;
const MAX_TITLE_CHARS = 300;
const MAX_DIFF_CHARS = 20_000;
const MAX_FILES = 100;
const MAX_FILE_CHARS = 300;
const MAX_REF_CHARS = 200;

const name = z.string().max(1_000).nullish();

/** What is read of a posted change; other names are ignored, so that a CI system's own event can be sent as it is. */
const Posted = z.object({
  kind: z.string().max(100).nullish(),
  at: z.union([z.string().max(100), z.number()]).nullish(),
  timestamp: z.union([z.string().max(100), z.number()]).nullish(),
  service: name,
  environment: name,
  version: name,
  ref: name,
  commit: name,
  sha: name,
  title: name,
  message: z.string().max(20_000).nullish(),
  files: z.array(z.string().max(1_000)).max(10_000).nullish(),
  diff: z.string().max(1_000_000).nullish(),
});

export type PostedChange =
  | { readonly kind: "change"; readonly change: Change }
  | { readonly kind: "rejected"; readonly reason: string };

function kindOf(word: string | null | undefined, hasCommit: boolean): ChangeKind | null {
  if (word === null || word === undefined || word === "") return hasCommit ? "commit" : "other";
  const known = word.trim().toLowerCase();
  const alias = ALIASES.get(known) ?? known;
  return CHANGE_KINDS.find((kind) => kind === alias) ?? null;
}

const ALIASES: ReadonlyMap<string, ChangeKind> = new Map([
  ["deployment", "deploy"],
  ["release", "deploy"],
  ["rollout", "deploy"],
  ["push", "commit"],
  ["configuration", "config"],
  ["feature_flag", "flag"],
  ["infra", "infrastructure"],
]);

function optional(text: string | null | undefined, maxChars: number): string | null {
  const clean = clip(redact(text ?? "").trim(), maxChars);
  return clean === "" ? null : clean;
}

function timeOf(at: string | number | null | undefined, nowMs: EpochMs): EpochMs | null {
  if (at === null || at === undefined) return nowMs;
  const timeMs = parseTime(at);
  return timeMs === null || !Number.isFinite(timeMs) ? null : timeMs;
}

function rejected(reason: string): PostedChange {
  return { kind: "rejected", reason };
}

/** A posted change, bounded and redacted; what is missing is unknown, a missing time is now. */
export function parseChange(value: unknown, id: string, nowMs: EpochMs): PostedChange {
  const parsed = Posted.safeParse(value);
  if (!parsed.success) return rejected('a change is an object such as {"kind": "deploy", "service": …}');
  const { data } = parsed;
  const ref = optional(data.ref ?? data.commit ?? data.sha, MAX_REF_CHARS);
  const kind = kindOf(data.kind, ref !== null);
  if (kind === null) return rejected(`kind must be one of ${CHANGE_KINDS.join(", ")}`);
  const atMs = timeOf(data.at ?? data.timestamp, nowMs);
  if (atMs === null) return rejected("at is no time");
  const version = optional(data.version, MAX_REF_CHARS);
  const service = nameOf(data.service);
  const title = optional(data.title ?? data.message, MAX_TITLE_CHARS) ?? version ?? ref;
  if (title === null && service === null) return rejected("a title, a service, a version or a ref is needed");
  const change: Change = {
    id,
    kind,
    atMs,
    service,
    environment: nameOf(data.environment),
    version,
    ref,
    title: title ?? kind,
    files: filesOf(data.files),
    diff: optional(data.diff, MAX_DIFF_CHARS),
    source: "api",
  };
  return { kind: "change", change };
}

function nameOf(text: string | null | undefined): string | null {
  return cleanName(text ?? "") || null;
}

function filesOf(files: readonly string[] | null | undefined): readonly string[] {
  return (files ?? []).slice(0, MAX_FILES).map((file) => clip(redact(file), MAX_FILE_CHARS));
}

/** A change that a log record announced, or a version that was seen for the first time. */
export function announcedChange(announced: AnnouncedChange, id: string): Change {
  const { eventName, series, timeMs, body, attributes } = announced;
  const text = (key: string): string | null => {
    const value = attributes.get(key);
    return typeof value === "string" ? optional(value, MAX_REF_CHARS) : null;
  };
  const word = eventName.split(/[._]/)[0] ?? "";
  return {
    id,
    kind: kindOf(eventName.startsWith("feature_flag") ? "flag" : word, false) ?? "other",
    atMs: timeMs,
    service: series.service,
    environment: series.environment,
    version: text("service.version"),
    ref: text("vcs.ref.head.revision") ?? text("deployment.id") ?? text("feature_flag.key"),
    title: optional(body, MAX_TITLE_CHARS) ?? eventName,
    files: [],
    diff: null,
    source: "otlp",
  };
}
