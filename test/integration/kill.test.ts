import { describe, expect, test } from "vitest";
import { learned, recentAlerts, SHORT_WINDOWS } from "../support/process-alerts.ts";
import { startTocsin, type TocsinProcess } from "../support/process-tocsin.ts";
import { startTraffic } from "../support/process-traffic.ts";
import { staysTrue, until } from "../support/process-until.ts";
import { outageOf } from "../support/servers-outage.ts";
import { createDatabase, type TestDatabase } from "../support/servers-postgres.ts";
import { emptyRedis } from "../support/servers-redis.ts";
import { TEST_DATABASE_URL, TEST_REDIS_URL } from "../support/servers-required.ts";
import { startAlertsChannel, startSilentSlack } from "../support/servers-slack.ts";

const OPENS_WITHIN_MS = 20_000;
const RECOVERS_WITHIN_MS = 30_000;
const NO_SECOND_FOR_MS = 5_000;
const SERVICE = "payment-api";

async function alertIds(database: TestDatabase): Promise<readonly string[]> {
  const rows = await database.query<{ id: string }>("select id from alerts order by id");
  return rows.map(({ id }) => id);
}

async function openedAlert(database: TestDatabase): Promise<string> {
  return until("an alert is committed", OPENS_WITHIN_MS, async () => (await alertIds(database))[0]);
}

/** `/readyz` names this dependency as down, with 503. */
async function saysDown(tocsin: TocsinProcess, dependency: string): Promise<void> {
  await until(`/readyz says that ${dependency} is down`, RECOVERS_WITHIN_MS, async () => {
    const { status, body } = await tocsin.get("/readyz");
    const { dependencies } = body as { dependencies: Record<string, { state: string }> };
    return status === 503 && dependencies[dependency]?.state === "down" ? true : null;
  });
}

async function saysReady(tocsin: TocsinProcess): Promise<void> {
  await until("/readyz says ready", RECOVERS_WITHIN_MS, async () =>
    (await tocsin.get("/readyz")).status === 200 ? true : null,
  );
}

describe.skipIf(TEST_DATABASE_URL === null || TEST_REDIS_URL === null)("kill -9", () => {
  test("between the commit of an alert and its post: after the restart exactly one message", async () => {
    const [database, redisUrl, silent, channel] = [
      await createDatabase(),
      await emptyRedis(),
      await startSilentSlack(),
      await startAlertsChannel(),
    ];
    const env = { ...SHORT_WINDOWS, DATABASE_URL: database.url, REDIS_URL: redisUrl };
    const traffic = startTraffic(SERVICE);
    const first = await startTocsin({ ...env, ...silent.env });
    traffic.to(first.otlpPort);
    await learned(first, SERVICE);
    traffic.breakDown();
    const id = await openedAlert(database);
    await until("the post waits for its answer", OPENS_WITHIN_MS, () => (silent.waiting() > 0 ? true : null));
    await first.kill();
    expect(await database.query("select state from outbox where kind = 'post'")).toEqual([
      { state: "pending" },
    ]);

    const second = await startTocsin({ ...env, ...channel.env });
    traffic.to(second.otlpPort);
    const posted = await until("the message is in the channel", OPENS_WITHIN_MS, async () => {
      const [message] = await channel.messages();
      return message;
    });
    expect(JSON.stringify(posted)).toContain(id);
    expect(await staysTrue(NO_SECOND_FOR_MS, async () => (await channel.messages()).length === 1)).toBe(true);
    expect(await alertIds(database)).toEqual([id]);
    expect(await database.query("select state from outbox where kind = 'post'")).toEqual([{ state: "done" }]);
  });

  test("between the claim and the commit: nothing is claimed, and the next evaluation opens the alert", async () => {
    const [database, redisUrl, channel] = [
      await createDatabase(),
      await emptyRedis(),
      await startAlertsChannel(),
    ];
    const env = { ...SHORT_WINDOWS, ...channel.env, DATABASE_URL: database.url, REDIS_URL: redisUrl };
    const traffic = startTraffic(SERVICE);
    const first = await startTocsin(env);
    traffic.to(first.otlpPort);
    await learned(first, SERVICE);

    // Readers go on; whoever writes an outbox row waits, here the transaction that has just claimed.
    const locker = await database.session();
    await locker.query("begin");
    await locker.query("lock table outbox in share mode");
    traffic.breakDown();
    await until("the opening transaction waits for the outbox", OPENS_WITHIN_MS, async () => {
      const rows = await database.query(
        "select 1 as one from pg_locks where relation = 'outbox'::regclass and mode = 'RowExclusiveLock' and not granted",
      );
      return rows[0];
    });
    await first.kill();
    await locker.query("rollback");
    await until("the broken transaction is gone", OPENS_WITHIN_MS, async () => {
      const rows = await database.query(
        "select 1 as one from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
      );
      return rows.length === 0 ? true : null;
    });
    expect(await alertIds(database)).toEqual([]);
    expect(await database.query("select key from claims")).toEqual([]);

    const second = await startTocsin(env);
    traffic.to(second.otlpPort);
    const id = await openedAlert(database);
    await until("the message is in the channel", OPENS_WITHIN_MS, async () => (await channel.messages())[0]);
    expect((await recentAlerts(second)).map((alert) => [alert.anomaly_id, alert.category])).toEqual([
      [id, "new_pattern"],
    ]);
    expect(await staysTrue(NO_SECOND_FOR_MS, async () => (await channel.messages()).length === 1)).toBe(true);
  });
});

