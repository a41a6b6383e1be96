import type { Dependency } from "../api/ports.ts";
import type { AlertDesk } from "../desk.ts";
import type { Notifying } from "./notifying.ts";
import { probe, type Storage } from "./storage.ts";

export interface ReadinessPorts {
  readonly ports: { readonly storage: Storage };
  readonly desk: AlertDesk;
  readonly notifying: Notifying;
}

/** Asks every dependency; what is not configured cannot be down. */
export function readinessOf({
  ports,
  desk,
  notifying,
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
      ...notifying.readiness(),
    ];
  };
}

async function redisState({ redis }: Storage): Promise<Dependency> {
  return redis === null
    ? { name: "redis", state: "unused", reason: null }
    : probe("redis", () => redis.ping());
}
