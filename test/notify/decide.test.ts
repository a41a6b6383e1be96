import { describe, expect, test } from "vitest";
import type { AlertEvent } from "../../src/alert/event.ts";
import type { Alert } from "../../src/alert/alert.ts";
import { evolve } from "../../src/alert/evolve.ts";
import type { NewDelivery } from "../../src/alert/repository.ts";
import { deliveriesFor } from "../../src/notify/decide.ts";
import { ALICE, OPENED_AT_MS, sampleAlert, sampleAnomaly, sampleEvent } from "../support/sample-alert.ts";

interface Row {
  readonly name: string;
  readonly before?: Alert | null;
  readonly events: readonly AlertEvent[];
  readonly told: readonly NewDelivery[];
}

const update: NewDelivery = { kind: "update" };
const analyse: NewDelivery = { kind: "analyse" };
const reply = (text: string, broadcast: boolean): NewDelivery => ({ kind: "reply", text, broadcast });

const settled = { status: "skipped", by: "statistics", model: null, reason: "no_api_key" } as const;
const findings = { rootCause: "a deploy", impact: null, recommendedActions: [], confidence: 0.8 };
const second = sampleAnomaly({ service: "cart", affectedServices: ["cart"], description: "Cart fails too" });
const added = (anomaly = second): AlertEvent => sampleEvent({ type: "anomaly_added", anomaly });

const muted = (opening: boolean): AlertEvent =>
  sampleEvent({ type: "muted", mute: "m1", untilMs: null, opening });

