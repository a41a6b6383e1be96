import { randomUUID } from "node:crypto";
import { Client, type QueryResultRow } from "pg";
import { onTestFinished } from "vitest";
import { TEST_DATABASE_URL } from "./servers-required.ts";

export interface TestDatabase {
  readonly url: string;
  /** On a connection of the test's own. */
  query<Row extends QueryResultRow>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Another session, for locks. */
  session(): Promise<Client>;
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  // The database is dropped under its sessions at the end.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function asOwner(sql: string): Promise<void> {
  const client = await connect(TEST_DATABASE_URL ?? "");
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** An empty database on the server of `TEST_DATABASE_URL`, dropped when the test ends. */
export async function createDatabase(): Promise<TestDatabase> {
  if (TEST_DATABASE_URL === null) throw new Error("TEST_DATABASE_URL is not set");
  const name = `tocsin_${randomUUID().replaceAll("-", "")}`;
  await asOwner(`create database ${name}`);
  const url = new URL(TEST_DATABASE_URL);
  url.pathname = `/${name}`;
  const sessions: Client[] = [];
  const session = async (): Promise<Client> => {
    const client = await connect(url.href);
    sessions.push(client);
    return client;
  };
  onTestFinished(async () => {
    await Promise.allSettled(sessions.map(async (client) => client.end()));
    await asOwner(`drop database if exists ${name} with (force)`);
  });
  const own = await session();
  return {
    url: url.href,
    session,
    query: async (sql, parameters = []) => {
      const result = await own.query(sql, [...parameters]);
      return result.rows;
    },
  };
}
