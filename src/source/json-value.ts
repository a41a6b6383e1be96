import type { AttributeValue } from "../log/batch.ts";
import { isObject, type JsonObject } from "../log/json.ts";

export const MAX_ATTRIBUTES = 128;
export const MAX_ATTRIBUTE_DEPTH = 8;
export const MAX_ATTRIBUTE_ITEMS = 256;
export const MAX_ATTRIBUTE_CHARS = 8_192;
export const MAX_KEY_CHARS = 256;

const TOO_DEEP = "…";

/** The object's own field: no key reaches a prototype. */
export function own(object: JsonObject, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** `a.b.c` as one flat key, else as nested objects; undefined where neither is there. */
export function ownPath(object: JsonObject, path: string): unknown {
  const flat = own(object, path);
  if (flat !== undefined) return flat;
  const dot = path.indexOf(".");
  if (dot < 0) return undefined;
  const inner = own(object, path.slice(0, dot));
  return isObject(inner) ? ownPath(inner, path.slice(dot + 1)) : undefined;
}

function clip(text: string): string {
  return text.length <= MAX_ATTRIBUTE_CHARS ? text : text.slice(0, MAX_ATTRIBUTE_CHARS);
}

/** A JSON value as an attribute, bounded in depth, width and length. */
export function attributeValue(value: unknown, depth = 0): AttributeValue {
  if (typeof value === "string") return clip(value);
  if (typeof value === "number" || typeof value === "boolean") return value;
  if (Array.isArray(value)) {
    if (depth >= MAX_ATTRIBUTE_DEPTH) return TOO_DEEP;
    return value.slice(0, MAX_ATTRIBUTE_ITEMS).map((item) => attributeValue(item, depth + 1));
  }
  if (!isObject(value)) return null;
  if (depth >= MAX_ATTRIBUTE_DEPTH) return TOO_DEEP;
  const entries = new Map<string, AttributeValue>();
  addAttributes(entries, value, depth + 1);
  return entries;
}

/** Adds the object's fields up to the bound; what is there already stays. */
export function addAttributes(target: Map<string, AttributeValue>, object: JsonObject, depth = 0): void {
  for (const key of Object.keys(object)) {
    if (target.size >= MAX_ATTRIBUTES) return;
    const name = key.slice(0, MAX_KEY_CHARS);
    if (!target.has(name)) target.set(name, attributeValue(object[key], depth));
  }
}

/** A body as text: strings as they stand, the rest as JSON, bounded in depth and width. */
export function bodyText(value: unknown, depth = 0): string {
  if (typeof value === "string") return depth === 0 ? value : JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) {
    if (depth >= MAX_ATTRIBUTE_DEPTH) return JSON.stringify(TOO_DEEP);
    const items = value.slice(0, MAX_ATTRIBUTE_ITEMS);
    return `[${items.map((item) => bodyText(item, depth + 1)).join(",")}]`;
  }
  if (!isObject(value)) return depth === 0 ? "" : "null";
  if (depth >= MAX_ATTRIBUTE_DEPTH) return JSON.stringify(TOO_DEEP);
  const keys = Object.keys(value).slice(0, MAX_ATTRIBUTE_ITEMS);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${bodyText(value[key], depth + 1)}`).join(",")}}`;
}
