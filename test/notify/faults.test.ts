import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { Alert } from "../../src/alert/alert.ts";
import { SYSTEM } from "../../src/alert/event.ts";
import { evolve } from "../../src/alert/evolve.ts";
import type { NewDelivery } from "../../src/alert/repository.ts";
import type { Severity } from "../../src/anomaly/anomaly.ts";
import type { CollectiveBox } from "../../src/notify/collective-box.ts";
import { DeliveryWorker } from "../../src/notify/deliver.ts";
import { DELIVERY_LIMITS } from "../../src/notify/delivery-options.ts";
import type { Notifier } from "../../src/notify/notifier.ts";
import type { Outbox } from "../../src/notify/outbox.ts";
import { MemoryAlerts } from "../../src/store/memory-alerts.ts";
import { MemoryCollectives } from "../../src/store/memory-collectives.ts";
import { ChannelSim } from "../support/channel-sim.ts";
import { Killed } from "../support/killed.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { opening } from "../support/store-samples.ts";
import { settle, TestClock } from "../support/test-clock.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const STORM_PER_MINUTE = 10;
const POST: readonly NewDelivery[] = [{ kind: "post" }];

/** A store, a channel with faults, and a worker that can be killed and started anew. */
class Line {
  readonly clock = new TestClock();
  readonly alerts = new MemoryAlerts();
  readonly box = new MemoryCollectives(this.alerts.outbox);
  readonly channel = new ChannelSim(this.clock);
  readonly ids: string[] = [];
  /** `storm anom_1`: why an alert has no message of its own. */
  readonly untold: string[] = [];
  #worker: DeliveryWorker | null = null;

  start(
    change: { outbox?: Outbox; box?: CollectiveBox; notifier?: Notifier } = {},
    storm = STORM_PER_MINUTE,
    maxAgeMs = DELIVERY_LIMITS.maxAgeMs,
  ): void {
    this.#worker = new DeliveryWorker({
      outbox: change.outbox ?? this.alerts.outbox,
      collectives: change.box ?? this.box,
      notifier: change.notifier ?? this.channel,
      loadAlert: (id) => this.alerts.get(id),
      clock: this.clock,
      log: pino({ enabled: false }),
      random: () => 1,
      untold: ({ id }, gate) => void this.untold.push(`${gate} ${id}`),
      limits: { stormPerMinute: storm, maxAgeMs },
    });
    this.#worker.start();
  }

  async open(severity: Severity = "high", id = `anom_${this.ids.length + 1}`): Promise<string> {
    this.ids.push(id);
    const nowMs = this.clock.now();
    const alert = sampleAlert({ id, severity, detectedAtMs: nowMs });
    await this.alerts.commit(opening(alert, { deliveries: POST, nowMs }));
    this.#worker?.wake();
    return id;
  }

  /** One more event, told as its deliveries say. */
  async change(id: string, change: Partial<Alert>, deliveries: readonly NewDelivery[]): Promise<void> {
    const before = await this.alerts.get(id);
    if (before === null) throw new Error("no such alert");
    const event = { type: "analysis_requested", atMs: this.clock.now(), actor: SYSTEM } as const;
    const alert = { ...evolve(before, event), ...change };
    const commit = { alert, expectedVersion: before.version, events: [event], deliveries, claims: [] };
    await this.alerts.commit({ ...commit, nowMs: this.clock.now() });
    this.#worker?.wake();
  }

  /** Nobody is lost, nobody has two messages. */
  verdict(): { readonly lost: readonly string[]; readonly doubled: readonly string[] } {
    return {
      lost: this.ids.filter((id) => !this.channel.knows(id)),
      doubled: this.channel.said.map(({ id }) => id).filter((id, index, all) => all.indexOf(id) !== index),
    };
  }

  async waiting(): Promise<number> {
    return (await this.alerts.outbox.backlog("notify")).count + (await this.box.due(Infinity, 99)).length;
  }
}

const CLEAN = { lost: [], doubled: [] };

