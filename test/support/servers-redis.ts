import { Redis } from "ioredis";
import { onTestFinished } from "vitest";
import { TEST_REDIS_URL } from "./servers-required.ts";

/** Redis has 16 databases by default; 0 is left alone. */
const DATABASES = 15;
let taken = 0;

/** The address of an empty database on the server of `TEST_REDIS_URL`, emptied again when the test ends. */
export async function emptyRedis(): Promise<string> {
  if (TEST_REDIS_URL === null) throw new Error("TEST_REDIS_URL is not set");
  const url = new URL(TEST_REDIS_URL);
  url.pathname = `/${1 + (taken++ % DATABASES)}`;
  const client = new Redis(url.href);
  await client.flushdb();
  onTestFinished(async () => {
    await client.flushdb();
    client.disconnect();
  });
  return url.href;
}
