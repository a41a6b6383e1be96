import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { openServerDatabase } from "../../src/store/server-database.ts";
import type { ServerDatabase } from "../../src/store/database.ts";
import { silentLogger } from "./store-database.ts";

async function administer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

export interface OwnDatabase {
  readonly url: string;
  readonly database: ServerDatabase;
  readonly drop: () => Promise<void>;
}

/** An empty database on the server of `serverUrl`, for one test file alone. */
export async function ownDatabase(serverUrl: string): Promise<OwnDatabase> {
  const name = `tocsin_test_${randomUUID().replaceAll("-", "")}`;
  await administer(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const database = openServerDatabase({ url: url.href, logger: silentLogger });
  return {
    url: url.href,
    database,
    drop: async () => {
      await database.close();
      await administer(serverUrl, `drop database ${name} with (force)`);
    },
  };
}
