import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { SCOPES } from "../../src/slack/manifest.ts";
import { migrateDatabase } from "../../src/store/migrate.ts";
import { openServerDatabase } from "../../src/store/server-database.ts";
import type { Fault } from "../support/fault-proxy.ts";
import { Killed } from "../support/killed.ts";
import { until } from "../support/process-until.ts";
import { outageOf } from "../support/servers-outage.ts";
import { EMULATE_TOKEN, emulateInstalled, startEmulate } from "../support/slack-emulate.ts";
import { EMULATOR_TOKENS, emulatorInstalled, SlackEmulator } from "../support/slack-emulator.ts";
import { SlackLine, type Workspace } from "../support/slack-line.ts";
import { silentLogger } from "../support/store-database.ts";
import { ownDatabase, type OwnDatabase } from "../support/store-server.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const CLEAN = { lost: [], doubled: [] };
const DELIVERY_CHILD = fileURLToPath(new URL("../support/delivery-child.ts", import.meta.url));
const databaseUrl = process.env["TEST_DATABASE_URL"] ?? "";

let own: OwnDatabase;
let slack: SlackEmulator;
let line: SlackLine;

interface Said {
  readonly ts: string;
  readonly thread_ts?: string;
}

function workspaceOf(emulator: SlackEmulator): Workspace {
  const messages = async (inThread: boolean): Promise<readonly string[]> => {
    const all = await emulator.messages();
    return all
      .filter(({ ts, thread_ts: thread }) => (thread !== undefined && thread !== ts) === inThread)
      .map((message) => JSON.stringify(message));
  };
  return {
    url: emulator.url,
    token: EMULATOR_TOKENS.botToken,
    channel: "#alerts",
    parents: () => messages(false),
    replies: () => messages(true),
  };
}

/** emulate has no way to list what its channel shows but Slack's own. */
function emulateWorkspace(url: string): Workspace {
  const ask = async <T>(method: string, args: Record<string, string> = {}): Promise<T> => {
    const response = await fetch(`${url}/api/${method}`, {
      method: "POST",
      headers: { authorization: `Bearer ${EMULATE_TOKEN}` },
      body: new URLSearchParams({ limit: "999", ...args }),
    });
    return (await response.json()) as T;
  };
  const said = async (method: string, args: Record<string, string>): Promise<readonly Said[]> =>
    (await ask<{ messages: readonly Said[] }>(method, args)).messages;
  const channelId = async (): Promise<string> => {
    const { channels } = await ask<{ channels: readonly { id: string; name: string }[] }>(
      "conversations.list",
    );
    return channels.find(({ name }) => name === "alerts")?.id ?? "";
  };
  const roots = async (): Promise<readonly Said[]> => {
    const all = await said("conversations.history", { channel: await channelId() });
    return all.filter(({ ts, thread_ts: thread }) => thread === undefined || thread === ts);
  };
  return {
    url,
    token: EMULATE_TOKEN,
    channel: "alerts",
    parents: async () => (await roots()).map((message) => JSON.stringify(message)),
    replies: async () => {
      const channel = await channelId();
      const threads = await Promise.all(
        (await roots()).map(({ ts }) => said("conversations.replies", { channel, ts })),
      );
      return threads.flatMap((thread) => thread.slice(1).map((message) => JSON.stringify(message)));
    },
  };
}

/** A process of its own that delivers what waits. */
function deliverer(run: SlackLine): ChildProcess {
  return fork(DELIVERY_CHILD, [own.url, run.proxy.apiUrl, run.workspace.token, run.workspace.channel]);
}

async function deliverAll(run: SlackLine): Promise<void> {
  const child = deliverer(run);
  const exited = once(child, "exit");
  await until("all is told", 30_000, async () => ((await run.waiting()) === 0 ? true : null));
  child.kill("SIGKILL");
  await exited;
}

/** `taken`: Slack did what was asked, but nobody lived to hear of it. */
async function killAtCall(run: SlackLine, call: number, taken: boolean): Promise<void> {
  const child = deliverer(run);
  let seen = 0;
  run.proxy.plan = ({ method }) => {
    if (!method.startsWith("chat.") || ++seen !== call) return null;
    child.kill("SIGKILL");
    return { kind: taken ? "cut_answer" : "cut" };
  };
  await until("the process is killed", 30_000, () => (child.signalCode === "SIGKILL" ? true : null));
}

