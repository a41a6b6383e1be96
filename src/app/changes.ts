import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Change, ChangeBook } from "../alert/change.ts";
import { announcedChange } from "../analysis/change-input.ts";
import { ChangeLog, MAX_CHANGES, type ChangeStore } from "../analysis/change-log.ts";
import type { ChangeSink } from "../api/changes.ts";
import { DatabaseChanges } from "../store/database-changes.ts";
import type { Storage } from "./storage.ts";
import type { AnnouncedChange } from "../window/recent.ts";

/** What was changed: posted, announced in logs, or seen as a new version. */
export interface Changes extends ChangeBook, ChangeSink {
  announced(change: AnnouncedChange): void;
}

/** The changes that an earlier process knew, and those to come. Throws while the database is away. */
export async function openChanges({
  storage,
  log,
}: {
  readonly storage: Storage;
  readonly log: Logger;
}): Promise<Changes> {
  const store: ChangeStore = new DatabaseChanges(storage.database);
  const known = new ChangeLog();
  known.add(await store.recent(MAX_CHANGES));
  const keep = async (changes: readonly Change[]): Promise<void> => {
    await store.add(changes);
    known.add(changes);
  };
  return {
    between: (environment, fromMs, toMs) => known.between(environment, fromMs, toMs),
    recent: (limit) => known.recent(limit),
    add: keep,
    announced: (announced) => {
      const change = announcedChange(announced, randomUUID());
      known.add([change]);
      store.add([change]).catch(() => log.warn("a change seen in the logs could not be stored"));
    },
  };
}
