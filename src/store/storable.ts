/** Postgres refuses NUL in text, and NUL and lone surrogates in jsonb; received log text may hold both. */
export function storableText(value: string): string {
  return value.replaceAll("\0", "\ufffd").toWellFormed();
}

/** `JSON.stringify` writes exactly these two as escapes; an even run of backslashes before them is text. */
const UNSTORABLE = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;

/** The JSON text of plain data, keys included, as Postgres takes it. */
export function storableJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSTORABLE, "$1\\ufffd");
}

/** A deep copy as JSON keeps it, safe for Postgres; the type holds for values that are plain data already. */
export function storable<T>(value: T): T {
  // JSON in, JSON out: the shape of plain data survives, and plain data is all that the stores are given.
  return JSON.parse(storableJson(value)) as T;
}