/** What came of 60 alerts with edits and replies while every third answer got lost. */
async function loseAnswers(line: SlackLine): Promise<object> {
  const ways = ["lost_answer", "cut_answer", "failed_answer"] as const;
  let calls = 0;
  line.proxy.plan = ({ method }) => {
    if (!method.startsWith("chat.")) return null;
    calls += 1;
    return calls % 3 === 0 ? { kind: ways[(calls / 3) % 3] ?? "cut_answer" } : null;
  };
  line.start(undefined, 0);
  for (let n = 0; n < 60; n++) {
    const id = await line.open();
    await line.pass(2 * SECOND);
    const reply = { kind: "reply", text: `worse ${n}`, broadcast: false } as const;
    await line.change(id, { severity: "critical" }, [{ kind: "update" }, reply]);
    await line.pass(10 * SECOND);
  }
  await line.pass(2 * MINUTE);
  const parents = await line.workspace.parents();
  return {
    ...(await line.verdict()),
    waiting: await line.waiting(),
    replies: (await line.workspace.replies()).length,
    edited: parents.filter((message) => message.includes("Critical")).length,
  };
}

const ALL_TOLD_ONCE = { ...CLEAN, waiting: 0, replies: 60, edited: 60 };

describe.skipIf(databaseUrl === "" || !emulatorInstalled)(
  "fault matrix: local-slack and a Postgres server",
  () => {
    beforeAll(async () => {
      own = await ownDatabase(databaseUrl);
      await migrateDatabase(own.database);
    });
    afterAll(() => own.drop());

    beforeEach(async () => {
      slack = await SlackEmulator.start({ kind: "events", requestUrl: "http://127.0.0.1:9/slack/events" });
      line = await SlackLine.on(own.database, workspaceOf(slack));
    });
    afterEach(async () => {
      await line.stop();
      await slack.stop();
      if (line.proxy.faults.length > 0)
        throw new Error(`Slack would refuse: ${line.proxy.faults.join("; ")}`);
    });

    test.for<[string, Fault]>([
      ["no connection", { kind: "cut" }],
      ["503 to everything", { kind: "status", status: 503 }],
    ])(
      "Slack down for an hour (%s): nothing lost, nothing doubled, the first critical within 5 s of its return",
      async ([, fault]) => {
        line.start();
        await line.open();
        await line.pass(SECOND);
        line.proxy.plan = () => fault;
        for (let minute = 0; minute < 60; minute++) {
          await line.open(minute === 30 ? "critical" : "high");
          await line.pass(MINUTE);
        }
        const critical = line.ids[31] ?? "";
        const returnedAtMs = line.clock.now();
        line.proxy.plan = () => null;
        await line.pass(5 * SECOND);
        const lateMs = ((await line.postedAtMs(critical)) ?? Infinity) - returnedAtMs;
        expect(lateMs).toBeLessThanOrEqual(5 * SECOND);
        await line.pass(3 * MINUTE);
        expect(await line.verdict()).toEqual(CLEAN);
        expect(await line.waiting()).toBe(0);
      },
    );

    test("429 for 10 minutes with 500 alerts: each told or named, none twice, the first critical within 5 s of its end", async () => {
      const untilMs = line.clock.now() + 10 * MINUTE;
      let lastPostMs = -Infinity;
      line.proxy.plan = ({ method }) => {
        const nowMs = line.clock.now();
        if (nowMs < untilMs)
          return { kind: "rate_limited", retryAfterS: Math.min(30, Math.ceil((untilMs - nowMs) / SECOND)) };
        if (method !== "chat.postMessage") return null;
        // One message a second and channel, as Slack has it.
        if (nowMs - lastPostMs < SECOND) return { kind: "rate_limited", retryAfterS: 1 };
        lastPostMs = nowMs;
        return null;
      };
      line.start();
      for (let n = 0; n < 500; n++) {
        await line.open(n % 100 === 50 ? "critical" : n % 2 === 0 ? "high" : "low");
        await line.pass(1_200);
      }
      await line.pass(20 * MINUTE);
      expect(await line.verdict()).toEqual(CLEAN);
      expect(await line.waiting()).toBe(0);
      const criticals = line.ids.filter((_, n) => n % 100 === 50);
      const posted = await Promise.all(criticals.map((id) => line.postedAtMs(id)));
      const lateMs = posted.map((atMs) => (atMs ?? Infinity) - untilMs);
      expect(Math.min(...lateMs)).toBeLessThanOrEqual(5 * SECOND);
      expect(Math.max(...lateMs)).toBeLessThanOrEqual(10 * SECOND);
    });

    test("every third answer lost after the message was taken, in three ways: 60 alerts with edits and replies", async () => {
      expect(await loseAnswers(line)).toEqual(ALL_TOLD_ONCE);
    });

    test("Postgres restarts between a post and its record: every outcome is written down when it is back", async () => {
      const outage = await outageOf(own.url);
      const database = openServerDatabase({ url: outage.url, logger: silentLogger });
      const run = await SlackLine.on(database, line.workspace);
      let posts = 0;
      run.proxy.plan = ({ method }) => {
        if (method === "chat.postMessage") posts += 1;
        if (posts === 2 && method === "chat.postMessage") void outage.begin();
        return null;
      };
      for (let n = 0; n < 5; n++) await run.open();
      run.start(undefined, 0);
      await run.pass(30 * SECOND);
      expect(posts).toBe(2);
      await outage.end();
      await run.pass(2 * MINUTE);
      expect(await run.verdict()).toEqual(CLEAN);
      expect(await run.waiting()).toBe(0);
      await run.stop();
      await database.close();
    });

    test.for<[string, boolean, number]>([
      ["posts", false, 2],
      ["edits and replies", true, 4],
    ])(
      "a process that is killed while Slack works on its %s, or after: the next one loses nothing, doubles nothing",
      { timeout: 200_000 },
      async ([, posted, calls]) => {
        for (let call = 1; call <= calls; call++) {
          for (const taken of [false, true]) {
            const run = await SlackLine.on(own.database, line.workspace);
            for (let n = 0; n < 2; n++) await run.open();
            if (posted) await deliverAll(run);
            const reply = { kind: "reply", text: `worse ${call} ${taken}`, broadcast: true } as const;
            for (const id of run.ids)
              await run.change(id, { status: "acknowledged" }, [{ kind: "update" }, reply]);
            await killAtCall(run, call, taken);
            await deliverAll(run);
            expect([call, taken, await run.verdict()]).toEqual([call, taken, CLEAN]);
            const replies = (await run.workspace.replies()).filter((text) => text.includes(reply.text));
            expect(replies).toHaveLength(2);
            await run.stop();
          }
        }
      },
    );

    test.for<[string, number]>([
      ["alone", 0],
      ["in a storm", 2],
    ])(
      "kill -9 at every step of post, record and edit (%s): nothing lost, nothing doubled",
      { timeout: 400_000 },
      async ([, storm]) => {
        let steps = 0;
        for (let step = 1; ; step++) {
          let killedOnce = false;
          for (const after of [false, true]) {
            const run = await SlackLine.on(own.database, line.workspace);
            const killed = new Killed(step, after);
            run.start(
              ({ outbox, collectives, notifier }) => ({
                outbox: killed.wrap(outbox),
                collectives: killed.wrap(collectives),
                notifier: killed.wrap(notifier),
              }),
              storm,
            );
            for (let n = 0; n < 4; n++) await run.open(n === 3 ? "critical" : "high");
            await run.pass(SECOND);
            const reply = { kind: "reply", text: `worse ${step} ${after}`, broadcast: true } as const;
            for (const id of run.ids)
              await run.change(id, { status: "acknowledged" }, [{ kind: "update" }, reply]);
            await run.pass(2 * SECOND);
            killedOnce ||= killed.dead;
            run.start(undefined, storm);
            await run.pass(25 * SECOND);
            expect([step, after, await run.verdict()]).toEqual([step, after, CLEAN]);
            expect(await run.waiting()).toBe(0);
            await run.stop();
          }
          steps = step;
          if (!killedOnce) break;
        }
        expect(steps).toBeGreaterThan(15);
      },
    );
  },
);

describe.skipIf(databaseUrl === "" || !emulateInstalled)(
  "fault matrix: emulate and a Postgres server",
  () => {
    test("every third answer lost after the message was taken, in three ways: 60 alerts with edits and replies", async () => {
      const database = await ownDatabase(databaseUrl);
      await migrateDatabase(database.database);
      const emulate = await startEmulate(SCOPES.map(({ scope }) => scope));
      const run = await SlackLine.on(database.database, emulateWorkspace(emulate.url));
      expect(await loseAnswers(run)).toEqual(ALL_TOLD_ONCE);
      await run.stop();
      await emulate.close();
      await database.drop();
    });
  },
);
