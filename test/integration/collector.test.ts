import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { startCollector } from "../support/collector-process.ts";
import { learned, SHORT_WINDOWS } from "../support/process-alerts.ts";
import { startTocsin } from "../support/process-tocsin.ts";
import { staysTrue, until } from "../support/process-until.ts";
import { createDatabase } from "../support/servers-postgres.ts";
import { emptyRedis } from "../support/servers-redis.ts";
import { TEST_COLLECTOR, TEST_DATABASE_URL, TEST_REDIS_URL } from "../support/servers-required.ts";
import { startAlertsChannel } from "../support/servers-slack.ts";

const STORED_WITHIN_MS = 20_000;
const RESOLVES_WITHIN_MS = 60_000;
const NO_SECOND_FOR_MS = 3_000;
const LINE_EVERY_MS = 10;

const ready = TEST_COLLECTOR !== null && TEST_DATABASE_URL !== null && TEST_REDIS_URL !== null;

interface GrowingLog {
  readonly path: string;
  breakDown(): void;
  recover(): void;
}

/** A log file that grows line by line until the test ends; broken, 4 of 10 lines are errors. */
async function growingLog(service: string): Promise<GrowingLog> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-growing-"));
  const path = join(folder, `${service}.log`);
  const file = createWriteStream(path);
  const stopped = new AbortController();
  let broken = false;
  const run = async (): Promise<void> => {
    for (let n = 0; !stopped.signal.aborted; n++) {
      const text =
        broken && n % 10 < 4 ? "ERROR [pool] could not get a connection" : `INFO [web] order ${n} paid`;
      file.write(`${new Date().toISOString()} ${text}\n`);
      await delay(LINE_EVERY_MS);
    }
  };
  const done = run();
  onTestFinished(async () => {
    stopped.abort();
    await done;
    file.end();
    await rm(folder, { recursive: true, force: true });
  });
  return { path, breakDown: () => (broken = true), recover: () => (broken = false) };
}

describe.skipIf(!ready)("log file, collector, Tocsin, Postgres, Slack", () => {
  test("a file that begins to show errors becomes one stored alert and one message, edited when it is over", async () => {
    const [database, redisUrl, channel] = [
      await createDatabase(),
      await emptyRedis(),
      await startAlertsChannel(),
    ];
    const tocsin = await startTocsin({
      ...SHORT_WINDOWS,
      ...channel.env,
      DATABASE_URL: database.url,
      REDIS_URL: redisUrl,
    });
    const log = await growingLog("payment-api");
    await startCollector("host-files.yaml", {
      LOG_FILES: log.path,
      OTLP_ENDPOINT: `http://127.0.0.1:${tocsin.otlpPort}`,
    });
    await learned(tocsin, "payment-api");
    expect(await database.query("select id from alerts")).toEqual([]);

    log.breakDown();
    const row = await until("the alert is in Postgres", STORED_WITHIN_MS, async () => {
      const rows = await database.query<{ id: string; category: string; services: string[] }>(
        "select id, category, affected_services as services from alerts",
      );
      return rows[0];
    });
    // Errors that were never there before are a new pattern.
    expect(row.category).toBe("new_pattern");
    expect(row.services).toContain("payment-api");
    const posted = await until("the alert is in the channel", STORED_WITHIN_MS, async () => {
      const [message] = await channel.messages();
      return message;
    });
    expect(JSON.stringify(posted)).toContain("payment-api");

    log.recover();
    await until("the alert is resolved", RESOLVES_WITHIN_MS, async () => {
      const rows = await database.query("select 1 as one from alerts where status = 'resolved'");
      return rows[0];
    });
    const edited = await until("the message says so", STORED_WITHIN_MS, async () => {
      const [message] = await channel.messages();
      return message !== undefined && /resolved/i.test(JSON.stringify(message)) ? message : null;
    });
    expect(edited.ts).toBe(posted.ts);
    expect(await staysTrue(NO_SECOND_FOR_MS, async () => (await channel.messages()).length === 1)).toBe(true);
    expect(await database.query("select id from alerts")).toEqual([{ id: row.id }]);
    expect(await tocsin.stop()).toBe(0);
  });
});
