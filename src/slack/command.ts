import type { MuteTarget } from "../alert/mute.ts";
import { CATEGORIES, SEVERITIES, type Severity } from "../anomaly/anomaly.ts";
import { parseDuration } from "../log/duration.ts";
import { nearest } from "../log/nearest.ts";
import { DAY_MS, MINUTE_MS, type EpochMs } from "../log/time.ts";

export const DEFAULT_RECENT = 10;
export const MAX_RECENT = 50;

/** Verbs that take the id of one alert and nothing else. */
export type AlertWord = "show" | "acknowledge" | "resolve" | "reopen" | "real" | "noise";
/** Verbs that take nothing. */
export type BareWord = "mutes" | "status" | "services" | "digest" | "test" | "proposals";

export type Command =
  /** `clamped`: more was asked for. */
  | {
      readonly verb: "recent";
      readonly limit: number;
      readonly clamped: boolean;
      readonly service: string | null;
      readonly severity: Severity | null;
    }
  | { readonly verb: AlertWord; readonly id: string }
  | { readonly verb: "analyze"; readonly id: string; readonly hint: string | null }
  | { readonly verb: "note"; readonly id: string; readonly text: string }
  /** null: the snooze is called off. */
  | { readonly verb: "snooze"; readonly id: string; readonly durationMs: number | null }
  /** `me` as it was typed; null: nobody any more. */
  | { readonly verb: "assign"; readonly id: string; readonly assignee: string | null }
  | { readonly verb: "merge"; readonly id: string; readonly into: string }
  | { readonly verb: "mute"; readonly request: MuteWish }
  | { readonly verb: "unmute" | "approve" | "reject"; readonly id: string }
  | { readonly verb: "why"; readonly service: string; readonly at: string | null }
  | { readonly verb: "patterns"; readonly service: string }
  | { readonly verb: BareWord }
  /** `problem` holds what was typed, unescaped; null where help was asked for. */
  | { readonly verb: "help"; readonly problem: string | null };

/** As typed: an alert's id may be a prefix still. */
export interface MuteWish {
  readonly target: MuteTarget;
  readonly durationMs: number;
  /** A planned maintenance window; null: from now. */
  readonly startsAtMs: EpochMs | null;
  readonly reason: string | null;
}

export interface Asked {
  readonly command: Command;
  /** Everybody in the channel sees the answer. */
  readonly isPublic: boolean;
}

const ALIASES: Readonly<Record<string, string>> = {
  list: "recent",
  ls: "recent",
  analyse: "analyze",
  ack: "acknowledge",
  close: "resolve",
  silence: "mute",
  unsilence: "unmute",
  "?": "help",
};
const ALERT_WORDS: ReadonlySet<string> = new Set<AlertWord>([
  "show",
  "acknowledge",
  "resolve",
  "reopen",
  "real",
  "noise",
]);
const BARE_WORDS: ReadonlySet<string> = new Set<BareWord>([
  "mutes",
  "status",
  "services",
  "digest",
  "test",
  "proposals",
]);
export const WORDS: readonly string[] = [
  "recent",
  "analyze",
  "note",
  "snooze",
  "assign",
  "merge",
  "mute",
  "unmute",
  "approve",
  "reject",
  "why",
  "patterns",
  "help",
  "ack",
  ...ALERT_WORDS,
  ...BARE_WORDS,
];

const MAX_WORD = 64;
const MAX_NAME = 255;
const MAX_COMMAND = 4_000;
const MAX_HINT = 500;
const MIN_MUTE_MS = MINUTE_MS;
const MAX_MUTE_MS = 90 * DAY_MS;

