import { Redis } from "ioredis";
import type { Logger } from "pino";
import { MINUTE_MS, type EpochMs } from "../log/time.ts";
import { backoffMs } from "../notify/backoff.ts";
import type { WindowDelta } from "../window/delta.ts";
import { BASELINE_TTL_MS, batches, deltaKey, lastPerKey, newestDeltas } from "./state-limits.ts";
import type { BaselineRow, StateStore } from "./state-store.ts";
import { errorCode, storeError } from "./store-error.ts";
import { storableJson } from "./storable.ts";

export interface RedisOptions {
  readonly url: string;
  readonly logger: Logger;
  /** 0 to 1, for the spread of reconnects. */
  readonly random: () => number;
  readonly baselineTtlMs?: number;
  /** How long a delta outlives its last save, should nobody save again. */
  readonly deltaTtlMs?: number;
  readonly connectTimeoutMs?: number;
  readonly commandTimeoutMs?: number;
  readonly keyPrefix?: string;
}

const KEY_PREFIX = "tocsin:";
const DELTA_TTL_MS = 60 * MINUTE_MS;
const CONNECT_TIMEOUT_MS = 3_000;
const COMMAND_TIMEOUT_MS = 2_000;
const RECONNECT = { baseMs: 200, maxMs: 10_000 };

/** Rows have keys of their own, so that each expires by itself; a sorted set finds them without a scan. */
const BASELINE_INDEX = "baselines";
const DELTA_INDEX = "deltas";
const baselineKey = (key: string): string => `baseline:${key}`;
const deltaRowKey = (id: string): string => `delta:${id}`;

/** KEYS: row, index. ARGV: version, payload, ttl, pane, id. An older version changes nothing. */
const SAVE_DELTA = `
local known = redis.call("HGET", KEYS[1], "version")
if known and tonumber(known) >= tonumber(ARGV[1]) then return 0 end
redis.call("HSET", KEYS[1], "version", ARGV[1], "payload", ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[3])
redis.call("ZADD", KEYS[2], ARGV[4], ARGV[5])
redis.call("PEXPIRE", KEYS[2], ARGV[3])
return 1`;

type Reply = readonly [error: Error | null, result: unknown];

/** The results of a pipeline; the first error in it is thrown. */
function results(replies: readonly Reply[] | null): readonly unknown[] {
  return (replies ?? []).map(([error, result]) => {
    if (error !== null) throw error;
    return result;
  });
}

function connection(options: RedisOptions): Redis {
  const redis = new Redis(options.url, {
    keyPrefix: options.keyPrefix ?? KEY_PREFIX,
    lazyConnect: true,
    // Commands fail at once while Redis is away: callers have memory to fall back on, and nothing piles up.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    commandTimeout: options.commandTimeoutMs ?? COMMAND_TIMEOUT_MS,
    retryStrategy: (attempt: number) => backoffMs(attempt, RECONNECT, options.random),
  });
  // Said once per outage; without a listener an error event would end the process.
  let down = false;
  redis.on("error", (error) => {
    if (!down) options.logger.warn({ code: errorCode(error) }, "redis connection lost");
    down = true;
  });
  redis.on("ready", () => {
    if (down) options.logger.info("redis connection is back");
    down = false;
  });
  return redis;
}

/** State in Redis, shared by replicas. */
export class RedisState implements StateStore {
  readonly #redis: Redis;
  readonly #baselineTtlMs: number;
  readonly #deltaTtlMs: number;
  #connecting: Promise<void> | null = null;

  constructor(options: RedisOptions) {
    this.#redis = connection(options);
    this.#baselineTtlMs = options.baselineTtlMs ?? BASELINE_TTL_MS;
    this.#deltaTtlMs = options.deltaTtlMs ?? DELTA_TTL_MS;
  }

