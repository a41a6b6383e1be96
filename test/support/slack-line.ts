import { pino } from "pino";
import type { Alert } from "../../src/alert/alert.ts";
import { SYSTEM } from "../../src/alert/event.ts";
import { evolve } from "../../src/alert/evolve.ts";
import type { NewDelivery } from "../../src/alert/repository.ts";
import type { Severity } from "../../src/anomaly/anomaly.ts";
import { formatIdTime } from "../../src/log/time.ts";
import type { CollectiveBox } from "../../src/notify/collective-box.ts";
import { DeliveryWorker } from "../../src/notify/deliver.ts";
import type { Notifier } from "../../src/notify/notifier.ts";
import type { Outbox } from "../../src/notify/outbox.ts";
import { slackClient } from "../../src/slack/client.ts";
import { SlackNotifier } from "../../src/slack/notifier.ts";
import type { Database } from "../../src/store/database.ts";
import { FaultProxy } from "./fault-proxy.ts";
import { loneAlert } from "./slack-alerts.ts";
import { emptyCollectiveStore } from "./store-database.ts";
import { opening } from "./store-samples.ts";
import { TestClock } from "./test-clock.ts";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const POST: readonly NewDelivery[] = [{ kind: "post" }];
const STORM_PER_MINUTE = 10;

/** Another implementation of Slack, and what its channel shows. */
export interface Workspace {
  readonly url: string;
  readonly token: string;
  readonly channel: string;
  /** The channel's own messages, replies left out, as JSON. */
  parents(): Promise<readonly string[]>;
  /** Every reply in every thread, as JSON. */
  replies(): Promise<readonly string[]>;
}

export type Store = Awaited<ReturnType<typeof emptyCollectiveStore>>;

/** What the worker works with, each replaceable by something that breaks. */
export interface Ends {
  readonly outbox: Outbox;
  readonly collectives: CollectiveBox;
  readonly notifier: Notifier;
}

/** Counts calls that are under way: while there are some, time stands still. */
class Busy {
  calls = 0;

  watch<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key);
        if (typeof value !== "function") return value;
        return async (...args: readonly unknown[]): Promise<unknown> => {
          this.calls += 1;
          try {
            return await (Reflect.apply(value, object, args) as unknown);
          } finally {
            this.calls -= 1;
          }
        };
      },
    });
  }
}

/**
 * A real store, the real notifier, and a workspace of other people's behind a proxy with faults, on a clock that
 * stands still while anything is under way: an hour of outage takes seconds.
 */
export class SlackLine {
  readonly clock: TestClock;
  readonly store: Store;
  readonly proxy: FaultProxy;
  readonly workspace: Workspace;
  readonly ids: string[] = [];
  readonly #busy = new Busy();
  /** Lines share a workspace, so that no two of their alerts may have one id. */
  static #made = 0;
  #worker: DeliveryWorker | null = null;
  readonly #workers: DeliveryWorker[] = [];

  private constructor(clock: TestClock, store: Store, proxy: FaultProxy, workspace: Workspace) {
    this.clock = clock;
    this.store = store;
    this.proxy = proxy;
    this.workspace = workspace;
  }

  static async on(database: Database, workspace: Workspace): Promise<SlackLine> {
    // The workspace stamps its messages with real time; ours must not be ahead of it, or nothing would be found.
    const clock = new TestClock(Date.now() - 3 * HOUR);
    const proxy = await FaultProxy.start(workspace.url, () => clock.now());
    return new SlackLine(clock, await emptyCollectiveStore(database), proxy, workspace);
  }

