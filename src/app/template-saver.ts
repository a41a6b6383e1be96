import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { DAY_MS, SECOND_MS } from "../log/time.ts";
import type { LearnedStore, StoredSeries } from "../store/learned-store.ts";
import { errorCode } from "../store/store-error.ts";
import type { TemplateBook } from "../template/book.ts";

export interface TemplateSaverOptions {
  readonly templates: TemplateBook;
  readonly store: LearnedStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The start waits no longer for what was learned; what is left is loaded when its series logs. */
const MAX_RESTORE_MS = 5 * SECOND_MS;
/** Templates held twice while they are taken in, but for a single series with more. */
const MAX_LOADED_TEMPLATES = 5_000;
const MAX_LOADED_SERIES = 500;
/** Series brought back at a time while the service runs; how many templates they have is not known before. */
const MAX_RECALLED_SERIES = 10;

/** Keeps learned templates where a restart finds them, and brings back those of series that log again. */
export class TemplateSaver {
  readonly #options: TemplateSaverOptions;
  #saving: Promise<void> | null = null;
  #failing = false;

  constructor(options: TemplateSaverOptions) {
    this.#options = options;
  }

  get failing(): boolean {
    return this.#failing;
  }

  /** Before the first record: the series that were seen last, as many as may be held. */
  async restore(): Promise<void> {
    const { templates, store, clock, log } = this.#options;
    const startedMs = clock.now();
    let restored = 0;
    await this.#attempt(async () => {
      const stored = await store.series();
      const wanted = fitting(stored, startedMs - DAY_MS, templates.maxInAll);
      for (const batch of batchesOf(wanted)) {
        if (clock.now() - startedMs >= MAX_RESTORE_MS) break;
        await this.#load(batch.map(({ seriesKey }) => seriesKey));
        restored += batch.length;
      }
      log.info(
        { templates: templates.size, services: restored, stored: stored.length },
        "templates restored",
      );
    });
  }

  /** Series that have begun to log: what is stored of them takes the place of what they had to learn anew. */
  async recall(): Promise<void> {
    const unsettled = this.#options.templates.unsettled();
    for (let from = 0; from < unsettled.length; from += MAX_RECALLED_SERIES) {
      const keys = unsettled.slice(from, from + MAX_RECALLED_SERIES);
      if (!(await this.#attempt(() => this.#load(keys)))) return;
    }
  }

  async #load(seriesKeys: readonly string[]): Promise<void> {
    const { templates, store, clock } = this.#options;
    const found = await store.load(seriesKeys);
    for (const key of seriesKeys) {
      const changes = found.get(key);
      if (changes === undefined) templates.settle(key);
      else templates.restore(key, changes, clock.now());
    }
    templates.makeRoom(clock.now());
  }

  /** One save at a time: a slow store delays the next rather than piling up. */
  save(): Promise<void> {
    this.#saving ??= this.#saveOnce().finally(() => {
      this.#saving = null;
    });
    return this.#saving;
  }

  /** The last save: of series that have only just begun too. */
  async stop(): Promise<void> {
    await this.recall();
    await this.save();
  }

  async #saveOnce(): Promise<void> {
    const { templates, store } = this.#options;
    const unsaved = templates.takeUnsaved();
    if (unsaved.size === 0) return;
    const saved = await this.#attempt(() => store.save(unsaved));
    if (!saved) templates.returnUnsaved(unsaved);
  }

  async #attempt(work: () => Promise<void>): Promise<boolean> {
    const { log } = this.#options;
    try {
      await work();
      if (this.#failing) log.info("templates are stored again");
      this.#failing = false;
    } catch (error) {
      if (!this.#failing)
        log.warn({ reason: errorCode(error) }, "templates cannot be stored or loaded: kept in memory");
      this.#failing = true;
    }
    return !this.#failing;
  }
}

/** Those seen since `sinceMs`, the latest first, as long as there is room. */
function fitting(
  stored: readonly StoredSeries[],
  sinceMs: number,
  maxTemplates: number,
): readonly StoredSeries[] {
  let held = 0;
  return stored.filter(({ templates, lastSeenMs }) => {
    if (lastSeenMs < sinceMs) return false;
    held += templates;
    return held <= maxTemplates;
  });
}

function* batchesOf(series: readonly StoredSeries[]): Generator<readonly StoredSeries[]> {
  let batch: StoredSeries[] = [];
  let held = 0;
  for (const one of series) {
    if (
      batch.length > 0 &&
      (held + one.templates > MAX_LOADED_TEMPLATES || batch.length >= MAX_LOADED_SERIES)
    ) {
      yield batch;
      [batch, held] = [[], 0];
    }
    batch.push(one);
    held += one.templates;
  }
  if (batch.length > 0) yield batch;
}
