import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Database } from "./database.ts";
import { openEmbeddedDatabase } from "./embedded-database.ts";
import { openServerDatabase } from "./server-database.ts";

export interface DatabaseOptions {
  /** null: embedded Postgres in `dataDir`. */
  readonly url: string | null;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly poolSize?: number;
  readonly connectTimeoutMs?: number;
  readonly statementTimeoutMs?: number;
}

/**
 * A server's pool connects on first use; the embedded database is running when this returns. Throws `DirectoryInUse`
 * where another process has the embedded database.
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, ...rest } = options;
  return url === null ? openEmbeddedDatabase(rest) : openServerDatabase({ ...rest, url });
}
