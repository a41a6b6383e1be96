import type { Digest } from "../alert/digest.ts";
import type { Destination } from "../alert/route.ts";
import type { EpochMs } from "../log/time.ts";
import type { Collective, CollectiveBox } from "../notify/collective-box.ts";
import type { Delivery, MessageRef, Outbox } from "../notify/outbox.ts";
import { storable } from "./storable.ts";

interface Row extends Collective {
  readonly shownVersion: number;
  readonly nextAtMs: EpochMs;
  readonly dead: boolean;
}

/** Storms and digests in memory: for tests. */
export class MemoryCollectives implements CollectiveBox {
  readonly #outbox: Outbox;
  readonly #rows = new Map<string, Row>();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  async addDigest(id: string, digest: Digest, to: Destination, nowMs: EpochMs): Promise<boolean> {
    if (this.#rows.has(id)) return false;
    this.#rows.set(id, fresh(id, to, storable(digest), nowMs));
    return true;
  }

  async runningStorm(channel: string | null, sinceMs: EpochMs): Promise<Collective | null> {
    const storms = [...this.#rows.values()].filter(
      ({ kind, to, createdAtMs, dead }) =>
        kind === "storm" && to.channel === channel && createdAtMs >= sinceMs && !dead,
    );
    return storms.at(-1) ?? null;
  }

  async join(id: string, to: Destination, posts: readonly Delivery[], nowMs: EpochMs): Promise<void> {
    const row = this.#rows.get(id) ?? { ...fresh(id, to, null, nowMs), version: 0 };
    const alertIds = [...row.alertIds, ...posts.map(({ alertId }) => alertId)];
    this.#rows.set(id, { ...row, alertIds, version: row.version + 1 });
    for (const post of posts) await this.#outbox.abandon(post, "storm", nowMs);
  }

  async stormOf(alertId: string): Promise<string | null> {
    return [...this.#rows.values()].find(({ alertIds }) => alertIds.includes(alertId))?.id ?? null;
  }

  async touch(id: string): Promise<void> {
    this.#change(id, ({ version }) => ({ version: version + 1 }));
  }

  async due(nowMs: EpochMs, limit: number): Promise<readonly Collective[]> {
    return [...this.#rows.values()]
      .filter((row) => !row.dead && row.version > row.shownVersion && row.nextAtMs <= nowMs)
      .slice(0, limit);
  }

  async sending(id: string, nowMs: EpochMs): Promise<void> {
    this.#change(id, ({ sendingSinceMs }) => ({ sendingSinceMs: sendingSinceMs ?? nowMs }));
  }

  async shown(id: string, version: number, ref: MessageRef | null, nextAtMs: EpochMs): Promise<void> {
    this.#change(id, (row) => ({
      shownVersion: version,
      ref: ref === null ? row.ref : storable(ref),
      nextAtMs,
      attempts: 0,
      sendingSinceMs: null,
    }));
  }

  async retry(id: string, nextAtMs: EpochMs, _reason: string, unclear: boolean): Promise<void> {
    this.#change(id, ({ attempts, sendingSinceMs }) => ({
      attempts: attempts + 1,
      nextAtMs,
      sendingSinceMs: unclear ? sendingSinceMs : null,
    }));
  }

  async abandon(id: string): Promise<void> {
    this.#change(id, () => ({ dead: true }));
  }

  #change(id: string, change: (row: Row) => Partial<Row>): void {
    const row = this.#rows.get(id);
    if (row !== undefined) this.#rows.set(id, { ...row, ...change(row) });
  }
}

function fresh(id: string, to: Destination, digest: Digest | null, nowMs: EpochMs): Row {
  return {
    id,
    kind: digest === null ? "storm" : "digest",
    to,
    digest,
    alertIds: [],
    ref: null,
    version: 1,
    createdAtMs: nowMs,
    attempts: 0,
    sendingSinceMs: null,
    shownVersion: 0,
    nextAtMs: nowMs,
    dead: false,
  };
}
