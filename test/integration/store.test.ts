import { randomUUID } from "node:crypto";
import { connect, createServer, type Server } from "node:net";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { queueDeliveries } from "../../src/store/database-outbox.ts";
import { migrateDatabase } from "../../src/store/migrate.ts";
import { RedisState } from "../../src/store/redis-state.ts";
import { openServerDatabase } from "../../src/store/server-database.ts";
import { acquireServingLock, type ServingLock } from "../../src/store/serving-lock.ts";
import { isUnavailable } from "../../src/store/store-error.ts";
import { alertRepositoryContract } from "../support/store-alert-contract.ts";
import { databaseContract } from "../support/store-database-contract.ts";
import {
  emptyAlertStore,
  emptyDatabaseLearned,
  emptyDatabaseState,
  emptyCollectiveStore,
  emptyLifeStore,
  emptySpendStore,
  silentLogger,
} from "../support/store-database.ts";
import { collectiveContract, outboxContract } from "../support/store-outbox-contract.ts";
import { ACKNOWLEDGED_FIRST, races, RESOLVED_FIRST } from "../support/race.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { NOW_MS, opening, sampleDelta } from "../support/store-samples.ts";
import { ownDatabase, type OwnDatabase } from "../support/store-server.ts";
import { changesContract, spendContract } from "../support/store-spend-contract.ts";
import { lifeContract } from "../support/store-life-contract.ts";
import { learnedStoreContract } from "../support/store-learned-contract.ts";
import { CONTRACT_TTL_MS, stateStoreContract } from "../support/store-state-contract.ts";
import { TestClock } from "../support/test-clock.ts";

const databaseUrl = process.env["TEST_DATABASE_URL"] ?? "";
const redisUrl = process.env["TEST_REDIS_URL"] ?? "";

describe.skipIf(databaseUrl === "")("on a Postgres server", () => {
  let own: OwnDatabase;
  beforeAll(async () => {
    own = await ownDatabase(databaseUrl);
    // Two at once, as two replicas start: one migrates, the other waits.
    await Promise.all([migrateDatabase(own.database), migrateDatabase(own.database)]);
  });
  afterAll(() => own.drop());

  databaseContract("server", () => own.database);
  alertRepositoryContract("Postgres server", () => emptyAlertStore(own.database));
  outboxContract("Postgres server", () => emptyAlertStore(own.database));
  collectiveContract("Postgres server", () => emptyCollectiveStore(own.database));
  spendContract("a Postgres server", () => emptySpendStore(own.database));
  changesContract("a Postgres server", () => own.database);
  lifeContract("Postgres server", () => emptyLifeStore(own.database));
  stateStoreContract("Postgres server", () => emptyDatabaseState(own.database));
  learnedStoreContract("Postgres server", () => emptyDatabaseLearned(own.database));

  test("acknowledge and resolve at once, 1,000 times: one truth, and nobody sees an error", async () => {
    const { alerts } = await emptyAlertStore(own.database);
    expect(await races(1_000, () => alerts)).toEqual(new Set([ACKNOWLEDGED_FIRST, RESOLVED_FIRST]));
  });

  describe("serving lock", () => {
    const acquire = (onLost: () => void = () => undefined, clock = new TestClock()): Promise<ServingLock> =>
      acquireServingLock(own.database, { clock, logger: silentLogger, host: "node-7", pid: 4711, onLost });

    test("the second to ask is told who serves, and gets the lock once it is released", async () => {
      const first = await acquire();
      expect(first.kind).toBe("held");
      const second = await acquire();
      const holder = { host: "node-7", pid: 4711, sinceMs: expect.any(Number) as number };
      expect(second).toEqual({ kind: "taken", holder });
      if (first.kind === "held") await first.release();
      const third = await acquire();
      expect(third.kind).toBe("held");
      if (third.kind === "held") await third.release();
    });

    test("of many that ask at once exactly one holds", async () => {
      const locks = await Promise.all(Array.from({ length: 5 }, () => acquire()));
      const held = locks.filter((lock) => lock.kind === "held");
      expect(held).toHaveLength(1);
      await Promise.all(held.map((lock) => lock.release()));
    });

    test("a lock whose connection the server ends is reported lost, once, and can be taken again", async () => {
      let losses = 0;
      const gone = Promise.withResolvers<void>();
      await acquire(() => {
        losses += 1;
        gone.resolve();
      });
      await own.database.run((orm) =>
        orm.execute(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tocsin serve%'`,
        ),
      );
      await gone.promise;
      const again = await acquire();
      expect(again.kind).toBe("held");
      expect(losses).toBe(1);
      if (again.kind === "held") await again.release();
    });
  });

  test("a statement that runs too long is ended and counts as unavailable", async () => {
    const hasty = openServerDatabase({ url: own.url, logger: silentLogger, statementTimeoutMs: 50 });
    const error: unknown = await hasty
      .run((orm) => orm.execute("select pg_sleep(10)"))
      .catch((e: unknown) => e);
    expect(error).toMatchObject({ code: "57014" });
    expect(isUnavailable(error)).toBe(true);
    await hasty.ping();
    await hasty.close();
  });

  test("connections that the server ends are replaced, also while idle, and nothing crashes", async () => {
    const database = openServerDatabase({ url: own.url, logger: silentLogger });
    await database.ping();
    await own.database.run((orm) =>
      orm.execute(`select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'tocsin' and pid <> pg_backend_pid() and datname = current_database()`),
    );
    await expect
      .poll(async () =>
        database.ping().then(
          () => "back",
          () => "away",
        ),
      )
      .toBe("back");
    const alert = opening(sampleAlert());
    await expect((await emptyAlertStore(database)).alerts.commit(alert)).resolves.toEqual({
      kind: "committed",
    });
    await database.close();
  });

  test("a connection that the server ends in the middle of a transaction fails that transaction only", async () => {
    const broken: unknown = await own.database
      .transaction(async (orm) => {
        await orm.execute("insert into claims values ('k', 'a', 1)");
        await orm.execute("select pg_terminate_backend(pg_backend_pid())");
        return { commit: true, value: null };
      })
      .catch((error: unknown) => error);
    expect(isUnavailable(broken)).toBe(true);
    expect(await (await emptyAlertStore(own.database)).alerts.claims(0)).toEqual([]);
  });

  test("while a commit lets its update join a waiting one, that one cannot come to the head of the queue", async () => {
    const { alerts, outbox } = await emptyAlertStore(own.database);
    const { id } = sampleAlert();
    const deliveries = [{ kind: "post" }, { kind: "update" }] as const;
    await alerts.commit(opening(sampleAlert(), { deliveries }));
    const [post] = await outbox.due("notify", NOW_MS, 1);
    if (post === undefined) throw new Error("nothing is due");
    const waiting = async (): Promise<unknown> =>
      own.database.run(
        async (orm) => (await orm.execute("select count(*)::int as n from pg_locks where not granted")).rows,
      );
    let delivering: Promise<void> = Promise.resolve();
    await own.database.transaction(async (orm) => {
      await queueDeliveries(orm, { id, severity: "high" }, [{ kind: "update" }], NOW_MS);
      delivering = outbox.delivered(post, "slack", null, NOW_MS);
      await expect.poll(waiting).toEqual([{ n: 1 }]);
      return { commit: true, value: null };
    });
    await delivering;
    expect(await outbox.due("notify", NOW_MS, 9)).toMatchObject([{ kind: "update" }]);
  });

  test("a database that does not exist is a mistake, not an outage", async () => {
    const url = new URL(own.url);
    url.pathname = "/no_such_database";
    const database = openServerDatabase({ url: url.href, logger: silentLogger });
    const error: unknown = await database.ping().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "3D000", unavailable: false });
    await database.close();
  });
});