  /** A worker, as a process has one; `change` puts something that breaks between it and its ends. */
  start(change: (ends: Ends) => Ends = (ends) => ends, storm = STORM_PER_MINUTE): void {
    const { clock, store, proxy, workspace } = this;
    const log = pino({ enabled: false });
    const client = slackClient(workspace.token, proxy.apiUrl, log);
    const busy = this.#busy;
    const { outbox, collectives, notifier } = change({
      outbox: busy.watch(store.outbox),
      collectives: busy.watch(store.collectives),
      notifier: busy.watch(new SlackNotifier({ client, channel: workspace.channel, clock })),
    });
    this.#worker = new DeliveryWorker({
      outbox,
      collectives,
      notifier,
      loadAlert: (id) => busy.watch(store.alerts).get(id),
      clock,
      log,
      random: () => 1,
      limits: { stormPerMinute: storm },
    });
    this.#workers.push(this.#worker);
    this.#worker.start();
  }

  async open(severity: Severity = "high"): Promise<string> {
    // Ids are told apart by their time: no two in one second, whatever the clock says.
    SlackLine.#made += 1;
    const id = `anom_${formatIdTime(Date.UTC(2024, 0, 15) + SlackLine.#made * SECOND)}`;
    this.ids.push(id);
    const nowMs = this.clock.now();
    const alert = loneAlert({ id, severity, detectedAtMs: nowMs });
    await this.store.alerts.commit(opening(alert, { deliveries: POST, nowMs }));
    this.#worker?.wake();
    return id;
  }

  async change(id: string, change: Partial<Alert>, deliveries: readonly NewDelivery[]): Promise<void> {
    const before = await this.store.alerts.get(id);
    if (before === null) throw new Error("no such alert");
    const nowMs = this.clock.now();
    const event = { type: "analysis_requested", atMs: nowMs, actor: SYSTEM } as const;
    const alert = { ...evolve(before, event), ...change };
    const commit = { alert, expectedVersion: before.version, events: [event], deliveries, claims: [], nowMs };
    await this.store.alerts.commit(commit);
    this.#worker?.wake();
  }

  /** Moves time on; before each timer that falls due, what is under way is waited for. */
  async pass(ms: number): Promise<void> {
    const endMs = this.clock.now() + ms;
    for (;;) {
      await this.#idle();
      const nextAtMs = this.clock.nextAtMs;
      if (nextAtMs === null || nextAtMs > endMs) break;
      await this.clock.advance(nextAtMs - this.clock.now());
    }
    await this.clock.advance(endMs - this.clock.now());
    await this.#idle();
  }

  /** Nothing lost, nothing twice: of each alert, its own messages, or the storms that name it. */
  async verdict(): Promise<{ readonly lost: readonly string[]; readonly doubled: readonly string[] }> {
    const parents = await this.workspace.parents();
    const own = parents.filter((message) => !message.includes("storm_"));
    const storms = parents.filter((message) => message.includes("storm_"));
    const told = (messages: readonly string[], id: string): number =>
      messages.filter((message) => message.includes(id)).length;
    return {
      lost: this.ids.filter((id) => told(own, id) + told(storms, id) === 0),
      doubled: this.ids.filter((id) => told(own, id) > 1 || told(storms, id) > 1),
    };
  }

  /** When the call went out that made this alert's own message; null where none did. */
  async postedAtMs(id: string): Promise<number | null> {
    const made = this.proxy.calls.findLast(
      ({ method, args, fault }) =>
        method === "chat.postMessage" &&
        args["thread_ts"] === undefined &&
        (fault === null || fault.endsWith("_answer")) &&
        JSON.stringify(args).includes(id) &&
        !JSON.stringify(args).includes("storm_"),
    );
    return made?.atMs ?? null;
  }

  async waiting(): Promise<number> {
    const { outbox, collectives } = this.store;
    return (await outbox.backlog("notify")).count + (await collectives.due(Infinity, 99)).length;
  }

  async stop(): Promise<void> {
    const stopped = Promise.all(this.#workers.map((worker) => worker.stop()));
    await this.pass(60_000);
    await Promise.race([stopped, this.#idle()]);
    await this.proxy.stop();
  }

  async #idle(): Promise<void> {
    for (let quiet = 0; quiet < 3;) {
      await new Promise((resolve) => {
        setTimeout(resolve, 0);
      });
      quiet = this.#busy.calls <= this.proxy.held ? quiet + 1 : 0;
    }
  }
}
