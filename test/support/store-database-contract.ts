import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { getTableConfig, type PgTable } from "drizzle-orm/pg-core";
import { beforeEach, describe, expect, test } from "vitest";
import { DatabaseAlerts } from "../../src/store/database-alerts.ts";
import type { Database } from "../../src/store/database.ts";
import { migrateDatabase } from "../../src/store/migrate.ts";
import { DigestCount } from "../../src/alert/digest.ts";
import { entryOf } from "../../src/alert/ledger.ts";
import { DEFAULT_DESTINATION } from "../../src/alert/route.ts";
import { purge } from "../../src/store/retention.ts";
import * as analysisSchema from "../../src/store/analysis-schema.ts";
import * as schema from "../../src/store/schema.ts";
import { isUnavailable, StoreError } from "../../src/store/store-error.ts";
import { minerChanges, templateState } from "./store-learned-contract.ts";
import { emptyCollectiveStore, emptyDatabaseLearned, emptyLifeStore, emptyTables } from "./store-database.ts";
import { ALICE, sampleAlert, sampleEvidence } from "./sample-alert.ts";
import { NOW_MS, opening } from "./store-samples.ts";

const TABLES: readonly PgTable[] = [
  analysisSchema.aiSpending,
  analysisSchema.aiReservations,
  analysisSchema.changes,
  schema.alerts,
  schema.alertEvents,
  schema.outbox,
  schema.messageRefs,
  schema.claims,
  schema.baselines,
  schema.windowDeltas,
  schema.learnedSeries,
  schema.learnedTemplates,
  schema.learnedSeen,
  schema.mutes,
  schema.proposals,
  schema.silences,
  schema.collectives,
  schema.stormAlerts,
];

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
}

const order = (columns: readonly Column[]): readonly Column[] =>
  columns.toSorted((a, b) => (`${a.table}.${a.column}` < `${b.table}.${b.column}` ? -1 : 1));

/** `bigserial` is a bigint with a default; arrays are told apart by their element's name. */
function declared(): readonly Column[] {
  return order(
    TABLES.flatMap((table) => {
      const config = getTableConfig(table);
      return config.columns.map((column) => ({
        table: config.name,
        column: column.name,
        type: column.getSQLType().replace("bigserial", "bigint"),
        nullable: !column.notNull,
      }));
    }),
  );
}

