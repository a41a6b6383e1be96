import type { AttributeValue } from "../log/batch.ts";

export function isList(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/**
 * A value as people read it, by OpenTelemetry's "AnyValue representation for non-OTLP": strings as they are, bytes in
 * base64, an empty value as "", lists and maps as JSON.
 */
export function textOf(value: AttributeValue): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return base64(value);
  return jsonOf(value);
}

/** Inside a list or map: NaN and infinities as strings, an empty value as null. Depth is bounded by the decoders. */
function jsonOf(value: AttributeValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : `"${value}"`;
  if (typeof value !== "object") return String(value);
  if (value instanceof Uint8Array) return `"${base64(value)}"`;
  if (isList(value)) return `[${value.map(jsonOf).join(",")}]`;
  return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${jsonOf(item)}`).join(",")}}`;
}
