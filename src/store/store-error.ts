/** SQLSTATE classes: 08 connection, 53 resources (disk, memory, connections), 57P and 58 server stopping or ailing. */
const UNAVAILABLE_CLASSES = ["08", "53", "57P", "58"];

/** Single states that the same call may survive when it is made again. */
const UNAVAILABLE_STATES: ReadonlySet<string> = new Set([
  "25006", // read only: a failover is under way
  "25P03", // idle in transaction for too long
  "40001", // serialisation failure
  "40P01", // deadlock
  "55P03", // lock not available
  "57014", // statement timeout
]);

const NETWORK_CODES: ReadonlySet<string> = new Set([
  "EAI_AGAIN",
  "ECONNABORTED",
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTDOWN",
  "EHOSTUNREACH",
  "ENETDOWN",
  "ENETUNREACH",
  "ENOENT", // a Unix socket that is not there (yet)
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/** Drivers raise these without a code. */
const UNAVAILABLE_MESSAGES =
  /timeout exceeded when trying to connect|query read timeout|connection terminated|connection ended|timeout expired|not queryable|client was closed|after calling end on the pool|connection is closed|stream isn't writeable|command timed out|max retries per request|enableOfflineQueue/i;

/** Redis answers that pass: it is loading, failing over, busy, or full. */
const REDIS_REPLIES = /^(LOADING|READONLY|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY|OOM|NOREPLICAS)\b/;

const MAX_CAUSES = 5;

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;
}

function text(value: unknown, name: string): string {
  const found = field(value, name);
  return typeof found === "string" ? found : "";
}

/** The error itself, then what caused it: the query builder and dual-stack connects wrap the driver's error. */
function chain(error: unknown): readonly unknown[] {
  const found: unknown[] = [];
  let current = error;
  while (current !== undefined && current !== null && found.length < MAX_CAUSES) {
    found.push(current);
    const errors = field(current, "errors");
    current = field(current, "cause") ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return found;
}

function isTransient(error: unknown): boolean {
  const code = text(error, "code");
  if (UNAVAILABLE_STATES.has(code) || NETWORK_CODES.has(code)) return true;
  if (code.length === 5 && UNAVAILABLE_CLASSES.some((prefix) => code.startsWith(prefix))) return true;
  const message = text(error, "message");
  return code === "" && (UNAVAILABLE_MESSAGES.test(message) || REDIS_REPLIES.test(message));
}

/**
 * What a store throws. Its message names code, table and constraint only: a driver's own message and parameters may
 * hold received log text, which must never reach our logs.
 */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** SQLSTATE, system error code or Redis reply word; `unknown` where there is none. */
  readonly code: string;
  /** Would the same call succeed once the store is back? */
  readonly unavailable: boolean;

  constructor(message: string, code: string, unavailable: boolean) {
    super(message);
    this.code = code;
    this.unavailable = unavailable;
  }
}

function codeOf(causes: readonly unknown[]): string {
  for (const cause of causes) {
    const code = text(cause, "code") || (REDIS_REPLIES.exec(text(cause, "message"))?.[1] ?? "");
    if (code !== "") return code;
  }
  return "unknown";
}

/** Errors of our own making, which say more as they are. */
function isBug(error: unknown): error is Error {
  return (error instanceof TypeError || error instanceof RangeError) && !("code" in error);
}

/** Any driver's error as a `StoreError`; a bug stays what it is. `store` is the word for it, such as `database`. */
export function storeError(store: string, error: unknown): Error {
  if (error instanceof StoreError || isBug(error)) return error;
  const causes = chain(error);
  const last = causes.at(-1);
  const unavailable = causes.some(isTransient);
  const code = codeOf(causes);
  const where = ["table", "column", "constraint", "routine"]
    .map((name) => text(last, name))
    .filter((name) => name !== "");
  const about = where.length === 0 ? "" : ` (${where.join(", ")})`;
  const message = `${store} ${unavailable ? "unavailable" : "error"}: ${knownMessage(last) ?? code}${about}`;
  return new StoreError(message, code, unavailable);
}

/** Messages that the drivers write themselves hold no data; anything else is left out. */
function knownMessage(error: unknown): string | null {
  const message = text(error, "message");
  return text(error, "code") === "" && UNAVAILABLE_MESSAGES.test(message) && message.length < 120
    ? message
    : null;
}

/** A word for logs: the `StoreError`'s code, else the error's name. */
export function errorCode(error: unknown): string {
  const known = storeError("store", error);
  return known instanceof StoreError ? known.code : known.name;
}

/** True where the caller should try again later (or answer 503); false where the error is a bug or a refusal. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof StoreError ? error.unavailable : chain(error).some(isTransient);
}
