import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import type { NewDelivery } from "../../src/alert/repository.ts";
import { type DeliveryObservation, DeliveryWorker, MESSAGE_GONE } from "../../src/notify/deliver.ts";
import type { DeliveryOutcome } from "../../src/notify/notifier.ts";
import { FakeNotifier, MemoryOutbox } from "../support/notify-fakes.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { settle, TestClock } from "../support/test-clock.ts";
import { MINUTE_MS } from "../../src/log/time.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const ID = "anom_1";

function failed(reason: string, retryable: boolean, retryAfterMs: number | null = null): DeliveryOutcome {
  return { kind: "failed", reason, retryable, retryAfterMs };
}

describe("DeliveryWorker", () => {
  let clock: TestClock;
  let outbox: MemoryOutbox;
  let notifier: FakeNotifier;
  let alerts: Map<string, Alert>;
  let seen: DeliveryObservation[];
  let worker: DeliveryWorker;

  beforeEach(() => {
    clock = new TestClock();
    outbox = new MemoryOutbox();
    notifier = new FakeNotifier();
    alerts = new Map([[ID, sampleAlert({ id: ID })]]);
    seen = [];
    worker = new DeliveryWorker({
      outbox,
      notifier,
      loadAlert: async (id) => alerts.get(id) ?? null,
      clock,
      log: pino({ level: "silent" }),
      random: () => 1,
      observe: (observation) => seen.push(observation),
    });
  });

  afterEach(async () => {
    outbox.broken = false;
    const stopped = worker.stop();
    await clock.advance(HOUR);
    await stopped;
  });

  function add(...deliveries: NewDelivery[]): void {
    for (const delivery of deliveries) outbox.add(ID, delivery, clock.now());
  }

  /** The next version, as a commit would make it. */
  function change(): void {
    const alert = alerts.get(ID) ?? sampleAlert();
    alerts.set(ID, { ...alert, version: alert.version + 1 });
  }

  const what = (): readonly string[] => notifier.told.map((told) => told.what);

  test("posts, keeps where, then edits and replies there, in the order of the outbox", async () => {
    add({ kind: "post" });
    worker.start();
    await clock.advance(SECOND);
    change();
    add({ kind: "update" }, { kind: "reply", text: "worse", broadcast: true });
    await clock.advance(SECOND);
    expect(what()).toEqual(["post", "update", "reply"]);
    expect(notifier.told.slice(1).map((told) => told.ref)).toEqual([{ ts: "1" }, { ts: "1" }]);
    expect(notifier.told[2]).toMatchObject({ text: "worse", broadcast: true });
    expect(outbox.states()).toEqual(["post delivered", "update delivered", "reply delivered"]);
  });

  test("an edit shows the newest state, and is left out where that is shown already", async () => {
    add({ kind: "post" }, { kind: "update" }, { kind: "update" });
    worker.start();
    await clock.advance(SECOND);
    expect(what()).toEqual(["post"]);
    expect(seen.map((observation) => observation.result)).toEqual(["delivered", "skipped", "skipped"]);
  });

  test("a wake-up delivers without waiting for the poll", async () => {
    worker.start();
    await settle();
    add({ kind: "post" });
    worker.wake();
    await settle();
    await settle();
    expect(what()).toEqual(["post"]);
  });

  test("tries again with growing pauses, as often as it takes", async () => {
    notifier.outcomes.push(failed("network", true), failed("network", true));
    add({ kind: "post" });
    worker.start();
    await clock.advance(499);
    expect(what()).toEqual(["post"]);
    await clock.advance(500);
    expect(what()).toEqual(["post", "post"]);
    await clock.advance(5 * SECOND);
    expect(what()).toEqual(["post", "post", "post"]);
    expect(outbox.rows[0]).toMatchObject({ state: "delivered", attempts: 2 });
  });

  test("asked to slow down, it sends nothing at all before that time", async () => {
    alerts.set("anom_2", sampleAlert({ id: "anom_2" }));
    notifier.outcomes.push(failed("rate_limited", true, 30 * SECOND));
    add({ kind: "post" });
    outbox.add("anom_2", { kind: "post" }, clock.now());
    worker.start();
    await clock.advance(29 * SECOND);
    worker.wake();
    await settle();
    expect(what()).toEqual(["post"]);
    await clock.advance(3 * SECOND);
    expect(what()).toEqual(["post", "post", "post"]);
    expect(outbox.states()).toEqual(["post delivered", "post delivered"]);
  });

  test("what a wrong configuration refuses is named, kept, and told once it is mended", async () => {
    notifier.outcomes.push(failed("channel_not_found", false));
    add({ kind: "post" }, { kind: "reply", text: "worse", broadcast: false });
    worker.start();
    await clock.advance(SECOND);
    expect(worker.problem()).toBe("channel_not_found");
    expect(outbox.states()[0]).toBe("post due channel_not_found");
    await clock.advance(6 * MINUTE_MS);
    expect(what()).toEqual(["post", "post", "reply"]);
    expect(outbox.states()).toEqual(["post delivered", "reply delivered"]);
    expect(worker.problem()).toBeNull();
  });

  test("edits and replies of an alert that was never posted are given up", async () => {
    notifier.outcomes.push(failed(MESSAGE_GONE, false));
    add({ kind: "post" }, { kind: "update" }, { kind: "reply", text: "x", broadcast: false });
    worker.start();
    await clock.advance(SECOND);
    expect(what()).toEqual(["post"]);
    expect(outbox.states()).toEqual([
      `post abandoned ${MESSAGE_GONE}`,
      "update abandoned not_posted",
      "reply abandoned not_posted",
    ]);
  });

  test("a message that somebody deleted is no problem of the configuration", async () => {
    add({ kind: "post" });
    worker.start();
    await clock.advance(SECOND);
    notifier.outcomes.push(failed(MESSAGE_GONE, false));
    change();
    add({ kind: "update" });
    await clock.advance(2 * SECOND);
    expect(outbox.states()).toEqual(["post delivered", `update abandoned ${MESSAGE_GONE}`]);
    expect(worker.problem()).toBeNull();
  });

  test("a notifier that hangs is cut off at the deadline and tried again", async () => {
    notifier.outcomes.push("hang");
    add({ kind: "post" });
    worker.start();
    await clock.advance(14 * SECOND);
    expect(outbox.rows[0]?.attempts).toBe(0);
    await clock.advance(5 * SECOND);
    expect(what()).toEqual(["post", "post"]);
    expect(outbox.states()).toEqual(["post delivered"]);
  });

  test("a notifier that throws costs one attempt, not the worker", async () => {
    notifier.outcomes.push(new Error("a bug"));
    add({ kind: "post" });
    worker.start();
    await clock.advance(5 * SECOND);
    expect(outbox.states()).toEqual(["post delivered"]);
    expect(seen[0]).toMatchObject({ result: "retried", reason: "internal_error" });
  });

  test("waits for a store out of reach and goes on", async () => {
    outbox.broken = true;
    add({ kind: "post" });
    worker.start();
    await clock.advance(10 * SECOND);
    expect(what()).toEqual([]);
    outbox.broken = false;
    await clock.advance(20 * SECOND);
    expect(outbox.states()).toEqual(["post delivered"]);
  });

  test("a message that went out while the store was out of reach is recorded later, not sent again", async () => {
    add({ kind: "post" });
    const post = notifier.post.bind(notifier);
    notifier.post = async (alert, to) => {
      const outcome = await post(alert, to);
      outbox.broken = true;
      return outcome;
    };
    worker.start();
    await clock.advance(10 * SECOND);
    expect(outbox.states()).toEqual(["post due"]);
    outbox.broken = false;
    await clock.advance(60 * SECOND);
    expect(what()).toEqual(["post"]);
    expect(outbox.states()).toEqual(["post delivered"]);
  });

  test("a post whose place is known already becomes an edit", async () => {
    outbox.refs.set(`${ID} fake`, { ts: "7" });
    add({ kind: "post" });
    worker.start();
    await clock.advance(SECOND);
    expect(what()).toEqual(["update"]);
  });

  test("an alert that is gone is given up", async () => {
    outbox.add("anom_gone", { kind: "post" }, clock.now());
    worker.start();
    await clock.advance(SECOND);
    expect(outbox.states()).toEqual(["post abandoned alert_gone"]);
  });

  test("what could not be delivered for a day is given up", async () => {
    notifier.outcomes.push(...Array.from({ length: 50 }, () => failed("network", true)));
    outbox.add(ID, { kind: "post" }, clock.now() - 24 * HOUR + MINUTE_MS);
    worker.start();
    await clock.advance(2 * MINUTE_MS);
    expect(outbox.states()).toEqual(["post abandoned network"]);
  });

  test("evidence and analysis go into the thread, once the alert is there", async () => {
    add({ kind: "post" }, { kind: "evidence" }, { kind: "analysis" });
    worker.start();
    await clock.advance(SECOND);
    expect(what()).toEqual(["post", "reply", "reply"]);
    expect(outbox.states()).toEqual(["post delivered", "evidence delivered", "analysis delivered"]);
  });

  test("leaves the analyst's lane alone", async () => {
    add({ kind: "analyse" }, { kind: "post" });
    worker.start();
    await clock.advance(SECOND);
    expect(outbox.states()).toEqual(["analyse due", "post delivered"]);
  });

  test("a stop waits for the attempt in flight and records it", async () => {
    add({ kind: "post" });
    let finish: (outcome: DeliveryOutcome) => void = () => undefined;
    notifier.post = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    worker.start();
    await settle();
    let stopped = false;
    const stop = worker.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    finish({ kind: "delivered", ref: { ts: "1" } });
    await stop;
    expect(outbox.states()).toEqual(["post delivered"]);
    expect(clock.pending).toBe(0);
  });
});
