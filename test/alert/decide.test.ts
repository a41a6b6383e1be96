import { describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import { claimKey, claimsFor, isNotable, place, type Placement } from "../../src/alert/decide.ts";
import type { Claim } from "../../src/alert/repository.ts";
import type { Anomaly, Category } from "../../src/anomaly/anomaly.ts";
import { OPENED_AT_MS, sampleAlert, sampleAnomaly } from "../support/sample-alert.ts";

const COOLDOWN_MS = 15 * 60_000;
const OPTIONS = { cooldownMs: COOLDOWN_MS, scope: "service" } as const;
const NOW = OPENED_AT_MS;

function finding(category: Category, change: Partial<Anomaly> = {}): Anomaly {
  return sampleAnomaly({ category, service: null, ...change });
}

const ERRORS = finding("error_spike");
const VOLUME = finding("volume_spike");
const RUNNING = sampleAlert({ id: "running", anomalies: [ERRORS] });
const RESOLVED = sampleAlert({ id: "resolved", anomalies: [ERRORS], status: "resolved" });

interface Case {
  readonly running?: Alert;
  /** The alert that claims error_spike, and how much longer. */
  readonly claimed?: readonly [alert: Alert | null, forMs: number];
}

function placed(anomalies: readonly Anomaly[], { running, claimed }: Case): string[] {
  const claims: Claim[] =
    claimed === undefined
      ? []
      : [{ key: claimKey(ERRORS, "service"), alertId: claimed[0]?.id ?? "gone", untilMs: NOW + claimed[1] }];
  const standing = {
    running,
    claim: (key: string): Claim | undefined => claims.find((claim) => claim.key === key),
    alert: (id: string): Alert | undefined => (claimed?.[0]?.id === id ? claimed[0] : undefined),
  };
  const word = (placement: Placement): string =>
    placement.kind === "open"
      ? `open ${placement.anomalies.map(({ category }) => category).join("+")}`
      : `${placement.anomaly.category} joins ${placement.alert.id}: ${placement.reason}`;
  return place(anomalies, standing, OPTIONS, NOW).map(word);
}

describe("where findings go", () => {
  test.for<[string, readonly Anomaly[], Case, readonly string[]]>([
    ["nothing found, nothing done", [], {}, []],
    ["the first finding opens an alert", [ERRORS], {}, ["open error_spike"]],
    ["findings of one moment open one alert", [ERRORS, VOLUME], {}, ["open error_spike+volume_spike"]],
    [
      "what the running alert has is known",
      [ERRORS],
      { running: RUNNING },
      ["error_spike joins running: known"],
    ],
    [
      "a new finding joins the running alert",
      [VOLUME],
      { running: RUNNING },
      ["volume_spike joins running: added"],
    ],
    [
      "an expired claim opens no second alert beside a running one",
      [ERRORS],
      { running: RUNNING, claimed: [RUNNING, -1] },
      ["error_spike joins running: known"],
    ],
    [
      "in the last ms of the cooldown a finding joins the resolved alert",
      [ERRORS],
      { claimed: [RESOLVED, 1] },
      ["error_spike joins resolved: cooldown"],
    ],
    [
      "once the cooldown is over it opens a new one",
      [ERRORS],
      { claimed: [RESOLVED, 0] },
      ["open error_spike"],
    ],
    [
      "another category does not care for that cooldown",
      [VOLUME],
      { claimed: [RESOLVED, 1] },
      ["open volume_spike"],
    ],
  ])("%s", ([, anomalies, standing, expected]) => {
    expect(placed(anomalies, standing)).toEqual(expected);
  });
});

describe("a claim", () => {
  test("is the category's in its environment for an all-services finding", () => {
    const key = claimKey(ERRORS, "service");
    expect(claimKey(finding("error_spike", { observed: 9 }), "service")).toBe(key);
    expect(claimKey(VOLUME, "service")).not.toBe(key);
    expect(claimKey(finding("error_spike", { environment: "staging" }), "service")).not.toBe(key);
  });

  test("is a service's own for a finding about it, unless the scope is the category", () => {
    const [cart, shop] = ["cart", "shop"].map((service) => finding("error_spike", { service }));
    const key = (anomaly: Anomaly | undefined, scope: "service" | "category"): string | undefined =>
      anomaly === undefined ? undefined : claimKey(anomaly, scope);
    expect(key(cart, "service")).not.toBe(key(shop, "service"));
    expect(key(cart, "category")).toBe(key(shop, "category"));
    expect(key(cart, "category")).toBe(claimKey(ERRORS, "category"));
  });

  test("lasts the cooldown from now, one for each finding", () => {
    expect(claimsFor("a", [ERRORS, VOLUME], OPTIONS, NOW)).toEqual([
      { key: claimKey(ERRORS, "service"), alertId: "a", untilMs: NOW + COOLDOWN_MS },
      { key: claimKey(VOLUME, "service"), alertId: "a", untilMs: NOW + COOLDOWN_MS },
    ]);
  });
});

describe("worth a write while it runs", () => {
  const alert = sampleAlert({
    affectedServices: ["cart"],
    anomalies: [finding("error_spike", { severity: "medium", observed: 0.11, expected: 0.01 })],
  });
  const seen = (change: Partial<Anomaly>): Anomaly[] => [
    finding("error_spike", {
      severity: "medium",
      observed: 0.11,
      expected: 0.01,
      affectedServices: ["cart"],
      ...change,
    }),
  ];
  test.for<[string, Anomaly[], boolean]>([
    ["the same again is not", seen({}), false],
    ["a little more is not", seen({ observed: 0.115 }), false],
    ["less is not", seen({ observed: 0.06 }), false],
    ["clearly more is", seen({ observed: 0.13 }), true],
    ["a graver severity is", seen({ severity: "high" }), true],
    ["another service is", seen({ affectedServices: ["cart", "shop"] }), true],
    ["a finding that the alert does not have is another matter", [VOLUME], false],
    ["nothing is not", [], false],
  ])("%s", ([, anomalies, notable]) => {
    expect(isNotable(alert, anomalies)).toBe(notable);
  });
});
