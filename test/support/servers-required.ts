/**
 * A server's address from the environment; null where there is none, so that the test is skipped. With `CI=true` a
 * missing server is an error: it would hide tests that did not run.
 */
function server(name: string): string | null {
  const value = process.env[name];
  if (value !== undefined && value !== "") return value;
  if (process.env["CI"] === "true") throw new Error(`${name} is not set`);
  return null;
}

/** A Postgres whose user may create databases. */
export const TEST_DATABASE_URL = server("TEST_DATABASE_URL");
export const TEST_REDIS_URL = server("TEST_REDIS_URL");
/** The collector binary that test/collector/build.sh prints. */
export const TEST_COLLECTOR = server("TEST_COLLECTOR");
/** The python, with OpenTelemetry's SDK, that test/python/venv.sh prints. */
export const TEST_PYTHON = server("TEST_PYTHON");
