import type { Alert } from "../../src/alert/alert.ts";
import type { AlertCommit } from "../../src/alert/repository.ts";
import type { WindowDelta } from "../../src/window/delta.ts";
import { OPENED_AT_MS, sampleEvent } from "./sample-alert.ts";

export const NOW_MS = OPENED_AT_MS;

/** The commit that opens `alert`. */
export function opening(alert: Alert, changes: Partial<AlertCommit> = {}): AlertCommit {
  return {
    alert,
    expectedVersion: 0,
    events: [sampleEvent({ type: "opened", alert })],
    deliveries: [],
    claims: [],
    nowMs: NOW_MS,
    ...changes,
  };
}

/** A commit of one event on top of `alert`. */
export function following(alert: Alert, changes: Partial<AlertCommit> = {}): AlertCommit {
  return {
    alert: { ...alert, version: alert.version + 1 },
    expectedVersion: alert.version,
    events: [sampleEvent({ type: "acknowledged" })],
    deliveries: [],
    claims: [],
    nowMs: NOW_MS,
    ...changes,
  };
}

export function sampleDelta(changes: Partial<WindowDelta> = {}): WindowDelta {
  return {
    replica: "a",
    epoch: NOW_MS - 1_000,
    paneStartMs: NOW_MS,
    version: 1,
    input: true,
    late: 0,
    series: [
      {
        series: { environment: "production", namespace: "", service: "checkout" },
        levels: [0, 0, 0, 7, 0, 3, 0],
        templates: [["t1", 3]],
        samples: [],
      },
    ],
    ...changes,
  };
}

/** What Postgres cannot hold, beside what only looks like it. */
export const HOSTILE_TEXT = "a\u0000b \ud800 \\u0000 \\\u0000 'quoted' \"and\" ✓";
export const HOSTILE_TEXT_STORED = "a\ufffdb \ufffd \\u0000 \\\ufffd 'quoted' \"and\" ✓";
