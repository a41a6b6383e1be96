import { MINUTE_MS, SECOND_MS, type EpochMs } from "../../../../src/log/time.ts";
import { isActive, type BenignEvent, type FaultEvent, type WorkloadEvent } from "./events.ts";
import {
  errorMessage,
  FATAL,
  floodMessage,
  infoMessage,
  type MessageKind,
  type ServiceProfile,
} from "./service.ts";

const HOUR_MS = 60 * MINUTE_MS;

/** Records that come beside the everyday ones. */
export interface Extra {
  readonly kind: MessageKind;
  readonly perMinute: number;
  /** And this share of the everyday records. */
  readonly share: number;
  /** Never seen before this event. */
  readonly isNovel: boolean;
  /** All from this pod; null: from any. */
  readonly pod: number | null;
}

/** How a service differs from every day. */
export interface Conditions {
  /** By people's changes: part of what is expected. */
  benignVolume: number;
  volume: number;
  errorFactor: number;
  /** This share of the everyday records turns into errors. */
  brokenShare: number;
  /** Pod that the broken ones come from; null: any. */
  brokenPod: number | null;
  warnShare: number;
  areExceptionsSwapped: boolean;
  version: number;
  /** The version of `brokenPod`, where it has one of its own. */
  isPodVersioned: boolean;
  pods: number;
  readonly extras: Extra[];
  readonly faults: FaultEvent[];
}

export function everyday(profile: ServiceProfile): Conditions {
  return {
    benignVolume: 1,
    volume: 1,
    errorFactor: 1,
    brokenShare: 0,
    brokenPod: null,
    warnShare: 0,
    areExceptionsSwapped: false,
    version: 1,
    isPodVersioned: false,
    pods: profile.pods,
    extras: [],
    faults: [],
  };
}

/** Two messages that a deployment brings with it. */
const NEW_WITH_A_DEPLOY = 2;

function applyBenign(conditions: Conditions, event: BenignEvent, profile: ServiceProfile): void {
  switch (event.kind) {
    case "deploy_shift":
      conditions.benignVolume *= event.magnitude;
      conditions.version += 1;
      for (let n = 0; n < NEW_WITH_A_DEPLOY; n++) {
        const kind = infoMessage(profile.name, 20 + n);
        conditions.extras.push({ kind, perMinute: 0, share: 0.03, isNovel: false, pod: null });
      }
      return;
    case "sampling_change":
      conditions.benignVolume *= event.magnitude;
      return;
    case "scale_out":
      conditions.pods = 2 * profile.pods;
      return;
    case "new_service":
    case "holiday":
    case "month_end":
    case "dst":
  }
}

/** A crash loop: a noisy start of 40 s with one FATAL line, then nothing until the next try. */
function crashLoop(
  conditions: Conditions,
  { startMs, magnitude }: FaultEvent,
  name: string,
  nowMs: EpochMs,
): void {
  const periodMs = Math.round(magnitude) * MINUTE_MS;
  const intoMs = (nowMs - startMs) % periodMs;
  if (intoMs >= 40 * SECOND_MS) {
    conditions.volume = 0;
    return;
  }
  conditions.volume *= 1.5;
  if (intoMs >= 30 * SECOND_MS) {
    const kind = errorMessage(name, 3, "panic, process ends: ", FATAL);
    conditions.extras.push({ kind, perMinute: 6, share: 0, isNovel: true, pod: 0 });
  }
}

type FaultEffect = (
  conditions: Conditions,
  event: FaultEvent,
  profile: ServiceProfile,
  nowMs: EpochMs,
) => void;

const EFFECTS: Readonly<Record<FaultEvent["kind"], FaultEffect>> = {
  error_burst: (conditions, { magnitude }) => {
    conditions.brokenShare += magnitude;
  },
  error_step: (conditions, { magnitude }) => {
    conditions.errorFactor *= magnitude;
  },
  error_ramp: (conditions, { startMs, endMs, magnitude }, _profile, nowMs) => {
    conditions.errorFactor *= 1 + ((magnitude - 1) * (nowMs - startMs)) / (endMs - startMs);
  },
  new_error_template: (conditions, { magnitude }, { name }) => {
    const kind = errorMessage(name, 4, "unexpected ");
    conditions.extras.push({ kind, perMinute: magnitude, share: 0, isNovel: true, pod: null });
  },
  volume_spike: (conditions, { magnitude }) => {
    conditions.volume *= magnitude;
  },
  volume_step: (conditions, { magnitude }) => {
    conditions.volume *= magnitude;
  },
  volume_drop: (conditions, { magnitude }) => {
    conditions.volume *= magnitude;
  },
  silence: (conditions) => {
    conditions.volume = 0;
  },
  crash_loop: (conditions, event, { name }, nowMs) => {
    crashLoop(conditions, event, name, nowMs);
  },
  log_storm: (conditions, { magnitude }, profile) => {
    const first = profile.normal[0];
    if (first === undefined) return;
    const perMinute = magnitude * profile.perMinute;
    conditions.extras.push({ kind: first.kind, perMinute, share: 0, isNovel: false, pod: 1 });
  },
  level_mix: (conditions, { magnitude }) => {
    conditions.warnShare += magnitude;
  },
  template_flood: (conditions, { magnitude }, profile) => {
    const kinds = Math.round(magnitude);
    for (let n = 0; n < kinds; n++) {
      conditions.extras.push({
        kind: floodMessage(profile.name, n),
        perMinute: 0,
        share: 0.3 / kinds,
        isNovel: true,
        pod: null,
      });
    }
  },
  exception_swap: (conditions) => {
    conditions.areExceptionsSwapped = true;
  },
  bad_version: (conditions, { magnitude }) => {
    conditions.brokenShare += magnitude / conditions.pods;
    conditions.brokenPod = 0;
    conditions.isPodVersioned = true;
  },
  cascade: (conditions, { magnitude }, profile) => {
    conditions.brokenShare += magnitude / 2;
    const kind = errorMessage(profile.name, 5, "dependency failed, ");
    conditions.extras.push({ kind, perMinute: 0, share: magnitude / 2, isNovel: true, pod: null });
  },
  slow_boil: (conditions, { startMs, magnitude }, _profile, nowMs) => {
    conditions.volume *= (1 + magnitude) ** ((nowMs - startMs) / HOUR_MS);
  },
  poison: (conditions, { magnitude }) => {
    conditions.volume *= magnitude;
  },
};

/** What the events make of a service's day at `nowMs`. */
export function conditionsOf(
  profile: ServiceProfile,
  events: readonly WorkloadEvent[],
  nowMs: EpochMs,
): Conditions {
  const conditions = everyday(profile);
  for (const event of events) {
    if (event.role === "benign" && nowMs >= event.startMs) applyBenign(conditions, event, profile);
    if (event.role !== "fault") continue;
    const span = event.spans.find(({ service }) => service === profile.index);
    if (span === undefined || !isActive(span, nowMs)) continue;
    EFFECTS[event.kind](conditions, event, profile, nowMs);
    conditions.faults.push(event);
  }
  return conditions;
}