/** What node-postgres and Postgres must agree on, on a server and embedded alike. `open` gives the one database. */
export function databaseContract(name: string, open: () => Database): void {
  describe(`database: ${name}`, () => {
    const one = async (query: ReturnType<typeof sql>): Promise<unknown> =>
      open().run(async (orm) => (await orm.execute<{ value: unknown }>(query)).rows[0]?.value);
    beforeEach(async () => emptyTables(open()));

    test("migrating an empty database gives exactly the declared columns", async () => {
      const found = await open().run((orm) =>
        orm.execute<{ table: string; column: string; type: string; nullable: boolean }>(sql`
          select table_name as "table", column_name as "column", is_nullable = 'YES' as nullable,
                 case data_type when 'ARRAY' then substr(udt_name, 2) || '[]' else data_type end as type
            from information_schema.columns where table_schema = 'public'`),
      );
      expect(order(found.rows)).toEqual(declared());
    });

    test("migrating creates every declared index", async () => {
      const found = await open().run((orm) =>
        orm.execute<{ name: string }>(
          sql`select indexname as name from pg_indexes where schemaname = 'public'`,
        ),
      );
      const names = new Set(found.rows.map((row) => row.name));
      const wanted = TABLES.flatMap((table) =>
        getTableConfig(table).indexes.map((index) => index.config.name ?? ""),
      );
      expect(wanted.filter((index) => !names.has(index))).toEqual([]);
    });

    test("migrating again, even twice at once, changes nothing", async () => {
      await Promise.all([migrateDatabase(open()), migrateDatabase(open())]);
      const path = fileURLToPath(new URL("../../migrations/meta/_journal.json", import.meta.url));
      const journal = JSON.parse(await readFile(path, "utf8")) as { readonly entries: readonly unknown[] };
      const applied = await one(sql`select count(*)::int as value from drizzle.__drizzle_migrations`);
      expect(applied).toBe(journal.entries.length);
    });

    test.for<[string, ReturnType<typeof sql>, unknown]>([
      [
        "a nested jsonb",
        sql`select ${'{"a":[1,{"b":null}],"c":"✓"}'}::jsonb as value`,
        { a: [1, { b: null }], c: "✓" },
      ],
      ["an array of text", sql`select array['a','b "c"','{}',''] as value`, ["a", 'b "c"', "{}", ""]],
      ["a bigint beyond 2^53 as text", sql`select 9007199254740993::bigint as value`, "9007199254740993"],
      ["a double with a fraction", sql`select ${1705314645000.25}::float8 as value`, 1705314645000.25],
      ["a null", sql`select null as value`, null],
      ["a boolean", sql`select true as value`, true],
      ["100 kB of text", sql`select repeat('x', 100000) as value`, "x".repeat(100_000)],
      ["1 MB there and back", sql`select ${"é".repeat(500_000)}::text as value`, "é".repeat(500_000)],
    ])("%s comes back right", async ([, query, expected]) => {
      expect(await one(query)).toEqual(expected);
    });

    test("a statement that fails throws its SQLSTATE, and the next one works", async () => {
      const failed = one(sql`select 1/0 as value`);
      await expect(failed).rejects.toMatchObject({ name: "StoreError", code: "22012", unavailable: false });
      expect(await one(sql`select 1 as value`)).toBe(1);
    });

    test("an error's text holds none of the values that were sent", async () => {
      const secret = "hunter2";
      const failed = one(sql`select ${secret}::int as value`);
      const error: unknown = await failed.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(StoreError);
      expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toContain(secret);
      expect(isUnavailable(error)).toBe(false);
    });

    test("a transaction that ends without commit, or throws, leaves nothing", async () => {
      const insert = sql`insert into claims values ('k', 'a', 1)`;
      const refused = await open().transaction(async (orm) => {
        await orm.execute(insert);
        return { commit: false, value: "refused" };
      });
      expect(refused).toBe("refused");
      const broken = open().transaction(async (orm) => {
        await orm.execute(insert);
        await orm.execute(sql`select 1/0`);
        return { commit: true, value: null };
      });
      await expect(broken).rejects.toMatchObject({ code: "22012" });
      expect(await one(sql`select count(*)::int as value from claims`)).toBe(0);
    });

    test("a bug inside a transaction stays the error that it is", async () => {
      const bug = open().transaction(() => Promise.reject(new TypeError("our own mistake")));
      await expect(bug).rejects.toThrow("our own mistake");
      expect(await one(sql`select 1 as value`)).toBe(1);
    });

    test("many statements at once are all answered, each with its own answer", async () => {
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, n) => one(sql`select ${n}::int as value`)),
      );
      expect(answers).toEqual(Array.from({ length: 40 }, (_, n) => n));
    });

    test("recent alerts are read from the index, newest first", async () => {
      const plan = await open().transaction(async (orm) => {
        await orm.execute(sql`set local enable_seqscan = off`);
        await orm.execute(sql`set local enable_sort = off`);
        const explained = await orm.execute<{ "QUERY PLAN": string }>(
          sql`explain select state from alerts order by detected_at_ms desc, ordinal desc limit 10`,
        );
        return { commit: false, value: explained.rows.map((row) => row["QUERY PLAN"]).join("\n") };
      });
      expect(plan).toContain("Index Scan using alerts_recent");
    });

    test("retention forgets resolved alerts with all that hangs on them, and never what is open", async () => {
      const alerts = new DatabaseAlerts(open());
      const old = { nowMs: NOW_MS - 1_000, deliveries: [{ kind: "post" }] } as const;
      await alerts.commit(opening(sampleAlert({ id: "gone", status: "resolved" }), old));
      await alerts.commit(opening(sampleAlert({ id: "still open" }), old));
      await alerts.commit(opening(sampleAlert({ id: "recent", status: "resolved" })));
      const limits = {
        alertsBeforeMs: NOW_MS,
        examplesBeforeMs: 0,
        baselinesBeforeMs: NOW_MS,
        learnedBeforeMs: 0,
        nowMs: NOW_MS,
      };
      expect(await purge(open(), limits)).toEqual({ alerts: 1, complete: true });
      expect((await alerts.recent({ limit: 10 })).map((alert) => alert.id)).toEqual(["recent", "still open"]);
      expect(await alerts.events("gone")).toEqual([]);
    });

    test("retention takes the example lines of what is long resolved, in the alert and its trail, and no more", async () => {
      await emptyTables(open());
      const alerts = new DatabaseAlerts(open());
      const evidence = [
        sampleEvidence(),
        sampleEvidence({ id: "E2", template: "disk full", examples: ["disk 1 full"] }),
      ];
      for (const [id, status] of [
        ["old", "resolved"],
        ["running", "open"],
      ] as const) {
        await alerts.commit(opening(sampleAlert({ id, status, evidence })));
      }
      const nowMs = NOW_MS + 1_000;
      const limits = {
        alertsBeforeMs: 0,
        examplesBeforeMs: nowMs,
        baselinesBeforeMs: 0,
        learnedBeforeMs: 0,
        nowMs,
      };
      expect(await purge(open(), limits)).toEqual({ alerts: 0, complete: true });
      const bare = evidence.map((piece) => ({ ...piece, examples: [] }));
      expect(await alerts.get("old")).toEqual(sampleAlert({ id: "old", status: "resolved", evidence: bare }));
      expect(await alerts.get("running")).toMatchObject({ evidence });
      const [opened] = await alerts.events("old");
      expect(opened).toMatchObject({ type: "opened", alert: { id: "old", evidence: [] } });
      await purge(open(), limits);
      expect(await alerts.get("old")).toMatchObject({ version: 1, evidence: bare });
    });

    test("retention forgets mutes that are over, proposals, the ledger and storms that name nobody", async () => {
      const { mutes, ledger } = await emptyLifeStore(open());
      const { collectives } = await emptyCollectiveStore(open());
      const mute = {
        kind: "mute",
        target: { kind: "service", value: "a", environment: null },
        startsAtMs: 0,
        untilMs: 1,
        reason: null,
        by: ALICE,
        createdAtMs: 0,
        accepted: null,
      } as const;
      const over = await mutes.add(mute);
      const running = await mutes.add(mute);
      await mutes.end(over.id, { atMs: 1, by: "a", reason: "expired" });
      const finding = {
        environment: "e",
        service: "s",
        category: "c",
        pattern: null,
        severity: null,
      } as const;
      const silenced = {
        ...finding,
        observed: 1,
        expected: 1,
        gate: "gate",
        reason: "r",
        alertId: null,
      } as const;
      await ledger.add(new Map([["k", entryOf({ ...silenced, atMs: 1 })]]));
      await collectives.addDigest(
        "digest_1",
        new DigestCount().digest([], 0, 1, null),
        DEFAULT_DESTINATION,
        1,
      );
      await purge(open(), {
        alertsBeforeMs: 2,
        examplesBeforeMs: 2,
        baselinesBeforeMs: 0,
        learnedBeforeMs: 0,
        nowMs: NOW_MS,
      });
      expect(await mutes.get(over.id)).toBeNull();
      expect(await mutes.get(running.id)).not.toBeNull();
      expect(await ledger.find({ fromMs: 0, toMs: 9, limit: 9 })).toEqual([]);
      expect(await collectives.due(NOW_MS, 9)).toEqual([]);
    });

    test("retention forgets series that fell silent with their templates, and leaves the others", async () => {
      const learned = await emptyDatabaseLearned(open());
      const seen = [{ index: 0, keys: 1, bits: "AA==" }];
      const of = (lastSeenMs: number) => minerChanges([templateState("1", { lastSeenMs })], { seen });
      await learned.save(
        new Map([
          ["silent", of(NOW_MS - 1)],
          ["busy", of(NOW_MS)],
        ]),
      );
      const limits = { alertsBeforeMs: 0, examplesBeforeMs: 0, baselinesBeforeMs: 0, nowMs: NOW_MS };
      expect(await purge(open(), { ...limits, learnedBeforeMs: NOW_MS })).toMatchObject({ complete: true });
      expect((await learned.series()).map(({ seriesKey }) => seriesKey)).toEqual(["busy"]);
      const rows = sql`select count(*)::int as value from learned_templates, learned_seen`;
      expect(await one(rows)).toBe(1);
    });

    test("templates of another version are not read, and go when the series is saved anew", async () => {
      const learned = await emptyDatabaseLearned(open());
      await learned.save(new Map([["a", minerChanges([templateState("old")])]]));
      await open().run((orm) => orm.execute(sql`update learned_series set version = 0`));
      expect([await learned.series(), await learned.load(["a"])]).toEqual([[], new Map()]);
      await learned.save(new Map([["a", minerChanges([templateState("new")])]]));
      expect((await learned.load(["a"])).get("a")?.templates.map(({ id }) => id)).toEqual(["new"]);
    });

    test("a ping is answered", async () => {
      await expect(open().ping()).resolves.toBeUndefined();
    });
  });
}
