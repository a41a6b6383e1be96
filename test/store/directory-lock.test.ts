import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DirectoryInUse, lockDirectory, type DirectoryLock } from "../../src/store/directory-lock.ts";
import { thisProcess } from "../../src/store/process-identity.ts";
import { removeDirectory, temporaryDirectory } from "../support/store-database.ts";
import { NOW_MS } from "../support/store-samples.ts";
import { TestClock } from "../support/test-clock.ts";

let directory: string;
let path: string;
let clock: TestClock;
beforeEach(async () => {
  directory = await temporaryDirectory();
  path = join(directory, "tocsin.lock");
  clock = new TestClock(NOW_MS);
});
afterEach(() => removeDirectory(directory));

const take = (onLost: () => void = () => undefined): Promise<DirectoryLock> =>
  lockDirectory(path, clock, onLost);

/** A lock file as this process would write it, but for `changes`. */
async function leave(changes: Readonly<Record<string, unknown>>): Promise<void> {
  const content = { ...thisProcess(), token: "another", sinceMs: NOW_MS - 5_000, ...changes };
  await writeFile(path, JSON.stringify(content));
}

/** Moves the clock on, second by second, until `work` has come to an end. */
async function whileTimePasses<T>(work: Promise<T>): Promise<T> {
  let done = false;
  const finish = (): void => {
    done = true;
  };
  work.then(finish, finish);
  while (!done) {
    await clock.advance(1_000);
    await readdir(directory);
  }
  return work;
}

/** Higher than Linux gives to any process. */
const DEAD_PID = 2 ** 22 + 1;

test("a held lock refuses the next, naming the holder and what to do", async () => {
  const lock = await take();
  const refused: unknown = await take().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(DirectoryInUse);
  expect(refused).toMatchObject({ holder: { pid: process.pid, host: thisProcess().host, sinceMs: NOW_MS } });
  expect(String(refused)).toMatch(/in use by process \d+ on .+ since 2024-01-15T10:30:45Z/);
  expect(String(refused)).toContain("TOCSIN_DATA_DIR");
  await lock.release();
});

test("a released lock leaves no file, and can be taken again", async () => {
  const lock = await take();
  await lock.release();
  await lock.release();
  expect(await readdir(directory)).toEqual([]);
  await (await take()).release();
});

test("the lock of a dead process is taken over", async () => {
  await leave({ pid: DEAD_PID });
  const lock = await take();
  expect(await readFile(path, "utf8")).toContain(`"pid":${process.pid}`);
  expect(await readdir(directory)).toEqual(["tocsin.lock"]);
  await lock.release();
});

test("a live process that only has the dead holder's number does not keep its lock", async () => {
  await leave({ birth: "1" });
  await expect(take()).resolves.toBeDefined();
});

test.for<[string, Readonly<Record<string, unknown>>]>([
  ["of another machine", { scope: "elsewhere" }],
  ["that was never finished", { token: 7 }],
])("a lock %s is taken over once nobody has touched it for 15 s", async ([, changes]) => {
  await leave(changes);
  const lock = await whileTimePasses(take());
  expect(clock.now() - NOW_MS).toBeGreaterThanOrEqual(15_000);
  await lock.release();
});

test("a lock of another machine that is still touched stays its own", async () => {
  await leave({ scope: "elsewhere", host: "node-2", pid: 12 });
  const taking = take().catch((error: unknown) => error);
  while (clock.pending === 0) await readdir(directory);
  await leave({ scope: "elsewhere", host: "node-2", pid: 12, sinceMs: NOW_MS - 4_000 });
  const refused: unknown = await whileTimePasses(taking);
  expect(refused).toMatchObject({ name: "DirectoryInUse", holder: { host: "node-2", pid: 12 } });
});

test("of many that find a dead holder's lock exactly one takes it", async () => {
  await leave({ pid: DEAD_PID });
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => take()));
  const held = outcomes.filter((outcome) => outcome.status === "fulfilled");
  expect(held).toHaveLength(1);
  await held[0]?.value.release();
});

test("a holder whose file was taken learns of it, once, and does not remove the other's", async () => {
  let losses = 0;
  const lock = await take(() => {
    losses += 1;
  });
  await leave({ token: "the new holder" });
  for (let round = 0; round < 200 && losses === 0; round++) {
    await clock.advance(2_000);
    await readdir(directory);
  }
  expect(losses).toBe(1);
  await clock.advance(10_000);
  await lock.release();
  expect(losses).toBe(1);
  expect(existsSync(path)).toBe(true);
});
