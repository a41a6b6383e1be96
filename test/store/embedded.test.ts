import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { DatabaseAlerts } from "../../src/store/database-alerts.ts";
import { DatabaseOutbox } from "../../src/store/database-outbox.ts";
import type { EmbeddedDatabase } from "../../src/store/database.ts";
import { DirectoryInUse } from "../../src/store/directory-lock.ts";
import { openEmbeddedDatabase } from "../../src/store/embedded-database.ts";
import { migrateDatabase } from "../../src/store/migrate.ts";
import { isUnavailable, StoreError } from "../../src/store/store-error.ts";
import { alertRepositoryContract } from "../support/store-alert-contract.ts";
import { databaseContract } from "../support/store-database-contract.ts";
import {
  copyOfDataDirectory,
  emptyAlertStore,
  emptyCollectiveStore,
  emptyDatabaseLearned,
  emptyDatabaseState,
  emptyLifeStore,
  emptySpendStore,
  emptyTables,
  removeDirectory,
  silentLogger,
  temporaryDirectory,
} from "../support/store-database.ts";
import { sampleAlert } from "../support/sample-alert.ts";
import { opening } from "../support/store-samples.ts";
import { collectiveContract, outboxContract } from "../support/store-outbox-contract.ts";
import { changesContract, spendContract } from "../support/store-spend-contract.ts";
import { lifeContract } from "../support/store-life-contract.ts";
import { learnedStoreContract } from "../support/store-learned-contract.ts";
import { stateStoreContract } from "../support/store-state-contract.ts";

let dataDir: string;
let database: EmbeddedDatabase;
beforeAll(async () => {
  dataDir = await temporaryDirectory();
  // What a first start leaves that was killed half way; this file's database comes up all the same.
  await mkdir(join(dataDir, "postgres"));
  await writeFile(join(dataDir, "postgres", "PG_VERSION"), "18\n");
  await writeFile(join(dataDir, "postgres", "half a database"), "");
  await writeFile(join(dataDir, "postgres.unfinished"), "");
  database = await openEmbeddedDatabase({ dataDir, clock: systemClock, logger: silentLogger });
  await migrateDatabase(database);
}, 60_000);
afterAll(async () => {
  await database.close();
  await removeDirectory(dataDir);
});

databaseContract("embedded", () => database);
alertRepositoryContract("embedded Postgres", () => emptyAlertStore(database));
outboxContract("embedded Postgres", () => emptyAlertStore(database));
collectiveContract("embedded Postgres", () => emptyCollectiveStore(database));
spendContract("embedded Postgres", () => emptySpendStore(database));
changesContract("embedded Postgres", () => database);
lifeContract("embedded Postgres", () => emptyLifeStore(database));
stateStoreContract("embedded Postgres", () => emptyDatabaseState(database));
learnedStoreContract("embedded Postgres", () => emptyDatabaseLearned(database));

test("an engine that breaks fails what was under way and starts anew for what comes next", async () => {
  const { alerts } = await emptyAlertStore(database);
  await alerts.commit(opening(sampleAlert()));
  // The engine cannot wait for data to come: to it this is the end of its input.
  const broken: unknown = await database
    .transaction(async (orm) => {
      await orm.execute("insert into claims values ('k', 'a', 1)");
      await orm.execute("copy claims from stdin");
      return { commit: true, value: null };
    })
    .catch((error: unknown) => error);
  expect(isUnavailable(broken)).toBe(true);
  expect(await alerts.get(sampleAlert().id)).toEqual(sampleAlert());
  expect(await alerts.claims(0)).toEqual([]);
});

describe("the database's directory", () => {
  const copies: string[] = [];
  /** Runs when all else is done: the database is closed, and each test works on a copy of it. */
  beforeAll(async () => {
    await emptyTables(database);
    await database.close();
  });
  afterAll(() => Promise.all(copies.map(removeDirectory)));

  async function copy(): Promise<string> {
    const path = await copyOfDataDirectory(dataDir);
    copies.push(path);
    return path;
  }
  const open = (path: string): Promise<EmbeddedDatabase> =>
    openEmbeddedDatabase({ dataDir: path, clock: systemClock, logger: silentLogger });

  test("a closed database leaves no lock, and says so when it is asked once more", async () => {
    expect(await readdir(dataDir)).toEqual(["postgres"]);
    const error: unknown = await database.ping().catch((reason: unknown) => reason);
    expect(isUnavailable(error)).toBe(true);
  });

  test("only its owner may look into it", async () => {
    expect((await stat(join(dataDir, "postgres"))).mode & 0o777).toBe(0o700);
  });

  test("a second opening of one directory is refused; the first goes on", async () => {
    const path = await copy();
    const first = await open(path);
    await expect(open(path)).rejects.toThrow(DirectoryInUse);
    await first.ping();
    await first.close();
  });

  test("a process killed again and again loses nothing that was committed", async () => {
    const path = await copy();
    const committed: string[] = [];
    for (let round = 0; round < 2; round++) {
      committed.push(...(await commitUntilKilled(path, round * 10_000)));
    }
    const again = await open(path);
    const found = await new DatabaseAlerts(again).unresolved();
    const backlog = await new DatabaseOutbox(again).backlog("notify");
    await again.close();
    const ids = new Set(found.map((alert) => alert.id));
    expect(committed.filter((id) => !ids.has(id))).toEqual([]);
    expect(committed.length).toBeGreaterThanOrEqual(60);
    expect(backlog.count).toBe(found.length);
  });

  test("a first start that was cut short was made anew, and left no mark", async () => {
    expect(await readdir(dataDir)).not.toContain("postgres.unfinished");
    expect(await readdir(join(dataDir, "postgres"))).not.toContain("half a database");
  });

  test("a database that cannot start is an error, and leaves no lock behind", async () => {
    const path = await copy();
    await rm(join(path, "postgres", "global"), { recursive: true });
    await expect(open(path)).rejects.toBeInstanceOf(StoreError);
    expect(await readdir(path)).toEqual(["postgres"]);
  });
});

/** The ids that a child had committed when it was killed, in the middle of its work. */
async function commitUntilKilled(path: string, first: number): Promise<readonly string[]> {
  const script = fileURLToPath(new URL("../support/store-crash-child.ts", import.meta.url));
  const child = spawn(process.execPath, [script, path, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let text = "";
  for await (const chunk of child.stdout) {
    text += String(chunk);
    if (text.split("\n").length > 30) child.kill("SIGKILL");
  }
  await ended;
  return text.split("\n").slice(0, -1);
}
