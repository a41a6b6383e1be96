import { beforeEach, describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import { SYSTEM } from "../../src/alert/event.ts";
import type { AlertQuery, AlertRepository, Claim, CommitOutcome } from "../../src/alert/repository.ts";
import { summaryOf } from "../../src/alert/summary.ts";
import type { Outbox } from "../../src/notify/outbox.ts";
import { sampleAlert, sampleEvent } from "./sample-alert.ts";
import { following, HOSTILE_TEXT, HOSTILE_TEXT_STORED, NOW_MS, opening } from "./store-samples.ts";

export interface AlertStore {
  readonly alerts: AlertRepository;
  readonly outbox: Outbox;
}

const claim = (changes: Partial<Claim> = {}): Claim => ({
  key: "production/error_spike",
  alertId: "anom_20240115_103045",
  untilMs: NOW_MS + 900_000,
  ...changes,
});

function kinds(outcomes: readonly CommitOutcome[]): readonly string[] {
  return outcomes.map((outcome) => outcome.kind).toSorted();
}

/** What every alert repository promises. `open` gives an empty store. */
export function alertRepositoryContract(name: string, open: () => Promise<AlertStore>): void {
  describe(`alert repository: ${name}`, () => {
    let alerts: AlertRepository;
    let outbox: Outbox;
    beforeEach(async () => ({ alerts, outbox } = await open()));

    test("an alert comes back exactly as it was committed", async () => {
      const metrics = { ...sampleAlert().metrics, baselineTotalLogs: null, baselineServices: 2.5 };
      const alert = sampleAlert({
        detectedAtMs: NOW_MS + 0.25,
        confidence: 0.1 + 0.2,
        metrics,
        rootCause: null,
        impact: null,
      });
      expect(await alerts.commit(opening(alert))).toEqual({ kind: "committed" });
      expect(await alerts.get(alert.id)).toEqual(alert);
    });

    test("a summary of a period has what receipts need, and none of the long texts", async () => {
      for (const [index, id] of ["anom_1", "anom_2", "anom_3"].entries()) {
        await alerts.commit(opening(sampleAlert({ id, detectedAtMs: NOW_MS + index })));
      }
      const found = await alerts.between(NOW_MS, NOW_MS + 2, 10);
      expect(found).toEqual(
        ["anom_2", "anom_1"].map((id, index) =>
          summaryOf(sampleAlert({ id, detectedAtMs: NOW_MS + 1 - index })),
        ),
      );
      expect(await alerts.between(NOW_MS, NOW_MS + 3, 1)).toHaveLength(1);
    });

    test("ids are found by their beginning, which is no pattern, and lists go on where they stopped", async () => {
      for (const [index, id] of ["anom_1", "anom_12", "anom_2"].entries()) {
        await alerts.commit(opening(sampleAlert({ id, detectedAtMs: NOW_MS + index })));
      }
      expect((await alerts.startingWith("anom_1", 9)).map(({ id }) => id)).toEqual(["anom_12", "anom_1"]);
      expect(await alerts.startingWith("anom%", 9)).toEqual([]);
      expect((await alerts.recent({ limit: 2, offset: 1 })).map(({ id }) => id)).toEqual([
        "anom_12",
        "anom_1",
      ]);
    });

    test("an unknown id is null, with an empty audit trail", async () => {
      expect(await alerts.get("anom_0")).toBeNull();
      expect(await alerts.events("anom_0")).toEqual([]);
    });

    test("a new alert whose id exists is id_taken and changes nothing", async () => {
      const first = sampleAlert({ description: "first" });
      await alerts.commit(opening(first));
      const second = opening(sampleAlert({ description: "second" }), { deliveries: [{ kind: "post" }] });
      expect(await alerts.commit(second)).toEqual({ kind: "id_taken" });
      expect(await alerts.get(first.id)).toEqual(first);
      expect(await alerts.events(first.id)).toHaveLength(1);
      expect(await outbox.due("notify", NOW_MS, 10)).toEqual([]);
    });

    test("a commit on an old version is stale, gives the current alert and writes nothing", async () => {
      const alert = sampleAlert();
      await alerts.commit(opening(alert));
      const winner = following(alert, { alert: { ...alert, version: 2, status: "acknowledged" } });
      await alerts.commit(winner);
      const loser = following(alert, { deliveries: [{ kind: "update" }], claims: [claim()] });
      expect(await alerts.commit(loser)).toEqual({ kind: "stale", current: winner.alert });
      expect(await alerts.events(alert.id)).toHaveLength(2);
      expect(await alerts.claims(NOW_MS)).toEqual([]);
      expect(await outbox.due("notify", NOW_MS, 10)).toEqual([]);
    });

    test("a commit on an alert that was never opened throws, being a bug", async () => {
      await expect(alerts.commit(following(sampleAlert()))).rejects.toThrow(/never opened/);
    });

    test("a version that does not count the events throws, being a bug", async () => {
      await expect(alerts.commit(opening(sampleAlert({ version: 7 })))).rejects.toThrow(RangeError);
    });

    test("events come back in order, with their own fields, times and actors", async () => {
      const alert = sampleAlert({ version: 2 });
      const events = [
        sampleEvent({ type: "opened", alert }, SYSTEM, NOW_MS),
        sampleEvent({ type: "escalated", severity: "critical" }, SYSTEM, NOW_MS + 0.5),
      ];
      await alerts.commit(opening(alert, { events }));
      const actor = { kind: "slack", id: "U1", name: "Ada" } as const;
      const resolved = sampleEvent({ type: "resolved", resolution: "by hand" }, actor, NOW_MS + 2);
      await alerts.commit(following(alert, { events: [resolved] }));
      expect(await alerts.events(alert.id)).toEqual([...events, resolved]);
    });

    test("of parallel commits on one alert exactly one wins, and the others see what won", async () => {
      const alert = sampleAlert();
      await alerts.commit(opening(alert));
      const commits = Array.from({ length: 8 }, (_, index) =>
        following(alert, { alert: { ...alert, version: 2, description: `writer ${index}` } }),
      );
      const outcomes = await Promise.all(commits.map((commit) => alerts.commit(commit)));
      expect(kinds(outcomes)).toEqual(["committed", ...Array<string>(7).fill("stale")]);
      const won = commits[outcomes.findIndex((outcome) => outcome.kind === "committed")]?.alert;
      expect(await alerts.get(alert.id)).toEqual(won);
      const seen = outcomes.flatMap((outcome) => (outcome.kind === "stale" ? [outcome.current] : []));
      expect(seen).toEqual(Array(7).fill(won));
      expect(await alerts.events(alert.id)).toHaveLength(2);
    });

    test("of parallel openings under one id exactly one wins", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () => alerts.commit(opening(sampleAlert()))),
      );
      expect(kinds(outcomes)).toEqual(["committed", ...Array<string>(5).fill("id_taken")]);
    });

    test("of parallel openings with one claim exactly one wins, whatever the order of their claims", async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, (_, index) => {
          const id = `anom_${index}`;
          const claims = [claim({ key: "k1", alertId: id }), claim({ key: "k2", alertId: id })];
          const ordered = index % 2 === 0 ? claims : claims.toReversed();
          return alerts.commit(opening(sampleAlert({ id }), { claims: ordered }));
        }),
      );
      expect(kinds(outcomes)).toEqual([...Array<string>(5).fill("claimed"), "committed"]);
      expect(await alerts.unresolved()).toHaveLength(1);
      expect(new Set((await alerts.claims(NOW_MS)).map((held) => held.alertId)).size).toBe(1);
    });

    test("two alerts that change together change both or neither, whichever was changed elsewhere", async () => {
      const [a, b] = ["anom_1", "anom_2"].map((id) => sampleAlert({ id }));
      if (a === undefined || b === undefined) throw new Error("two alerts");
      for (const alert of [a, b]) await alerts.commit(opening(alert));
      const post = { deliveries: [{ kind: "update" }] } as const;
      const both = { ...following(b, post), joint: following(a, post) };
      expect(await alerts.commit(both)).toEqual({ kind: "committed" });
      for (const { id, version } of [a, b]) {
        expect(await alerts.get(id)).toMatchObject({ version: version + 1 });
        expect(await alerts.events(id)).toHaveLength(2);
      }
      expect(await outbox.due("notify", NOW_MS, 9)).toHaveLength(2);
      const [nextA, nextB] = [await alerts.get(a.id), await alerts.get(b.id)];
      if (nextA === null || nextB === null) throw new Error("gone");
      for (const [fresh, stale] of [
        [following(nextA), following(b)],
        [following(nextB), following(a)],
      ] as const) {
        const outcome = await alerts.commit({ ...fresh, joint: stale });
        expect(outcome).toMatchObject({ kind: "stale", current: { id: stale.alert.id } });
        expect(await alerts.get(fresh.alert.id)).toMatchObject({ version: fresh.expectedVersion });
        expect(await alerts.events(fresh.alert.id)).toHaveLength(2);
      }
    });

    test("of commits on the same two alerts in either order exactly one wins at a time, none waits for ever", async () => {
      const [a, b] = ["anom_1", "anom_2"].map((id) => sampleAlert({ id }));
      if (a === undefined || b === undefined) throw new Error("two alerts");
      for (const alert of [a, b]) await alerts.commit(opening(alert));
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          alerts.commit(
            n % 2 === 0 ? { ...following(a), joint: following(b) } : { ...following(b), joint: following(a) },
          ),
        ),
      );
      expect(kinds(outcomes)).toEqual(["committed", ...Array<string>(9).fill("stale")]);
    });

    test("another's running claim refuses the whole commit and is given back", async () => {
      const held = claim();
      await alerts.commit(opening(sampleAlert(), { claims: [held] }));
      const id = "anom_20240115_103046";
      const commit = opening(sampleAlert({ id }), {
        claims: [claim({ key: "a free one", alertId: id }), claim({ alertId: id })],
        deliveries: [{ kind: "post" }],
        nowMs: held.untilMs - 0.5,
      });
      expect(await alerts.commit(commit)).toEqual({ kind: "claimed", claim: held });
      expect(await alerts.get(id)).toBeNull();
      expect(await alerts.events(id)).toEqual([]);
      expect(await alerts.claims(NOW_MS)).toEqual([held]);
      expect(await outbox.due("notify", held.untilMs, 10)).toEqual([]);
    });

    test("a claim is free again in the very millisecond in which it ends", async () => {
      const held = claim();
      await alerts.commit(opening(sampleAlert(), { claims: [held] }));
      const id = "anom_20240115_104545";
      const next = claim({ alertId: id, untilMs: held.untilMs + 900_000 });
      const commit = opening(sampleAlert({ id }), { claims: [next], nowMs: held.untilMs });
      expect(await alerts.commit(commit)).toEqual({ kind: "committed" });
      expect(await alerts.claims(held.untilMs)).toEqual([next]);
    });

    test("an alert may take its own claim again, and the same key twice in one commit", async () => {
      const alert = sampleAlert();
      await alerts.commit(opening(alert, { claims: [claim()] }));
      const longer = claim({ untilMs: NOW_MS + 2_000_000 });
      const commit = following(alert, { claims: [claim(), longer] });
      expect(await alerts.commit(commit)).toEqual({ kind: "committed" });
      expect(await alerts.claims(NOW_MS)).toEqual([longer]);
    });

    test("claims lists those that still run", async () => {
      const claims = [claim({ key: "a" }), claim({ key: "b", untilMs: NOW_MS + 1 })];
      await alerts.commit(opening(sampleAlert(), { claims }));
      expect((await alerts.claims(NOW_MS)).map((held) => held.key).toSorted()).toEqual(["a", "b"]);
      expect((await alerts.claims(NOW_MS + 1)).map((held) => held.key)).toEqual(["a"]);
    });

    test("received text with NUL and lone surrogates is stored with the replacement character", async () => {
      const alert = sampleAlert({ description: HOSTILE_TEXT, affectedServices: [HOSTILE_TEXT] });
      const deliveries = [{ kind: "reply", text: HOSTILE_TEXT, broadcast: true }] as const;
      const claims = [claim({ key: HOSTILE_TEXT })];
      expect(await alerts.commit(opening(alert, { deliveries, claims }))).toEqual({ kind: "committed" });
      expect(await alerts.get(alert.id)).toEqual({
        ...alert,
        description: HOSTILE_TEXT_STORED,
        affectedServices: [HOSTILE_TEXT_STORED],
      });
      expect(await outbox.due("notify", NOW_MS, 1)).toMatchObject([{ text: HOSTILE_TEXT_STORED }]);
      expect(await alerts.claims(NOW_MS)).toMatchObject([{ key: HOSTILE_TEXT_STORED }]);
    });

    test("changing an alert after the commit changes nothing that is stored", async () => {
      const affectedServices = ["payment-api"];
      await alerts.commit(opening(sampleAlert({ affectedServices })));
      affectedServices.push("later");
      expect((await alerts.get(sampleAlert().id))?.affectedServices).toEqual(["payment-api"]);
    });

    describe("recent", () => {
      const seeds: readonly Partial<Alert>[] = [
        { id: "a1", detectedAtMs: NOW_MS - 10, severity: "high", affectedServices: ["x", "y"] },
        { id: "a2", detectedAtMs: NOW_MS, status: "resolved", category: "volume_spike", severity: "medium" },
        { id: "a3", detectedAtMs: NOW_MS, affectedServices: ["y"], severity: "low" },
        { id: "a10", detectedAtMs: NOW_MS, affectedServices: [], status: "acknowledged", severity: "medium" },
        { id: "a0", detectedAtMs: NOW_MS - 20, severity: "high", status: "resolved" },
      ];
      beforeEach(async () => {
        for (const seed of seeds) await alerts.commit(opening(sampleAlert(seed)));
      });

      test.for<[string, Partial<AlertQuery>, readonly string[]]>([
        ["newest first, of one millisecond the last opened first", {}, ["a10", "a3", "a2", "a1", "a0"]],
        ["no more than the limit", { limit: 2 }, ["a10", "a3"]],
        ["only the severity asked for", { severity: "high" }, ["a1", "a0"]],
        ["only the category asked for", { category: "volume_spike" }, ["a2"]],
        ["only the status asked for", { status: "resolved" }, ["a2", "a0"]],
        ["only alerts that affect the service", { service: "y" }, ["a3", "a1"]],
        ["all conditions together", { service: "y", severity: "high", status: "open" }, ["a1"]],
        ["nothing for a service that nobody knows", { service: "'; drop table alerts; --" }, []],
      ])("gives %s", async ([, query, ids]) => {
        const found = await alerts.recent({ limit: 200, ...query });
        expect(found.map((alert) => alert.id)).toEqual(ids);
      });

      test("unresolved gives open and acknowledged alerts, oldest first", async () => {
        expect((await alerts.unresolved()).map((alert) => alert.id)).toEqual(["a1", "a3", "a10"]);
      });
    });
  });
}
