import { DigestCount } from "../../src/alert/digest.ts";
import { DEFAULT_DESTINATION } from "../../src/alert/route.ts";
import type { Severity } from "../../src/anomaly/anomaly.ts";
import type { CollectiveBox } from "../../src/notify/collective-box.ts";
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
        urgency: 1,
        sendingSinceMs: null,
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

/** What every store of storms and digests promises. */
export function collectiveContract(
  name: string,
  open: () => Promise<AlertStore & { readonly collectives: CollectiveBox }>,
): void {
  describe(`storms and digests: ${name}`, () => {
    let store: AlertStore & { readonly collectives: CollectiveBox };
    let box: CollectiveBox;
    beforeEach(async () => {
      store = await open();
      box = store.collectives;
    });

    async function posts(...ids: readonly string[]): Promise<readonly Delivery[]> {
      for (const id of ids) {
        await store.alerts.commit(opening(sampleAlert({ id }), { deliveries: [{ kind: "post" }] }));
      }
      return store.outbox.due("notify", NOW_MS, 10);
    }

    test("what joins a storm waits no more, and is named in the order in which it came", async () => {
      const [first, second] = await posts("anom_2", "anom_1");
      if (first === undefined || second === undefined) throw new Error("nothing is due");
      await box.join("storm_1", DEFAULT_DESTINATION, [first], NOW_MS);
      await box.join("storm_1", DEFAULT_DESTINATION, [second], NOW_MS + 1);
      expect(await store.outbox.due("notify", NOW_MS, 10)).toEqual([]);
      expect(await box.due(NOW_MS, 10)).toMatchObject([
        { id: "storm_1", kind: "storm", alertIds: ["anom_2", "anom_1"], version: 2, ref: null },
      ]);
      expect(await box.stormOf("anom_1")).toBe("storm_1");
      expect(await box.stormOf("anom_3")).toBeNull();
    });

    test("a storm is shown once, and again when one of its alerts has changed", async () => {
      await box.join("storm_1", DEFAULT_DESTINATION, await posts("anom_1"), NOW_MS);
      await box.shown("storm_1", 1, { ts: "1" }, NOW_MS + 3_000);
      expect(await box.due(NOW_MS + 9_000, 10)).toEqual([]);
      await box.touch("storm_1");
      expect(await box.due(NOW_MS + 2_999, 10)).toEqual([]);
      expect(await box.due(NOW_MS + 3_000, 10)).toMatchObject([
        { ref: { ts: "1" }, version: 2, attempts: 0 },
      ]);
    });

    test("an attempt whose outcome is unclear stays marked; a clear failure takes the mark away", async () => {
      await box.join("storm_1", DEFAULT_DESTINATION, await posts("anom_1"), NOW_MS);
      await box.sending("storm_1", NOW_MS + 5);
      await box.retry("storm_1", NOW_MS, "timeout", true);
      await box.sending("storm_1", NOW_MS + 9);
      expect(await box.due(NOW_MS, 10)).toMatchObject([{ sendingSinceMs: NOW_MS + 5, attempts: 1 }]);
      await box.retry("storm_1", NOW_MS, "rate_limited", false);
      expect(await box.due(NOW_MS, 10)).toMatchObject([{ sendingSinceMs: null, attempts: 2 }]);
      await box.abandon("storm_1", "channel_not_found");
      expect(await box.due(NOW_MS, 10)).toEqual([]);
    });

    test("the running storm is the channel's own and not older than asked for", async () => {
      const [first, second] = await posts("anom_1", "anom_2");
      if (first === undefined || second === undefined) throw new Error("nothing is due");
      await box.join("storm_1", DEFAULT_DESTINATION, [first], NOW_MS);
      await box.join("storm_2", { ...DEFAULT_DESTINATION, channel: "#shop" }, [second], NOW_MS);
      expect(await box.runningStorm(null, NOW_MS)).toMatchObject({ id: "storm_1", alertIds: ["anom_1"] });
      expect(await box.runningStorm("#shop", NOW_MS)).toMatchObject({ id: "storm_2" });
      expect(await box.runningStorm("#web", NOW_MS)).toBeNull();
      expect(await box.runningStorm(null, NOW_MS + 1)).toBeNull();
    });

    test("a digest is made once, whoever asks", async () => {
      const digest = new DigestCount().digest([], NOW_MS - 1, NOW_MS, null);
      const made = await Promise.all(
        [1, 2, 3].map(() => box.addDigest("digest_1", digest, DEFAULT_DESTINATION, NOW_MS)),
      );
      expect(made.filter((one) => one)).toHaveLength(1);
      expect(await box.due(NOW_MS, 10)).toMatchObject([
        { id: "digest_1", kind: "digest", digest, alertIds: [] },
      ]);
    });
  });

  describe(`urgency in the outbox: ${name}`, () => {
    let store: AlertStore;
    beforeEach(async () => {
      store = await open();
    });

    test("a critical alert goes first, its older rows before it; then new ones, then edits", async () => {
      const commit = (id: string, severity: Severity, deliveries: readonly NewDelivery[]): Promise<unknown> =>
        store.alerts.commit(opening(sampleAlert({ id, severity }), { deliveries }));
      await commit("edit", "high", [{ kind: "update" }]);
      await commit("new", "high", [{ kind: "post" }]);
      await commit("worse", "critical", [
        { kind: "update" },
        { kind: "reply", text: "worse", broadcast: true },
      ]);
      await commit("grave", "critical", [{ kind: "post" }]);
      const due = await store.outbox.due("notify", NOW_MS, 10);
      expect(due.map(({ alertId, kind, urgency }) => [alertId, kind, urgency])).toEqual([
        ["worse", "update", 0],
        ["grave", "post", 0],
        ["new", "post", 1],
        ["edit", "update", 2],
      ]);
    });

    test("an unclear attempt stays marked from its beginning, a clear failure does not", async () => {
      await store.alerts.commit(opening(sampleAlert(), { deliveries: [{ kind: "post" }] }));
      const head = async (): Promise<Delivery> => {
        const [first] = await store.outbox.due("notify", NOW_MS, 1);
        if (first === undefined) throw new Error("nothing is due");
        return first;
      };
      await store.outbox.sending(await head(), NOW_MS + 1);
      await store.outbox.sending(await head(), NOW_MS + 2);
      expect(await head()).toMatchObject({ sendingSinceMs: NOW_MS + 1, attempts: 0 });
      await store.outbox.retry(await head(), NOW_MS, "timeout", true);
      expect(await head()).toMatchObject({ sendingSinceMs: NOW_MS + 1, attempts: 1 });
      await store.outbox.retry(await head(), NOW_MS, "rate_limited");
      expect(await head()).toMatchObject({ sendingSinceMs: null, attempts: 2 });
    });

    test("a webhook's rows are in a lane of its own, and its edits collapse there", async () => {
      const hook = { kind: "update", hook: "ops" } as const;
      const deliveries = [{ kind: "post", hook: "ops" } as const, hook, hook, { kind: "post" } as const];
      await store.alerts.commit(opening(sampleAlert(), { deliveries }));
      const [post] = await store.outbox.due("hook:ops", NOW_MS, 9);
      expect(post).toMatchObject({ kind: "post", hook: "ops" });
      if (post !== undefined) await store.outbox.delivered(post, "webhook:ops", null, NOW_MS);
      const [update] = await store.outbox.due("hook:ops", NOW_MS, 9);
      if (update !== undefined) await store.outbox.delivered(update, "webhook:ops", null, NOW_MS);
      expect(await store.outbox.backlog("notify")).toMatchObject({ count: 1 });
      expect((await store.outbox.backlog("hook:ops")).count).toBeLessThanOrEqual(1);
    });
  });
}
