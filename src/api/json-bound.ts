/** Objects and lists in one body. Parsing `{},{},…` costs some sixty bytes and half a microsecond for each three. */
export const MAX_JSON_CONTAINERS = 1_000_000;

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** Whether parsing would build more than `max` objects and lists; brackets inside strings count as well. */
export function hasTooManyContainers(json: Uint8Array, max = MAX_JSON_CONTAINERS): boolean {
  if (json.length <= max) return false;
  let containers = 0;
  for (const byte of json) {
    if (byte === OPEN_BRACE || byte === OPEN_BRACKET) containers++;
  }
  return containers > max;
}

/** Thrown out of the body parser's check, which knows no other way to refuse. */
export class TooManyContainers extends Error {
  readonly type = "json.too.many.containers";
}
