/** An object as `JSON.parse` makes it: its keys are the sender's, `__proto__` and `constructor` among them. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
