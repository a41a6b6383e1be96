import { describe, expect, test } from "vitest";
import type { Change } from "../../src/alert/change.ts";
import { rankChanges, type ChangeScene } from "../../src/alert/change-rank.ts";

const ONSET_MS = Date.UTC(2026, 0, 1, 12);

function change(id: string, more: Partial<Change>): Change {
  return {
    id,
    kind: "commit",
    atMs: ONSET_MS - 20 * 60_000,
    service: null,
    environment: null,
    version: null,
    ref: id,
    title: "change",
    files: ["services/billing/main.ts"],
    diff: "-return a\n+return b",
    source: "api",
    ...more,
  };
}

const SCENE: ChangeScene = {
  onsetMs: ONSET_MS,
  blamed: ["billing-service", "frontend"],
  services: ["billing-service", "frontend", "mail"],
  symptoms: ["timed out waiting for a ledger connection"],
};

function best(changes: readonly Change[], scene = SCENE): string | undefined {
  return rankChanges(changes, scene).ranked[0]?.change.id;
}

describe("changes are ranked", () => {
  test.for<[string, Change, Change]>([
    [
      "a value before a test",
      change("value", { diff: "-poolSize: 50\n+poolSize: 5" }),
      change("test", { files: ["services/billing/main_test.go"], diff: "-a\n+b" }),
    ],
    [
      "what was deployed before what only was committed",
      change("deployed", { service: "billing-service", kind: "config" }),
      change("committed", {}),
    ],
    [
      "what came before the onset before what came after",
      change("before", { atMs: ONSET_MS - 60_000 }),
      change("after", { atMs: ONSET_MS + 60_000 }),
    ],
    [
      "the service where it began before one that is well",
      change("here", {}),
      change("there", { files: ["services/mail/main.ts"] }),
    ],
    [
      "one that speaks of the symptom",
      change("ledger", { diff: "-ledger.open()\n+ledger.share()" }),
      change("other", { diff: "-page.open()\n+page.share()" }),
    ],
  ])("%s", ([, first, second]) => {
    expect(best([second, first])).toBe(first.id);
    expect(best([first, second])).toBe(first.id);
  });

  test("a commit takes effect with the deployment that names it", () => {
    const commit = change("abc", { atMs: ONSET_MS - 3 * 3_600_000 });
    const deploy = change("deploy", {
      kind: "deploy",
      ref: "abc",
      service: "billing-service",
      atMs: ONSET_MS - 60_000,
    });
    const { ranked } = rankChanges([commit, deploy], SCENE);
    expect(ranked).toHaveLength(1);
    expect(ranked[0]).toMatchObject({ effectiveMs: ONSET_MS - 60_000, change: { id: "abc" } });
  });

  test("a fault of somebody else raises what speaks for no change", () => {
    const none = (symptoms: string[]): number => rankChanges([], { ...SCENE, symptoms }).noneScore;
    expect(none(["x509: certificate has expired"])).toBeGreaterThan(none(["nil pointer dereference"]));
    expect(none(["POST https://api.vendor.com/v1 returned 503"])).toBeGreaterThan(
      none(["upstream returned 503"]),
    );
  });
});

test("a change is held against the onset of its own service, where something else began earlier elsewhere", () => {
  const late = change("late", { atMs: ONSET_MS + 60_000 });
  const onsets = new Map([
    ["frontend", ONSET_MS],
    ["billing-service", ONSET_MS + 120_000],
  ]);
  const because = (scene: ChangeScene): string => rankChanges([late], scene).ranked[0]?.because.join() ?? "";
  expect(because(SCENE)).toContain("it came after the onset");
  expect(because({ ...SCENE, onsets })).toContain("1 min before the onset");
  const tooLate = new Map([["billing-service", ONSET_MS]]);
  expect(because({ ...SCENE, onsets: tooLate })).toContain("it came after the onset");
});