describe.skipIf(redisUrl === "")("on Redis", () => {
  const open: RedisState[] = [];
  const prefixes: string[] = [];
  function state(changes: { readonly url?: string; readonly keyPrefix?: string } = {}): RedisState {
    const keyPrefix = `tocsin:test:${randomUUID()}:`;
    prefixes.push(keyPrefix);
    const store = new RedisState({
      url: redisUrl,
      logger: silentLogger,
      random: () => 0,
      baselineTtlMs: CONTRACT_TTL_MS,
      keyPrefix,
      ...changes,
    });
    open.push(store);
    return store;
  }
  afterAll(async () => {
    const redis = new Redis(redisUrl);
    for (const prefix of prefixes) {
      const keys = await redis.keys(`${prefix}*`);
      if (keys.length > 0) await redis.del(...keys);
    }
    redis.disconnect();
    await Promise.all(open.map((store) => store.close()));
  });

  stateStoreContract("Redis", async () => state());

  test("every key expires by itself", async () => {
    const keyPrefix = `tocsin:test:${randomUUID()}:`;
    const store = state({ keyPrefix });
    prefixes.push(keyPrefix);
    await store.saveBaselines([{ key: "a", state: 1, updatedAtMs: NOW_MS }]);
    await store.saveDeltas([sampleDelta()], 0);
    const redis = new Redis(redisUrl);
    const keys = await redis.keys(`${keyPrefix}*`);
    const ttls = await Promise.all(keys.map((key) => redis.pttl(key)));
    redis.disconnect();
    expect(keys).toHaveLength(4);
    for (const ttl of ttls) expect(ttl).toBeGreaterThan(0);
  });

  test("commands fail at once while Redis is away, and work again by themselves when it is back", async () => {
    const target = new URL(redisUrl);
    let proxy = await forward(0, target);
    const port = portOf(proxy);
    const store = state({ url: `redis://127.0.0.1:${port}${target.pathname}` });
    await store.ping();
    await stop(proxy);
    const error: unknown = await store.ping().catch((reason: unknown) => reason);
    expect(isUnavailable(error)).toBe(true);
    proxy = await forward(port, target);
    await expect
      .poll(
        async () =>
          store.ping().then(
            () => "back",
            () => "away",
          ),
        { timeout: 10_000 },
      )
      .toBe("back");
    await store.close();
    await stop(proxy);
  });
});

const sockets = new WeakMap<Server, Set<{ destroy(): void }>>();

/** A relay to Redis that a test can take away. */
async function forward(port: number, target: URL): Promise<Server> {
  const open = new Set<{ destroy(): void }>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 6_379), target.hostname);
    open.add(client).add(upstream);
    client.on("error", () => undefined).pipe(upstream);
    upstream.on("error", () => undefined).pipe(client);
  });
  sockets.set(server, open);
  await new Promise<void>((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return address.port;
}

async function stop(server: Server): Promise<void> {
  for (const socket of sockets.get(server) ?? []) socket.destroy();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
