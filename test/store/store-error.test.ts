import { DrizzleQueryError } from "drizzle-orm/errors";
import { expect, test } from "vitest";
import { RedisState } from "../../src/store/redis-state.ts";
import { openServerDatabase } from "../../src/store/server-database.ts";
import { isUnavailable, StoreError, storeError } from "../../src/store/store-error.ts";
import { silentLogger } from "../support/store-database.ts";

const coded = (code: string): Error => Object.assign(new Error("text of the driver"), { code });

test.for<[string, unknown, boolean]>([
  ["a refused connection", coded("ECONNREFUSED"), true],
  ["a name that cannot be resolved now", coded("EAI_AGAIN"), true],
  ["a refusal of both address families", new AggregateError([coded("ECONNREFUSED")]), true],
  ["a connect timeout", new Error("timeout exceeded when trying to connect"), true],
  ["a read timeout", new Error("Query read timeout"), true],
  ["a connection cut in the middle", new Error("Connection terminated unexpectedly"), true],
  ["a server that shuts down", coded("57P01"), true],
  ["a server that still starts", coded("57P03"), true],
  ["too many connections", coded("53300"), true],
  ["a full disk", coded("53100"), true],
  ["a deadlock", coded("40P01"), true],
  ["a standby after a failover", coded("25006"), true],
  ["a statement timeout below the query builder", new DrizzleQueryError("q", [], coded("57014")), true],
  ["Redis away", new Error("Stream isn't writeable and enableOfflineQueue options is false"), true],
  ["Redis loading", new Error("LOADING Redis is loading the dataset in memory"), true],
  ["a wrong password", coded("28P01"), false],
  ["a missing table", coded("42P01"), false],
  ["a broken constraint", coded("23505"), false],
  ["text that is no JSON", new DrizzleQueryError("q", [], coded("22P02")), false],
  ["a mistake of our own", new TypeError("x is not a function"), false],
  ["something that is no error", "ECONNREFUSED", false],
  ["nothing", undefined, false],
])("%s: unavailable or not", ([, error, expected]) => {
  expect(isUnavailable(error)).toBe(expected);
  expect(isUnavailable(storeError("database", error))).toBe(expected);
});

test("a store's error never repeats the statement, its parameters or the driver's words", () => {
  const driver = Object.assign(coded("22P02"), { table: "alerts", detail: "Token secret is invalid" });
  const error = storeError("database", new DrizzleQueryError("insert secret", ["secret"], driver));
  expect(error).toBeInstanceOf(StoreError);
  expect(error.message).toBe("database error: 22P02 (alerts)");
  expect(JSON.stringify(error) + String(error.stack)).not.toContain("secret");
  expect(error.cause).toBeUndefined();
});

/** Nothing listens on port 1. */
const NOWHERE = "127.0.0.1:1";

test("a Postgres server that refuses is unavailable, and opening it costs nothing", async () => {
  const database = openServerDatabase({ url: `postgres://${NOWHERE}/tocsin`, logger: silentLogger });
  await expect(database.ping()).rejects.toMatchObject({ name: "StoreError", unavailable: true });
  await expect(database.transaction(() => Promise.reject(new Error("never run")))).rejects.toMatchObject({
    code: "ECONNREFUSED",
  });
  await database.close();
  await database.close();
});

test("a Redis that refuses is unavailable at once, however often it is asked", async () => {
  const state = new RedisState({ url: `redis://${NOWHERE}`, logger: silentLogger, random: () => 0 });
  for (let round = 0; round < 3; round++) {
    await expect(state.loadBaselines(0)).rejects.toMatchObject({ name: "StoreError", unavailable: true });
  }
  await state.close();
});
