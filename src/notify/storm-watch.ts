import type { Alert } from "../alert/alert.ts";
import type { Destination } from "../alert/route.ts";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import type { CollectiveBox } from "./collective-box.ts";
import type { DeliveryOptions } from "./delivery-options.ts";
import type { Delivery } from "./outbox.ts";
import { isStorm, isStormable, joining, STORM_LASTS_MS, type Stormable } from "./storm.ts";

export interface Scene {
  readonly destinationOf: (alert: Alert) => Destination;
  readonly loadAlert: (id: string) => Promise<Alert | null>;
  readonly nowMs: EpochMs;
}

/** Sees when new alerts come too fast, and puts them into one message per channel. */
export class StormWatch {
  readonly #box: CollectiveBox;
  readonly #perMinute: number;
  readonly #untold: DeliveryOptions["untold"];
  /** Times of the last minute's own messages. */
  #told: EpochMs[] = [];

  constructor(box: CollectiveBox, perMinute: number, untold?: DeliveryOptions["untold"]) {
    this.#box = box;
    this.#perMinute = perMinute;
    this.#untold = untold;
  }

  /** A new alert got a message of its own. */
  told(nowMs: EpochMs): void {
    if (this.#perMinute > 0) this.#told.push(nowMs);
  }

  /** Those of `due` that still have to be told one by one. */
  async gather(due: readonly Delivery[], scene: Scene): Promise<readonly Delivery[]> {
    const { nowMs } = scene;
    this.#told = this.#told.filter((atMs) => atMs > nowMs - MINUTE_MS);
    const posts = due.filter((delivery) => delivery.kind === "post");
    if (!isStorm(posts.length, this.#told.length, this.#perMinute)) return due;
    const waiting = await stormableOf(posts, scene);
    if (!isStorm(waiting.length, this.#told.length, this.#perMinute)) return due;
    const gone = new Set<number>();
    for (const [channel, ofChannel] of Map.groupBy(waiting, ({ to }) => to.channel)) {
      for (const { post } of await this.#join(channel, ofChannel, nowMs)) gone.add(post.id);
    }
    return due.filter(({ id }) => !gone.has(id));
  }

  async #join(
    channel: string | null,
    waiting: readonly Stormable[],
    nowMs: EpochMs,
  ): Promise<readonly Stormable[]> {
    for (let left = waiting; left.length > 0;) {
      const running = await this.#box.runningStorm(channel, nowMs - STORM_LASTS_MS);
      const { id, members } = joining(running, left, channel, nowMs);
      const [first] = members;
      if (first === undefined) break;
      const posts = members.map(({ post }) => post);
      await this.#box.join(id, { ...first.to, mention: null }, posts, nowMs);
      for (const { alert } of members) this.#untold?.(alert, "storm", `named in ${id}`);
      left = left.slice(members.length);
    }
    return waiting;
  }
}

async function stormableOf(posts: readonly Delivery[], scene: Scene): Promise<readonly Stormable[]> {
  const found: Stormable[] = [];
  for (const post of posts) {
    const alert = await scene.loadAlert(post.alertId);
    if (alert !== null && isStormable({ post, alert }))
      found.push({ post, alert, to: scene.destinationOf(alert) });
  }
  return found;
}
