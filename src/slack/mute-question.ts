import type { Actor } from "../alert/event.ts";
import {
  describeTarget,
  MUTE_TARGETS,
  receiptSentence,
  type MuteRequest,
  type MuteTarget,
  type Receipt,
} from "../alert/mute.ts";
import { describeDuration } from "../log/duration.ts";
import type { MuteWish } from "./command.ts";
import { actions, button, context, MAX_VALUE, message, type Message, section } from "./message.ts";
import { code, join, line, mrkdwn, slackTime, type Mrkdwn } from "./mrkdwn.ts";
import { forbidden, UNAVAILABLE } from "./permission.ts";
import type { Desk } from "./ports.ts";
import { ambiguous, notFound, notice, told } from "./replies.ts";

export const CONFIRM_MUTE = "mute:confirm";

const MAX_TARGET = 200;

/** Short names: a button's value holds 2,000 characters. */
interface Carried {
  readonly k: MuteTarget["kind"];
  readonly v: string;
  readonly e: string | null;
  readonly d: number;
  readonly s: number | null;
  readonly r: string | null;
}

function carry({ target, durationMs, startsAtMs, reason }: MuteWish): string {
  const carried: Carried = {
    k: target.kind,
    v: target.value,
    e: target.environment,
    d: durationMs,
    s: startsAtMs,
    r: reason,
  };
  return JSON.stringify(carried);
}

function isText(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}

/** What a confirm button carries; null for anything else. */
export function parseConfirm(value: string): MuteWish | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return null;
  const { k, v, e, d, s, r } = parsed as Partial<Record<keyof Carried, unknown>>;
  const kind = MUTE_TARGETS.find((known) => known === k);
  if (kind === undefined || typeof v !== "string" || !isText(e) || !isText(r)) return null;
  if (typeof d !== "number" || d <= 0 || (s !== null && typeof s !== "number")) return null;
  return { target: { kind, value: v, environment: e }, durationMs: d, startsAtMs: s ?? null, reason: r };
}

export function requestOf(wish: MuteWish, nowMs: number): MuteRequest {
  const { target, durationMs, startsAtMs, reason } = wish;
  return { target, startsAtMs, untilMs: (startsAtMs ?? nowMs) + durationMs, reason };
}

/** What it would have hidden, in a sentence and with the newest of them. */
export function receiptText(receipt: Receipt): Mrkdwn {
  const { examples } = receipt;
  const shown = examples.slice(0, 5).map((id) => code(id, 70));
  const list = shown.length === 0 ? [] : [mrkdwn`Such as ${join(shown, ", ")}.`];
  return join([line(receiptSentence(receipt), 400), ...list], "\n");
}

/** Nothing is saved yet: first the receipt, then the button. */
export async function muteQuestion(desk: Desk, wish: MuteWish, actor: Actor): Promise<Message> {
  const no = await forbidden(desk, "mute", actor);
  if (no !== null) return no;
  const target = await wholeTarget(desk, wish.target);
  if ("blocks" in target) return target;
  const preview = await desk.verbs.previewMute(target);
  if (preview.kind === "not_found") return notFound(target.value);
  if (preview.kind === "refused") return notice(preview.message);
  if (preview.kind === "unavailable") return notice(UNAVAILABLE);
  const whole = { ...wish, target };
  const span = describeDuration(wish.durationMs);
  const from = wish.startsAtMs === null ? mrkdwn`` : mrkdwn` from ${slackTime(wish.startsAtMs)}`;
  const title = mrkdwn`Mute ${line(describeTarget(target), MAX_TARGET)} for ${line(span, 30)}${from}?`;
  const value = carry(whole);
  if (value.length > MAX_VALUE) return notice("That is too long for a mute.");
  return message(title, [
    section("mute.question", mrkdwn`*${title}*\n${receiptText(preview.receipt)}`),
    actions("mute.answer", [button(CONFIRM_MUTE, `Mute for ${span}`, value, "danger")]),
    context(
      "mute.hint",
      mrkdwn`Nothing is muted yet. It expires, and wakes early when it gets worse than this.`,
    ),
  ]);
}

/** An alert's id may be a prefix. */
async function wholeTarget(desk: Desk, target: MuteTarget): Promise<MuteTarget | Message> {
  if (target.kind !== "alert") return target;
  const found = await desk.verbs.match(target.value);
  switch (found.kind) {
    case "one":
      return { ...target, value: found.alert.id };
    case "many":
      return ambiguous(target.value, found.ids);
    case "not_found":
      return notFound(target.value);
    case "unavailable":
      return notice(UNAVAILABLE);
  }
}

/** Mutes, if they may, and says until when and what it would have hidden. */
export async function muteNow(desk: Desk, request: MuteRequest, actor: Actor): Promise<Message> {
  const no = await forbidden(desk, "mute", actor);
  if (no !== null) return no;
  const outcome = await desk.verbs.mute(request, actor);
  if (outcome.kind === "not_found") return notFound(request.target.value);
  if (outcome.kind === "refused") return notice(outcome.message);
  if (outcome.kind === "unavailable") return notice(UNAVAILABLE);
  const { mute, receipt } = outcome;
  const until = mute.untilMs === null ? mrkdwn`` : mrkdwn` until ${slackTime(mute.untilMs)}`;
  const what = line(describeTarget(mute.target), MAX_TARGET);
  const ends = mrkdwn`\`/anomalies unmute ${line(mute.id, 30)}\` ends it.`;
  return told(join([mrkdwn`:mute: Muted ${what}${until}. ${ends}`, receiptText(receipt)], "\n"));
}