describe("fault matrix", () => {
  test.for(["down", "hanging"] as const)(
    "Slack is %s for an hour: nothing lost, nothing doubled, the first critical within 5 s of its return",
    async (state) => {
      const line = new Line();
      line.start();
      await line.open();
      await line.clock.advance(SECOND);
      line.channel.state = state;
      for (let minute = 0; minute < 60; minute++) {
        await line.open(minute === 30 ? "critical" : "high");
        await line.clock.advance(MINUTE);
      }
      const critical = line.ids[31] ?? "";
      const returnedAtMs = line.clock.now();
      line.channel.state = "up";
      await line.clock.advance(5 * SECOND);
      const [parent] = line.channel.parents(critical);
      expect((parent?.atMs ?? Infinity) - returnedAtMs).toBeLessThanOrEqual(5 * SECOND);
      await line.clock.advance(2 * MINUTE);
      expect(line.verdict()).toEqual(CLEAN);
      expect(await line.waiting()).toBe(0);
    },
  );

  test("429 for 10 minutes with 500 alerts: each told or named, none twice, the criticals alone and first", async () => {
    const line = new Line();
    line.channel.perSecond = 1;
    line.start();
    line.channel.limitedUntilMs = line.clock.now() + 10 * MINUTE;
    for (let n = 0; n < 500; n++) {
      await line.open(n % 100 === 50 ? "critical" : n % 2 === 0 ? "high" : "low");
      await line.clock.advance(1_200);
    }
    await line.clock.advance(20 * MINUTE);
    expect(line.verdict()).toEqual(CLEAN);
    expect(await line.waiting()).toBe(0);
    const criticals = line.ids.filter((_, n) => n % 100 === 50);
    const early = criticals.map(
      (id) => (line.channel.parents(id)[0]?.atMs ?? Infinity) - line.channel.limitedUntilMs,
    );
    expect(Math.min(...early)).toBeLessThanOrEqual(5 * SECOND);
    expect(early.every((lateMs) => lateMs <= 10 * SECOND)).toBe(true);
    expect(line.channel.said.length).toBeLessThan(40);
  });

  test("answers lost after the message was taken: every third, for 60 alerts with edits and replies", async () => {
    const line = new Line();
    let calls = 0;
    line.channel.loses = () => ++calls % 3 === 0;
    line.start({}, 0);
    for (let n = 0; n < 60; n++) {
      const id = await line.open();
      await line.clock.advance(2 * SECOND);
      const reply = { kind: "reply", text: "worse", broadcast: false } as const;
      await line.change(id, { severity: "critical" }, [{ kind: "update" }, reply]);
      await line.clock.advance(10 * SECOND);
    }
    await line.clock.advance(MINUTE);
    expect(line.verdict()).toEqual(CLEAN);
    expect(line.channel.said.map(({ shown }) => shown)).toEqual(Array(60).fill("open critical"));
    expect(line.channel.said.map(({ replies }) => replies.length)).toEqual(Array(60).fill(1));
  });

  test("without the right to search, a lost answer is said again: twice is better than never", async () => {
    const line = new Line();
    line.channel.searchable = false;
    let calls = 0;
    line.channel.loses = () => ++calls === 1;
    line.start();
    const id = await line.open();
    await line.clock.advance(MINUTE);
    expect(line.channel.parents(id)).toHaveLength(2);
  });

  test("a storm is one message that names each and follows them; what becomes critical gets its own", async () => {
    const line = new Line();
    line.start();
    for (let n = 0; n < 120; n++) await line.open();
    await line.clock.advance(10 * SECOND);
    expect(line.verdict()).toEqual(CLEAN);
    const storms = line.channel.said.filter(({ names }) => names.size > 0);
    const own = line.channel.said.filter(({ names }) => names.size === 0);
    expect(storms.map(({ names }) => names.size)).toEqual([50, 50, 20 - own.length]);
    const inStorms = storms.flatMap(({ names }) => [...names]);
    expect(line.untold.toSorted()).toEqual(inStorms.map((id) => `storm ${id}`).toSorted());
    const named = line.ids.find((id) => line.channel.parents(id).length === 0) ?? "";
    await line.change(named, { severity: "critical" }, [{ kind: "update" }]);
    await line.clock.advance(10 * SECOND);
    expect(line.channel.parents(named)).toMatchObject([{ shown: "open critical" }]);
    await line.clock.advance(MINUTE);
    expect(line.verdict()).toEqual(CLEAN);
  });

  test("what nobody took for too long is given up, and the ledger hears of it", async () => {
    const line = new Line();
    line.channel.state = "down";
    line.start({}, 0, 10 * MINUTE);
    const id = await line.open();
    await line.clock.advance(11 * MINUTE);
    expect(line.untold).toEqual([`delivery ${id}`]);
    expect(await line.waiting()).toBe(0);
  });

  test("criticals never hide in a storm", async () => {
    const line = new Line();
    line.start();
    for (let n = 0; n < 40; n++) await line.open(n % 4 === 0 ? "critical" : "high");
    await line.clock.advance(10 * SECOND);
    expect(line.ids.filter((_, n) => n % 4 === 0).every((id) => line.channel.parents(id).length === 1)).toBe(
      true,
    );
    expect(line.verdict()).toEqual(CLEAN);
  });

  test("one message that can never be taken does not stand before all others", async () => {
    const line = new Line();
    const poison = await line.open("critical", "anom_poison");
    const { channel } = line;
    const post = channel.post.bind(channel);
    channel.post = (alert, to, signal) =>
      alert.id === poison
        ? Promise.resolve({
            kind: "failed",
            retryable: true,
            retryAfterMs: null,
            reason: "http_500",
            unclear: true,
          })
        : post(alert, to, signal);
    line.start();
    for (let n = 0; n < 5; n++) await line.open("critical");
    await line.clock.advance(MINUTE);
    expect(line.verdict()).toEqual({ lost: [poison], doubled: [] });
  });

  test("a channel that is gone holds up nobody else, is named, and is told once it is mended", async () => {
    const line = new Line();
    const { channel } = line;
    const post = channel.post.bind(channel);
    let mended = false;
    channel.post = (alert, to, signal) =>
      alert.id === "anom_1" && !mended
        ? Promise.resolve({
            kind: "failed",
            retryable: false,
            retryAfterMs: null,
            reason: "channel_not_found",
          })
        : post(alert, to, signal);
    line.start();
    await line.open();
    await line.open();
    await line.clock.advance(5 * SECOND);
    expect(line.verdict().lost).toEqual(["anom_1"]);
    mended = true;
    await line.clock.advance(6 * MINUTE);
    expect(line.verdict()).toEqual(CLEAN);
  });
});

