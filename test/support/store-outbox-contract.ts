import { beforeEach, describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import type { AlertRepository, NewDelivery } from "../../src/alert/repository.ts";
import type { Delivery, Lane, Outbox } from "../../src/notify/outbox.ts";
import type { AlertStore } from "./store-alert-contract.ts";
import { sampleAlert } from "./sample-alert.ts";
import { following, NOW_MS, opening } from "./store-samples.ts";

const UPDATE: NewDelivery = { kind: "update" };
const reply = (text: string): NewDelivery => ({ kind: "reply", text, broadcast: false });

/** What every outbox promises. `open` gives an empty store. */
export function outboxContract(name: string, open: () => Promise<AlertStore>): void {
  describe(`outbox: ${name}`, () => {
    let alerts: AlertRepository;
    let outbox: Outbox;
    let alert: Alert;
    beforeEach(async () => {
      ({ alerts, outbox } = await open());
      alert = sampleAlert();
    });

    /** Commits one more event with these deliveries. */
    async function commit(deliveries: readonly NewDelivery[], nowMs = NOW_MS): Promise<void> {
      const next = following(alert, { deliveries, nowMs });
      expect(await alerts.commit(next)).toEqual({ kind: "committed" });
      alert = next.alert;
    }
    const openWith = async (deliveries: readonly NewDelivery[], id = alert.id): Promise<void> => {
      await alerts.commit(opening({ ...alert, id }, { deliveries }));
    };
    const due = (nowMs = NOW_MS, lane: Lane = "notify"): Promise<readonly Delivery[]> =>
      outbox.due(lane, nowMs, 100);
    async function head(nowMs = NOW_MS): Promise<Delivery> {
      const found = (await due(nowMs))[0];
      if (found === undefined) throw new Error("nothing is due");
      return found;
    }
    /** Delivers all that is due, one by one; what was delivered, in order. */
    async function drain(): Promise<readonly string[]> {
      const said: string[] = [];
      for (let next = (await due())[0]; next !== undefined; next = (await due())[0]) {
        said.push(next.kind === "reply" ? next.text : next.kind);
        await outbox.delivered(next, "slack", null, NOW_MS);
      }
      return said;
    }

    test("a commit's deliveries are due at once, with all that they say", async () => {
      await openWith([{ kind: "post" }, { kind: "analyse" }]);
      await commit([{ kind: "reply", text: "line\n2", broadcast: true }]);
      const [post] = await due();
      expect(post).toEqual({
        id: expect.any(Number) as number,
        alertId: alert.id,
        kind: "post",
        createdAtMs: NOW_MS,
        attempts: 0,
      });
      expect(await due(NOW_MS, "analyse")).toMatchObject([{ kind: "analyse", alertId: alert.id }]);
      await outbox.delivered(await head(), "slack", null, NOW_MS);
      expect(await due()).toMatchObject([{ kind: "reply", text: "line\n2", broadcast: true }]);
    });

    test("only the first of each alert in a lane is due, oldest first, up to the limit", async () => {
      await openWith([{ kind: "post" }, reply("r"), { kind: "analyse" }]);
      await openWith([{ kind: "post" }], "anom_2");
      await openWith([{ kind: "post" }], "anom_3");
      expect((await due()).map((delivery) => delivery.alertId)).toEqual([alert.id, "anom_2", "anom_3"]);
      expect(await outbox.due("notify", NOW_MS, 2)).toHaveLength(2);
      expect(await due(NOW_MS, "analyse")).toHaveLength(1);
    });

    test("deliveries of one alert keep their order", async () => {
      await openWith([{ kind: "post" }, reply("1"), reply("2")]);
      await commit([reply("3")]);
      expect(await drain()).toEqual(["post", "1", "2", "3"]);
    });

    test("a retry waits for its time, counts its attempts and holds back what follows", async () => {
      await openWith([{ kind: "post" }, reply("after")]);
      await openWith([{ kind: "post" }], "anom_2");
      await outbox.retry(await head(), NOW_MS + 5_000, "rate_limited");
      expect((await due()).map((delivery) => delivery.alertId)).toEqual(["anom_2"]);
      expect((await due(NOW_MS + 4_999)).map((delivery) => delivery.alertId)).toEqual(["anom_2"]);
      expect(await head(NOW_MS + 5_000)).toMatchObject({ kind: "post", alertId: alert.id, attempts: 1 });
      await outbox.retry(await head(NOW_MS + 5_000), NOW_MS + 9_000, "rate_limited");
      expect(await head(NOW_MS + 9_000)).toMatchObject({ kind: "post", attempts: 2 });
    });

    test("a retry in one lane does not hold back the other", async () => {
      await openWith([{ kind: "post" }, { kind: "analyse" }]);
      await outbox.retry(await head(), NOW_MS + 5_000, "timeout");
      expect(await due(NOW_MS, "analyse")).toHaveLength(1);
    });

    test("an abandoned delivery lets the next one through", async () => {
      await openWith([{ kind: "post" }, reply("after")]);
      await outbox.abandon(await head(), "channel_not_found", NOW_MS);
      expect(await due()).toMatchObject([{ kind: "reply", text: "after" }]);
    });

    test("a retry or an end of what has ended already changes nothing", async () => {
      await openWith([{ kind: "post" }]);
      const post = await head();
      await outbox.delivered(post, "slack", null, NOW_MS);
      await outbox.retry(post, NOW_MS, "late");
      await outbox.abandon(post, "late", NOW_MS);
      await outbox.delivered(post, "slack", null, NOW_MS);
      expect(await due()).toEqual([]);
      expect(await outbox.backlog("notify")).toEqual({ count: 0, oldestAtMs: null });
    });

    test("an update joins one that waits behind another delivery", async () => {
      await openWith([{ kind: "post" }]);
      await commit([UPDATE]);
      await commit([UPDATE, reply("r")]);
      await commit([UPDATE]);
      expect(await outbox.backlog("notify")).toMatchObject({ count: 3 });
      expect(await drain()).toEqual(["post", "update", "r"]);
    });

    test("an update never joins the first in the queue: that one may be under way with an older state", async () => {
      await openWith([UPDATE]);
      const underWay = await head();
      await commit([UPDATE]);
      await outbox.delivered(underWay, "slack", null, NOW_MS);
      expect(await drain()).toEqual(["update"]);
    });

    test("updates while nobody can be told stay few, however many there are", async () => {
      await openWith([{ kind: "post" }]);
      await outbox.retry(await head(), NOW_MS + 60_000, "unreachable");
      for (let round = 0; round < 20; round++) await commit([UPDATE]);
      expect(await outbox.backlog("notify")).toMatchObject({ count: 2 });
    });

    test("another alert's waiting update is not joined", async () => {
      await openWith([{ kind: "post" }, UPDATE], "anom_2");
      await openWith([{ kind: "post" }]);
      await commit([UPDATE]);
      expect(await outbox.backlog("notify")).toMatchObject({ count: 4 });
    });

    test("a delivered update ends older updates of its alert and nothing newer", async () => {
      await openWith([UPDATE]);
      const older = await head();
      await openWith([UPDATE], "anom_2");
      await commit([UPDATE]);
      await commit([reply("r")]);
      const newer = { ...older, id: older.id + 2 };
      await outbox.delivered(newer, "slack", null, NOW_MS);
      expect((await due()).map((next) => [next.alertId, next.kind])).toEqual([
        ["anom_2", "update"],
        [alert.id, "reply"],
      ]);
    });

    test("a reference is kept per alert and notifier, the latest counts", async () => {
      await openWith([{ kind: "post" }, UPDATE]);
      expect(await outbox.ref(alert.id, "slack")).toBeNull();
      await outbox.delivered(await head(), "slack", { channel: "C1", ts: "1.000100" }, NOW_MS);
      expect(await outbox.ref(alert.id, "slack")).toEqual({ channel: "C1", ts: "1.000100" });
      expect(await outbox.ref(alert.id, "terminal")).toBeNull();
      await outbox.delivered(await head(), "slack", { channel: "C2", ts: "2" }, NOW_MS);
      expect(await outbox.ref(alert.id, "slack")).toEqual({ channel: "C2", ts: "2" });
    });

    test("a delivery without a reference leaves the known one", async () => {
      await openWith([{ kind: "post" }, UPDATE]);
      await outbox.delivered(await head(), "slack", { ts: "1" }, NOW_MS);
      await outbox.delivered(await head(), "slack", null, NOW_MS);
      expect(await outbox.ref(alert.id, "slack")).toEqual({ ts: "1" });
    });

    test("the backlog counts what waits in its lane, retries too, and says since when", async () => {
      await openWith([{ kind: "post" }, { kind: "analyse" }]);
      await commit([reply("later")], NOW_MS + 50);
      await outbox.retry(await head(), NOW_MS + 60_000, "unreachable");
      expect(await outbox.backlog("notify")).toEqual({ count: 2, oldestAtMs: NOW_MS });
      expect(await outbox.backlog("analyse")).toEqual({ count: 1, oldestAtMs: NOW_MS });
    });

    test("a commit and the delivery before it, at the same time, never lose an update", async () => {
      for (let round = 0; round < 10; round++) {
        const id = `anom_race_${round}`;
        const raced = { ...sampleAlert(), id };
        await alerts.commit(opening(raced, { deliveries: [reply("first"), UPDATE] }));
        const first = (await due()).find((next) => next.alertId === id);
        if (first === undefined) throw new Error("nothing is due");
        const write = alerts.commit(following(raced, { deliveries: [UPDATE] }));
        const seen = outbox.delivered(first, "slack", null, NOW_MS).then(async () => {
          const waiting = (await due()).find((delivery) => delivery.alertId === id);
          const version = (await alerts.get(id))?.version;
          if (waiting !== undefined) await outbox.delivered(waiting, "slack", null, NOW_MS);
          return version;
        });
        const [, version] = await Promise.all([write, seen]);
        const left = (await due()).filter((delivery) => delivery.alertId === id);
        expect(version === 2 || left.length === 1).toBe(true);
      }
    });
  });
}