  async loadBaselines(nowMs: EpochMs): Promise<readonly BaselineRow[]> {
    return this.#ask(async (redis) => {
      const keys = await redis.zrangebyscore(BASELINE_INDEX, nowMs - this.#baselineTtlMs, "+inf");
      const texts = await this.#texts(keys, (key) => ["get", baselineKey(key)]);
      return texts.map((text) => JSON.parse(text) as BaselineRow);
    });
  }

  async saveBaselines(rows: readonly BaselineRow[]): Promise<void> {
    await this.#ask(async (redis) => {
      for (const batch of batches(lastPerKey(rows))) {
        const newestMs = Math.max(...batch.map((row) => row.updatedAtMs));
        const pipeline = redis.pipeline();
        for (const row of batch) {
          pipeline.set(baselineKey(row.key), storableJson(row), "PX", this.#baselineTtlMs);
          pipeline.zadd(BASELINE_INDEX, row.updatedAtMs, row.key);
        }
        pipeline.zremrangebyscore(BASELINE_INDEX, "-inf", `(${newestMs - this.#baselineTtlMs}`);
        pipeline.pexpire(BASELINE_INDEX, this.#baselineTtlMs);
        results(await pipeline.exec());
      }
    });
  }

  async loadDeltas(fromMs: EpochMs): Promise<readonly WindowDelta[]> {
    return this.#ask(async (redis) => {
      const ids = await redis.zrangebyscore(DELTA_INDEX, fromMs, "+inf");
      const texts = await this.#texts(ids, (id) => ["hget", deltaRowKey(id), "payload"]);
      return texts.map((text) => JSON.parse(text) as WindowDelta);
    });
  }

  async saveDeltas(deltas: readonly WindowDelta[], expireBeforeMs: EpochMs): Promise<void> {
    await this.#ask(async (redis) => {
      for (const batch of batches(newestDeltas(deltas, expireBeforeMs))) {
        const pipeline = redis.pipeline();
        for (const delta of batch) this.#saveDelta(pipeline, delta);
        results(await pipeline.exec());
      }
      await forgetDeltas(redis, expireBeforeMs);
    });
  }

  /** One round trip, for health. */
  async ping(): Promise<void> {
    await this.#ask((redis) => redis.ping());
  }

  /** Ends the connection; safe to call twice. */
  async close(): Promise<void> {
    this.#redis.disconnect();
  }

  #saveDelta(pipeline: ReturnType<Redis["pipeline"]>, delta: WindowDelta): void {
    const id = deltaKey(delta);
    pipeline.eval(
      SAVE_DELTA,
      2,
      deltaRowKey(id),
      DELTA_INDEX,
      delta.version,
      storableJson(delta),
      this.#deltaTtlMs,
      delta.paneStartMs,
      id,
    );
  }

  async #texts(
    keys: readonly string[],
    command: (key: string) => readonly string[],
  ): Promise<readonly string[]> {
    const found: string[] = [];
    for (const batch of batches(keys)) {
      const commands = batch.map((key) => [...command(key)]);
      const replies = results(await this.#redis.pipeline(commands).exec());
      for (const reply of replies) if (typeof reply === "string") found.push(reply);
    }
    return found;
  }

  /** Connects on first use and waits for that one attempt; later outages are the driver's to mend. */
  async #ask<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      if (this.#redis.status === "wait") this.#connecting = this.#redis.connect();
      if (this.#redis.status !== "ready") await this.#connecting;
      return await work(this.#redis);
    } catch (error) {
      throw storeError("redis", error);
    }
  }
}

async function forgetDeltas(redis: Redis, expireBeforeMs: EpochMs): Promise<void> {
  const old = await redis.zrangebyscore(DELTA_INDEX, "-inf", `(${expireBeforeMs}`);
  for (const batch of batches(old)) {
    const pipeline = redis.pipeline();
    pipeline.del(...batch.map(deltaRowKey));
    pipeline.zrem(DELTA_INDEX, ...batch);
    results(await pipeline.exec());
  }
}