describe("kill -9", () => {
  test.for([
    ["alone", 0],
    ["in a storm", 2],
  ] as const)(
    "at every step of post, record and edit (%s): nothing lost, nothing doubled",
    async ([, storm]) => {
      let steps = 0;
      for (let step = 1; ; step++) {
        const outcomes: boolean[] = [];
        for (const after of [false, true]) {
          const line = new Line();
          const killed = new Killed(step, after);
          const { outbox } = line.alerts;
          line.start(
            { outbox: killed.wrap(outbox), box: killed.wrap(line.box), notifier: killed.wrap(line.channel) },
            storm,
          );
          for (let n = 0; n < 4; n++) await line.open(n === 3 ? "critical" : "high");
          await line.clock.advance(SECOND);
          const reply = { kind: "reply", text: "worse", broadcast: true } as const;
          for (const id of line.ids) {
            await line.change(id, { status: "acknowledged" }, [{ kind: "update" }, reply]);
          }
          await line.clock.advance(2 * SECOND);
          outcomes.push(killed.dead);
          line.start({}, storm);
          await line.clock.advance(2 * MINUTE);
          await settle();
          expect([step, after, line.verdict()]).toEqual([step, after, CLEAN]);
          expect(await line.waiting()).toBe(0);
          const replies = line.channel.said.flatMap((message) => message.replies);
          expect(new Set(replies).size).toBe(replies.length);
          const own = line.channel.said.filter(({ names }) => names.size === 0);
          expect(own.every(({ shown }) => shown.startsWith("acknowledged"))).toBe(true);
        }
        steps = step;
        if (!outcomes.includes(true)) break;
      }
      expect(steps).toBeGreaterThan(15);
    },
  );

  test("while the database restarts in the middle of everything, every outcome is recorded when it is back", async () => {
    const line = new Line();
    let away = false;
    const flaky = new Proxy(line.alerts.outbox, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key);
        if (typeof value !== "function") return value;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          if (away) throw new Error("the database is away");
          return Reflect.apply(value, object, args) as unknown;
        };
      },
    });
    line.start({ outbox: flaky }, 0);
    const { channel } = line;
    const post = channel.post.bind(channel);
    channel.post = async (alert, to, signal) => {
      const outcome = await post(alert, to, signal);
      away = alert.id === "anom_2";
      return outcome;
    };
    for (let n = 0; n < 5; n++) await line.open();
    await line.clock.advance(30 * SECOND);
    expect(channel.said).toHaveLength(2);
    away = false;
    await line.clock.advance(MINUTE);
    expect(line.verdict()).toEqual(CLEAN);
    expect(await line.waiting()).toBe(0);
  });
});