const rows: readonly Row[] = [
  {
    name: "opened: one message, its evidence in the thread, and Claude is asked",
    before: null,
    events: [sampleEvent({ type: "opened", alert: sampleAlert() })],
    told: [{ kind: "post" }, { kind: "evidence" }, analyse],
  },
  {
    name: "opened without Claude: one message, evidence and analysis in the thread",
    before: null,
    events: [sampleEvent({ type: "opened", alert: sampleAlert({ analysis: settled }) })],
    told: [{ kind: "post" }, { kind: "evidence" }, { kind: "analysis" }],
  },
  {
    name: "opened with more at once: the one message shows all",
    before: null,
    events: [sampleEvent({ type: "opened", alert: sampleAlert({ analysis: settled }) }), added()],
    told: [{ kind: "post" }, { kind: "evidence" }, { kind: "analysis" }],
  },
  {
    name: "opened in shadow: nobody is told",
    before: null,
    events: [sampleEvent({ type: "opened", alert: sampleAlert({ shadow: true }) })],
    told: [],
  },
  {
    name: "another service at high: the channel hears again",
    events: [added()],
    told: [update, reply("Also: Cart fails too", true)],
  },
  {
    name: "another service at medium: the thread alone",
    events: [added({ ...second, severity: "medium" })],
    told: [update, reply("Also: Cart fails too", false)],
  },
  {
    name: "the same service at high: the thread alone",
    events: [added({ ...second, service: "payment-api", affectedServices: ["payment-api"] })],
    told: [update, reply("Also: Cart fails too", false)],
  },
  {
    name: "a graver anomaly of the same service: the channel hears again",
    events: [added({ ...second, severity: "critical", service: null, affectedServices: [] })],
    told: [update, reply("Also: Cart fails too", true)],
  },
  {
    name: "two anomalies at once: two replies, the channel hears once",
    events: [
      added(),
      added({ ...second, service: "mail", affectedServices: ["mail"], description: "Mail too" }),
    ],
    told: [update, reply("Also: Cart fails too", false), reply("Also: Mail too", true)],
  },
  {
    name: "the same new service twice: it is new only once",
    events: [added(), added({ ...second, description: "Cart again" })],
    told: [update, reply("Also: Cart fails too", true), reply("Also: Cart again", false)],
  },
  {
    name: "escalated: the channel hears again",
    events: [sampleEvent({ type: "escalated", severity: "critical" })],
    told: [update, reply("Severity rose from high to critical.", true)],
  },
  {
    name: "added and escalated in one commit: the channel hears once",
    events: [
      added({ ...second, severity: "critical" }),
      sampleEvent({ type: "escalated", severity: "critical" }),
    ],
    told: [update, reply("Also: Cart fails too", false), reply("Severity rose from high to critical.", true)],
  },
  {
    name: "peaked: the message shows it",
    events: [sampleEvent({ type: "peaked", observed: { ...sampleAlert(), findings: null } })],
    told: [update],
  },
  {
    name: "adopted: the thread says that it is normal now",
    events: [sampleEvent({ type: "adopted", category: "error_spike" })],
    told: [update, reply("The error spike: the change is now taken as normal.", false)],
  },
  {
    name: "acknowledged: the message shows it",
    events: [sampleEvent({ type: "acknowledged" }, ALICE)],
    told: [update],
  },
  {
    name: "analysis requested: the message shows it and Claude is asked",
    events: [sampleEvent({ type: "analysis_requested" }, ALICE)],
    told: [update, analyse],
  },
  {
    name: "analysed: the message shows its first line, the thread all of it",
    events: [
      sampleEvent({
        type: "analysed",
        analysis: { status: "done", by: "claude", model: "m", reason: null },
        findings,
      }),
    ],
    told: [update, { kind: "analysis" }],
  },
  {
    name: "analysis failed: the message shows it, the thread what statistics say",
    events: [sampleEvent({ type: "analysis_failed", reason: "overloaded" })],
    told: [update, { kind: "analysis" }],
  },
  {
    name: "resolved by itself: the message and the thread, not the channel",
    events: [
      sampleEvent({ type: "resolved", resolution: "condition_gone" }, undefined, OPENED_AT_MS + 23 * 60_000),
    ],
    told: [update, reply("Resolved after 23 m.", false)],
  },
  {
    name: "resolved by a person: the thread says by whom",
    events: [sampleEvent({ type: "resolved", resolution: "by hand" }, ALICE, OPENED_AT_MS + 90_000)],
    told: [update, reply("Resolved after 1 m by alice.", false)],
  },
  {
    name: "reopened: the channel hears again",
    before: sampleAlert({ status: "resolved" }),
    events: [sampleEvent({ type: "reopened", anomaly: second })],
    told: [update, reply("It is back, open again: Cart fails too", true)],
  },
  {
    name: "shadow: nobody is told of its changes either",
    before: sampleAlert({ shadow: true }),
    events: [added()],
    told: [],
  },
  {
    name: "shadow: Claude is asked only where somebody asks",
    before: sampleAlert({ shadow: true }),
    events: [sampleEvent({ type: "analysis_requested" }, ALICE)],
    told: [analyse],
  },
  {
    name: "muted as it opens: nobody is told and nobody is asked",
    before: null,
    events: [sampleEvent({ type: "opened", alert: sampleAlert() }), muted(true)],
    told: [],
  },
  {
    name: "muted later: the message and its thread say so, and an analysis under way goes on",
    events: [muted(false)],
    told: [update, reply("Muted.", false)],
  },
  {
    name: "unmuted, never told: one message, the reason, the evidence, and now Claude is asked",
    before: evolve(sampleAlert({ version: 1 }), muted(true)),
    events: [sampleEvent({ type: "unmuted", reason: "The mute is over." })],
    told: [{ kind: "post" }, reply("The mute is over.", false), { kind: "evidence" }, analyse],
  },
  {
    name: "unmuted, never told, without Claude: the analysis by statistics stands in the thread, too",
    before: evolve(sampleAlert({ analysis: settled }), muted(true)),
    events: [sampleEvent({ type: "unmuted", reason: "The mute is over." })],
    told: [{ kind: "post" }, reply("The mute is over.", false), { kind: "evidence" }, { kind: "analysis" }],
  },
  { name: "no events: nothing", events: [], told: [] },
];

describe("deliveriesFor", () => {
  test.for(rows)("$name", ({ before = sampleAlert(), events, told }) => {
    expect(deliveriesFor(before, events)).toEqual(told);
  });
});
