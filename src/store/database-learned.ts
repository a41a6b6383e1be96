import { and, asc, count, desc, eq, inArray, ne, sql } from "drizzle-orm";
import { SNAPSHOT_VERSION, type MinerChanges, type TemplateState } from "../template/template.ts";
import type { Database, Orm } from "./database.ts";
import { lastSeenMs, type LearnedStore, type StoredSeries } from "./learned-store.ts";
import { learnedSeen, learnedSeries, learnedTemplates } from "./schema.ts";
import { batches } from "./state-limits.ts";
import { storableJson, storableText } from "./storable.ts";

type SeenLayer = MinerChanges["seen"][number];

interface TemplateRow {
  readonly series_key: string;
  readonly template_id: string;
  readonly state: TemplateState;
}

/** Of one statement, in characters of JSON; a single row may be longer. */
const MAX_STATEMENT_CHARS = 1 << 20;
/** Rows of one transaction, but for a single series with more. */
const MAX_TRANSACTION_ROWS = 5_000;

/** Learned templates in Postgres, embedded or not: a row for each, so that only what changed is written. */
export class DatabaseLearned implements LearnedStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async series(): Promise<readonly StoredSeries[]> {
    return this.#database.run((orm) =>
      orm
        .select({
          seriesKey: learnedSeries.key,
          lastSeenMs: learnedSeries.lastSeenMs,
          templates: count(learnedTemplates.templateId),
        })
        .from(learnedSeries)
        .leftJoin(learnedTemplates, eq(learnedTemplates.seriesKey, learnedSeries.key))
        .where(eq(learnedSeries.version, SNAPSHOT_VERSION))
        .groupBy(learnedSeries.key)
        .orderBy(desc(learnedSeries.lastSeenMs), asc(learnedSeries.key)),
    );
  }

  async load(seriesKeys: readonly string[]): Promise<ReadonlyMap<string, MinerChanges>> {
    const found = new Map<string, MinerChanges>();
    for (const keys of batches(seriesKeys)) {
      const stored = await this.#database.run((orm) => read(orm, keys.map(storableText)));
      for (const key of keys) {
        const changes = stored.get(storableText(key));
        if (changes !== undefined) found.set(key, changes);
      }
    }
    return found;
  }

  async save(changes: ReadonlyMap<string, MinerChanges>): Promise<void> {
    for (const group of groups(changes)) {
      await this.#database.transaction(async (orm) => {
        await write(orm, group);
        return { commit: true, value: null };
      });
    }
  }
}

interface Stored extends MinerChanges {
  readonly templates: TemplateState[];
  readonly seen: SeenLayer[];
}

async function read(orm: Orm, keys: readonly string[]): Promise<ReadonlyMap<string, MinerChanges>> {
  const { version, key } = learnedSeries;
  const series = await orm
    .select({ key })
    .from(learnedSeries)
    .where(and(inArray(key, [...keys]), eq(version, SNAPSHOT_VERSION)));
  const found = new Map<string, Stored>(
    series.map((row) => [row.key, { version: SNAPSHOT_VERSION, templates: [], removed: [], seen: [] }]),
  );
  const present = [...found.keys()];
  if (present.length === 0) return found;
  const templates = await orm
    .select({ key: learnedTemplates.seriesKey, state: learnedTemplates.state })
    .from(learnedTemplates)
    .where(inArray(learnedTemplates.seriesKey, present));
  for (const row of templates) found.get(row.key)?.templates.push(row.state);
  const layers = await orm
    .select()
    .from(learnedSeen)
    .where(inArray(learnedSeen.seriesKey, present))
    .orderBy(asc(learnedSeen.layer));
  for (const { seriesKey, layer, keys: held, bits } of layers)
    found.get(seriesKey)?.seen.push({ index: layer, keys: held, bits });
  return found;
}

type Changes = readonly (readonly [seriesKey: string, changes: MinerChanges])[];

/** Many small series share a transaction. */
function* groups(changes: ReadonlyMap<string, MinerChanges>): Generator<Changes> {
  let group: (readonly [string, MinerChanges])[] = [];
  let rows = 0;
  for (const [seriesKey, one] of changes) {
    const more = one.templates.length + one.removed.length + one.seen.length;
    if (group.length > 0 && rows + more > MAX_TRANSACTION_ROWS) {
      yield group;
      [group, rows] = [[], 0];
    }
    group.push([storableText(seriesKey), one]);
    rows += more + 1;
  }
  if (group.length > 0) yield group;
}

async function write(orm: Orm, group: Changes): Promise<void> {
  await writeSeries(orm, group);
  for (const [seriesKey, { removed }] of group) {
    for (const ids of batches(removed)) {
      await orm
        .delete(learnedTemplates)
        .where(
          and(eq(learnedTemplates.seriesKey, seriesKey), inArray(learnedTemplates.templateId, [...ids])),
        );
    }
  }
  const rows = group.flatMap(([seriesKey, { templates }]) =>
    templates.map((state) => ({ series_key: seriesKey, template_id: state.id, state })),
  );
  for (const json of statements(rows)) await writeTemplates(orm, json);
  for (const [seriesKey, { seen }] of group)
    for (const layer of seen) await writeLayer(orm, seriesKey, layer);
}

/** Rows of a version that is no longer read go first: they would stand among those of this one. */
async function writeSeries(orm: Orm, group: Changes): Promise<void> {
  for (const batch of batches(group)) {
    const keys = batch.map(([key]) => key);
    await orm
      .delete(learnedSeries)
      .where(and(inArray(learnedSeries.key, keys), ne(learnedSeries.version, SNAPSHOT_VERSION)));
    await orm
      .insert(learnedSeries)
      .values(
        batch.map(([key, changes]) => ({ key, version: SNAPSHOT_VERSION, lastSeenMs: lastSeenMs(changes) })),
      )
      .onConflictDoUpdate({
        target: learnedSeries.key,
        set: { lastSeenMs: sql`greatest(${learnedSeries.lastSeenMs}, excluded.last_seen_ms)` },
      });
  }
}

/** The rows as JSON arrays, each of them one parameter of a statement. */
function* statements(rows: readonly TemplateRow[]): Generator<string> {
  let batch: string[] = [];
  let chars = 0;
  for (const row of rows) {
    const json = storableJson(row);
    if (batch.length > 0 && chars + json.length > MAX_STATEMENT_CHARS) {
      yield `[${batch.join(",")}]`;
      [batch, chars] = [[], 0];
    }
    batch.push(json);
    chars += json.length + 1;
  }
  if (batch.length > 0) yield `[${batch.join(",")}]`;
}

async function writeTemplates(orm: Orm, json: string): Promise<void> {
  await orm.execute(sql`
    insert into ${learnedTemplates} (series_key, template_id, state)
    select series_key, template_id, state
      from jsonb_to_recordset(${json}::jsonb) as rows (series_key text, template_id text, state jsonb)
    on conflict (series_key, template_id) do update set state = excluded.state`);
}

async function writeLayer(orm: Orm, seriesKey: string, { index, keys, bits }: SeenLayer): Promise<void> {
  await orm
    .insert(learnedSeen)
    .values({ seriesKey, layer: index, keys, bits })
    .onConflictDoUpdate({
      target: [learnedSeen.seriesKey, learnedSeen.layer],
      set: { keys: sql`excluded.keys`, bits: sql`excluded.bits` },
    });
}
