const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0{16})[0-9a-f]{16}$/;
const MAX_ID_LENGTH = 32;

function hexId(value: unknown, valid: RegExp): string | null {
  if (typeof value !== "string" || value.length > MAX_ID_LENGTH) return null;
  const id = value.toLowerCase();
  return valid.test(id) ? id : null;
}

/** Lower-case hex; null for a wrong length, other characters or all zeros: such a record belongs to no trace. */
export function traceIdOf(value: unknown): string | null {
  return hexId(value, TRACE_ID);
}

export function spanIdOf(value: unknown): string | null {
  return hexId(value, SPAN_ID);
}
