import type { types } from "@slack/bolt";
import type { Alert } from "../alert/alert.ts";
import { describeTarget, MUTE_TARGETS, type MuteTarget } from "../alert/mute.ts";
import { describeDuration, HOUR_MS } from "../log/duration.ts";
import { DAY_MS, MINUTE_MS } from "../log/time.ts";
import { type Choice, field, modal, section, select, textInput } from "./message.ts";
import { mrkdwn, type Mrkdwn } from "./mrkdwn.ts";

export const MUTE_MODAL = "mute";
export const MUTE_TARGET = "mute:target";
const MUTE_DURATION = "mute:duration";
const MUTE_REASON = "mute:reason";

const BLOCKS = { target: "mute.target", duration: "mute.duration", reason: "mute.reason" } as const;
const DURATIONS_MS = [30 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS, DAY_MS, 7 * DAY_MS] as const;
const DEFAULT_MS = HOUR_MS;
const MAX_TARGETS = 20;
const MAX_METADATA = 2_900;
const MAX_REASON = 500;

/** What the modal is about; it comes back with every answer. */
export interface MuteModal {
  readonly alertId: string;
  /** Where to say what came of it. */
  readonly channel: string | null;
  /** An option's value is its place in here: Slack's values are too short for a pattern. */
  readonly targets: readonly MuteTarget[];
}

/** The narrowest first: the alert, its services, its categories, its patterns. */
export function muteModalFor(alert: Alert, channel: string | null): MuteModal {
  const { environment, suspectedService, affectedServices, anomalies, evidence } = alert;
  const targets: MuteTarget[] = [{ kind: "alert", value: alert.id, environment: null }];
  const add = (kind: MuteTarget["kind"], values: readonly (string | null)[]): void => {
    for (const value of new Set(values))
      if (value !== null && value !== "") targets.push({ kind, value, environment });
  };
  add("service", [suspectedService, ...affectedServices].slice(0, 8));
  add(
    "category",
    anomalies.map(({ category }) => category),
  );
  add("pattern", [...anomalies.map(({ pattern }) => pattern), ...evidence.map(({ template }) => template)]);
  const fitting: MuteTarget[] = [];
  for (const target of targets.slice(0, MAX_TARGETS)) {
    if (metadataOf({ alertId: alert.id, channel, targets: [...fitting, target] }).length <= MAX_METADATA) {
      fitting.push(target);
    }
  }
  return { alertId: alert.id, channel, targets: fitting };
}

function metadataOf({ alertId, channel, targets }: MuteModal): string {
  return JSON.stringify([
    alertId,
    channel,
    targets.map(({ kind, value, environment }) => [kind, value, environment]),
  ]);
}

function targetFrom(given: unknown): MuteTarget | null {
  if (!Array.isArray(given)) return null;
  const [kind, value, environment] = given as readonly unknown[];
  const known = MUTE_TARGETS.find((one) => one === kind);
  if (known === undefined || typeof value !== "string") return null;
  return { kind: known, value, environment: typeof environment === "string" ? environment : null };
}

/** null for anything that is not a mute modal's metadata. */
export function parseMuteModal(metadata: string): MuteModal | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(metadata);
  } catch {
    return null;
  }
  if (!Array.isArray(parsed)) return null;
  const [alertId, channel, given] = parsed as readonly unknown[];
  if (typeof alertId !== "string" || !Array.isArray(given)) return null;
  const targets = given.map(targetFrom).filter((target) => target !== null);
  return { alertId, channel: typeof channel === "string" ? channel : null, targets };
}

function choiceOf(target: MuteTarget, index: number): Choice {
  return { label: describeTarget(target), value: String(index) };
}

export const COUNTING = mrkdwn`:hourglass_flowing_sand: Counting what it would have hidden in the last 30 days…`;

/** The modal with what is chosen and its receipt. */
export function muteModalView(about: MuteModal, chosen: number, receipt: Mrkdwn): types.ModalView {
  const durations = DURATIONS_MS.map((ms) => ({ label: describeDuration(ms), value: String(ms) }));
  return modal({
    callbackId: MUTE_MODAL,
    title: "Mute",
    submit: "Mute",
    metadata: metadataOf(about),
    blocks: [
      field(BLOCKS.target, "What", select(MUTE_TARGET, about.targets.map(choiceOf), String(chosen)), true),
      field(BLOCKS.duration, "For how long", select(MUTE_DURATION, durations, String(DEFAULT_MS))),
      {
        ...field(BLOCKS.reason, "Why", textInput(MUTE_REASON, "For whoever reads it later", MAX_REASON)),
        optional: true,
      },
      section("mute.receipt", receipt),
    ],
  });
}

/** The values of a modal's fields, as Slack sends them. */
export type ModalValues = Readonly<
  Record<
    string,
    Readonly<
      Record<
        string,
        { readonly selected_option?: { readonly value?: string } | null; readonly value?: string | null }
      >
    >
  >
>;

/** Which of the modal's targets is chosen; 0 where that cannot be said. */
export function chosenTarget(values: ModalValues, about: MuteModal): number {
  const index = Number(values[BLOCKS.target]?.[MUTE_TARGET]?.selected_option?.value ?? "0");
  return Number.isInteger(index) && index >= 0 && index < about.targets.length ? index : 0;
}

export interface MuteChoice {
  readonly target: MuteTarget;
  readonly durationMs: number;
  readonly reason: string | null;
}

/** What was sent; null where it is not one of the choices. */
export function muteChoice(values: ModalValues, about: MuteModal): MuteChoice | null {
  const target = about.targets[chosenTarget(values, about)];
  const given = Number(
    values[BLOCKS.duration]?.[MUTE_DURATION]?.selected_option?.value ?? String(DEFAULT_MS),
  );
  const durationMs = DURATIONS_MS.find((known) => known === given);
  if (target === undefined || durationMs === undefined) return null;
  const reason = values[BLOCKS.reason]?.[MUTE_REASON]?.value?.trim() ?? "";
  return { target, durationMs, reason: reason === "" ? null : reason.slice(0, MAX_REASON) };
}
