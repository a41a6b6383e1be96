import type { Dependency } from "../api/ports.ts";
import type { AlertDesk } from "../desk.ts";
import type { Notifying } from "./notifying.ts";
import { probe, type Storage } from "./storage.ts";

export interface ReadinessPorts {
  readonly ports: { readonly storage: Pick<Storage, "database" | "redis"> };
  readonly desk: Pick<AlertDesk, "backlog">;
  readonly notifying: Pick<Notifying, "readiness">;
  /** What keeps windows and models, and what keeps templates: a store may answer and still refuse them. */
  readonly saver: { readonly failing: boolean };
  readonly templateSaver: { readonly failing: boolean };
}

/** Asks every dependency; what is not configured cannot be down. */
export function readinessOf({
  ports,
  desk,
  notifying,
  saver,
  templateSaver,
}: ReadinessPorts): () => Promise<readonly Dependency[]> {
  const { storage } = ports;
  return async () => {
    const [database, redis] = await Promise.all([
      probe("database", () => storage.database.ping()),
      redisState(storage),
    ]);
    const waiting = desk.backlog();
    const refused = database.state === "up" && waiting.failing;
    return [
      refused ? { ...database, state: "down", reason: "refuses writes" } : database,
      redis,
      saved("state", saver),
      saved("templates", templateSaver),
      ...notifying.readiness(),
    ];
  };
}

/** What cannot be stored is kept in memory and tried again: worth knowing, and no reason to send logs elsewhere. */
function saved(name: string, { failing }: { readonly failing: boolean }): Dependency {
  return { name, state: "up", reason: failing ? "kept in memory until it can be stored" : null };
}

async function redisState({ redis }: Pick<Storage, "redis">): Promise<Dependency> {
  return redis === null
    ? { name: "redis", state: "unused", reason: null }
    : probe("redis", () => redis.ping());
}