/** What people and clients put around an id: quotes, backticks, formatting, brackets, a closing full stop. */
const AROUND = /^[`'"“”‘’*_~<>()[\]#]+|[`'"“”‘’*_~<>()[\].,;:!?]+$/gu;
const BARE_ID = /^\d{8}_\d{6}(?:_\d+)?$/;

/** An alert's id, whole or its beginning, as the verbs know it. */
export function cleanId(word: string): string {
  const id = word.slice(0, MAX_WORD).replace(AROUND, "").toLowerCase();
  return BARE_ID.test(id) ? `anom_${id}` : id;
}

function help(problem: string | null): Command {
  return { verb: "help", problem };
}

/** Number, service and severity in any order. */
function parseRecent(words: readonly string[]): Command {
  let limit = DEFAULT_RECENT;
  let clamped = false;
  let service: string | null = null;
  let severity: Severity | null = null;
  for (const word of words) {
    if (/^[-+]?\d/.test(word) && !/[a-z]{2}/i.test(word)) {
      if (!/^\d{1,9}$/.test(word) || Number(word) < 1) {
        return help(`"${word.slice(0, MAX_WORD)}" is not a number from 1 to ${MAX_RECENT}.`);
      }
      limit = Math.min(Number(word), MAX_RECENT);
      clamped = Number(word) > MAX_RECENT;
      continue;
    }
    const found = SEVERITIES.find((known) => known === word.toLowerCase());
    if (found !== undefined) severity = found;
    else if (service === null) service = word.slice(0, MAX_NAME);
    else return help(`"${word.slice(0, MAX_WORD)}" is one word too many.`);
  }
  return { verb: "recent", limit, clamped, service, severity };
}

function needsId(verb: string): Command {
  return help(`"${verb}" needs the id of an anomaly.`);
}

function parseWithText(verb: "analyze" | "note", [word = "", ...rest]: readonly string[]): Command {
  const id = cleanId(word);
  if (id === "") return needsId(verb);
  const text = rest.join(" ");
  if (verb === "analyze") return { verb, id, hint: text === "" ? null : text.slice(0, MAX_HINT) };
  return text === "" ? help(`What should the note on ${id} say?`) : { verb, id, text };
}

function parseSnooze([word = "", span = ""]: readonly string[]): Command {
  const id = cleanId(word);
  const durationMs = span.toLowerCase() === "off" ? null : (parseDuration(span.toLowerCase()) ?? 0);
  if (id === "" || durationMs === 0)
    return help('"snooze" needs an id and how long, such as "2h", or "off".');
  if (durationMs !== null && (durationMs < MIN_MUTE_MS || durationMs > MAX_MUTE_MS))
    return help("A snooze lasts from 1m to 90d.");
  return { verb: "snooze", id, durationMs };
}

/** `assign <id>` alone: to whoever says so. */
function parseAssign([word = "", ...rest]: readonly string[]): Command {
  const id = cleanId(word);
  if (id === "") return needsId("assign");
  const who = rest.join(" ").slice(0, MAX_NAME);
  return { verb: "assign", id, assignee: who.toLowerCase() === "nobody" ? null : who === "" ? "me" : who };
}

function parseMerge(words: readonly string[]): Command {
  const [id = "", into = ""] = words.filter((word) => word.toLowerCase() !== "into").map(cleanId);
  if (id === "" || into === "") return help('"merge" needs two ids: which goes on in which.');
  return { verb: "merge", id, into };
}

const KINDS = ["service", "category", "pattern", "alert"] as const;

/** `payment-api`, `service payment-api`, `service:payment-api`, `error_spike`, an id. */
function targetOf(words: readonly string[]): { readonly target: MuteTarget; readonly used: number } | null {
  const [first = "", second = ""] = words;
  const [prefix = "", ...after] = first.split(":");
  const inOne = KINDS.find((kind) => kind === prefix.toLowerCase());
  if (inOne !== undefined && after.length > 0) return target(inOne, after.join(":"), 1);
  const kind = KINDS.find((known) => known === first.toLowerCase());
  if (kind !== undefined && second !== "" && parseDuration(second) === null) return target(kind, second, 2);
  if (first === "") return null;
  if (CATEGORIES.some((category) => category === first.toLowerCase())) return target("category", first, 1);
  const id = cleanId(first);
  if (/^anom_\d/.test(id)) return target("alert", id, 1);
  return target("service", first, 1);
}

function target(kind: MuteTarget["kind"], word: string, used: number) {
  const value =
    kind === "alert" ? cleanId(word) : kind === "category" ? word.toLowerCase() : word.slice(0, MAX_NAME);
  return { target: { kind, value, environment: null }, used };
}

const MUTE_USAGE = '"mute" needs what and how long, such as "mute payment-api 2h".';

/** `<target> <duration> [in <environment>] [from <time>] [reason]`. */
function parseMute(words: readonly string[]): Command {
  const found = targetOf(words);
  if (found === null) return help(MUTE_USAGE);
  const [word = "", ...rest] = words.slice(found.used);
  const durationMs = parseDuration(word.toLowerCase());
  if (durationMs === null) return help(MUTE_USAGE);
  if (durationMs < MIN_MUTE_MS || durationMs > MAX_MUTE_MS) return help("A mute lasts from 1m to 90d.");
  let environment: string | null = null;
  let startsAtMs: number | null = null;
  let left = rest;
  for (;;) {
    const [keyword = "", value, ...after] = left;
    if (value === undefined || (keyword !== "in" && keyword !== "from")) break;
    if (keyword === "in") environment = value.slice(0, MAX_NAME);
    else {
      startsAtMs = Date.parse(value);
      if (Number.isNaN(startsAtMs))
        return help(`"${value.slice(0, MAX_WORD)}" is not a time such as 2026-01-15T22:00Z.`);
    }
    left = after;
  }
  const reason = left.join(" ").slice(0, MAX_HINT);
  const wish = { durationMs, startsAtMs, reason: reason === "" ? null : reason };
  return { verb: "mute", request: { ...wish, target: { ...found.target, environment } } };
}

function needs(verb: "unmute" | "approve" | "reject", word: string): Command {
  if (word !== "") return { verb, id: word.slice(0, MAX_WORD).replace(AROUND, "").toLowerCase() };
  return help(
    verb === "unmute"
      ? '"unmute" needs the id of a mute; "mutes" lists them.'
      : `"${verb}" needs the id of a proposal.`,
  );
}

function unknown(word: string): Command {
  const meant = nearest(word.toLowerCase(), WORDS);
  const hint = meant === null ? "" : ` Did you mean "${meant}"?`;
  return help(`Unknown command "${word.slice(0, MAX_WORD)}".${hint}`);
}

function parseNamed(verb: "why" | "patterns", [service = "", at]: readonly string[]): Command {
  if (service === "") return help(`"${verb}" needs the name of a service.`);
  const named = { service: service.slice(0, MAX_NAME) };
  return verb === "why" ? { verb, ...named, at: at?.slice(0, MAX_WORD) ?? null } : { verb, ...named };
}

const PARSERS: ReadonlyMap<string, (words: readonly string[]) => Command> = new Map([
  ["", () => help(null)],
  ["help", () => help(null)],
  ["recent", parseRecent],
  ["analyze", (words) => parseWithText("analyze", words)],
  ["note", (words) => parseWithText("note", words)],
  ["snooze", parseSnooze],
  ["assign", parseAssign],
  ["merge", parseMerge],
  ["mute", parseMute],
  ["unmute", ([id = ""]) => needs("unmute", id)],
  ["approve", ([id = ""]) => needs("approve", id)],
  ["reject", ([id = ""]) => needs("reject", id)],
  ["why", (words) => parseNamed("why", words)],
  ["patterns", (words) => parseNamed("patterns", words)],
]);

function parseWords([word = "", ...rest]: readonly string[]): Command {
  const typed = word.toLowerCase();
  const verb = Object.hasOwn(ALIASES, typed) ? (ALIASES[typed] ?? typed) : typed;
  if (ALERT_WORDS.has(verb)) {
    const id = cleanId(rest[0] ?? "");
    return id === "" ? needsId(typed) : { verb: verb as AlertWord, id };
  }
  if (BARE_WORDS.has(verb)) return { verb: verb as BareWord };
  return PARSERS.get(verb)?.(rest) ?? unknown(word);
}

export function isBare(command: Command): command is Extract<Command, { verb: BareWord }> {
  return BARE_WORDS.has(command.verb);
}

/** Does it take one alert and act on it, or show it? */
export function isOfAlert(command: Command): command is Extract<Command, { verb: AlertWord | "analyze" }> {
  return ALERT_WORDS.has(command.verb) || command.verb === "analyze";
}

/** Reads what was typed after `/anomalies`. Anything is understood, at worst as a wish for help. */
export function parseCommand(text: string): Asked {
  const words = text.slice(0, MAX_COMMAND).trim().split(/\s+/);
  const isPublic = words.length > 1 && words.at(-1)?.toLowerCase() === "public";
  return { command: parseWords(isPublic ? words.slice(0, -1) : words), isPublic };
}