describe.skipIf(TEST_DATABASE_URL === null || TEST_REDIS_URL === null)("outages", () => {
  test("Postgres gone: logs are taken, /readyz names it, the alert decided meanwhile is stored and posted once it is back", async () => {
    const [database, redisUrl, channel] = [
      await createDatabase(),
      await emptyRedis(),
      await startAlertsChannel(),
    ];
    const postgres = await outageOf(database.url);
    const traffic = startTraffic(SERVICE);
    const tocsin = await startTocsin({
      ...SHORT_WINDOWS,
      ...channel.env,
      DATABASE_URL: postgres.url,
      REDIS_URL: redisUrl,
    });
    traffic.to(tocsin.otlpPort);
    await learned(tocsin, SERVICE);
    traffic.statuses();

    await postgres.begin();
    traffic.breakDown();
    await saysDown(tocsin, "database");
    // Longer than the window: every count of the healthy time has left it, so the alert is decided by now.
    expect(await staysTrue(12_000, async () => tocsin.child.running)).toBe(true);
    expect(new Set(traffic.statuses())).toEqual(new Set([200]));
    expect((await tocsin.get("/health")).status).toBe(200);
    expect((await tocsin.get("/alerts/recent")).status).toBe(503);
    expect(await alertIds(database)).toEqual([]);
    expect(await channel.messages()).toEqual([]);
    traffic.recover();

    const backAtMs = Date.now();
    await postgres.end();
    const id = await openedAlert(database);
    const [row] = await database.query<{ detectedAtMs: number }>(
      'select detected_at_ms as "detectedAtMs" from alerts',
    );
    expect(row?.detectedAtMs).toBeLessThan(backAtMs);
    const posted = await until("the message is in the channel", RECOVERS_WITHIN_MS, async () => {
      const [message] = await channel.messages();
      return message;
    });
    expect(JSON.stringify(posted)).toContain(id);
    await saysReady(tocsin);
    expect(await staysTrue(NO_SECOND_FOR_MS, async () => (await channel.messages()).length === 1)).toBe(true);
    expect(new Set(traffic.statuses())).toEqual(new Set([200]));
  });

  test("a second process on the same database says who serves it and stops", async () => {
    const database = await createDatabase();
    const first = await startTocsin({ DATABASE_URL: database.url });
    await expect(startTocsin({ DATABASE_URL: database.url })).rejects.toThrow(
      new RegExp(`another Tocsin serves this database: .*${first.child.pid}`),
    );
    expect(await first.stop()).toBe(0);
    const third = await startTocsin({ DATABASE_URL: database.url });
    expect((await third.get("/readyz")).status).toBe(200);
  });

  test("Redis gone: logs are taken, alerts are opened and posted, /readyz names it, and it recovers by itself", async () => {
    const [database, redisUrl, channel] = [
      await createDatabase(),
      await emptyRedis(),
      await startAlertsChannel(),
    ];
    const redis = await outageOf(redisUrl);
    const traffic = startTraffic(SERVICE);
    const tocsin = await startTocsin({
      ...SHORT_WINDOWS,
      ...channel.env,
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
    });
    traffic.to(tocsin.otlpPort);
    await learned(tocsin, SERVICE);
    traffic.statuses();

    await redis.begin();
    await saysDown(tocsin, "redis");
    traffic.breakDown();
    const id = await openedAlert(database);
    await until("the message is in the channel", OPENS_WITHIN_MS, async () => (await channel.messages())[0]);
    expect(new Set(traffic.statuses())).toEqual(new Set([200]));

    await redis.end();
    await saysReady(tocsin);
    expect(await alertIds(database)).toEqual([id]);
    expect(await tocsin.stop()).toBe(0);
  });
});
