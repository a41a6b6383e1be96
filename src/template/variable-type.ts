import { DURATION_UNITS, SIZE_UNITS } from "./units.ts";

const DURATION = new RegExp(`^[-+]?\\d+(?:[.,]\\d+)*\\s?(?:${DURATION_UNITS.join("|")})$`);
const SIZE = new RegExp(`^[-+]?\\d+(?:[.,]\\d+)*\\s?(?:${SIZE_UNITS.join("|")})$`);
const PSEUDONYM = /^<([a-z]+)(?::[a-z_-]+)?#[0-9a-f]+>$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const IP = /^\/?\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?$/;
const TIME =
  /^(?:[A-Za-z]{3,9}[ ,]+)*\d{1,4}(?:[-/. ]\d{1,2}[-/. ]\d{1,4}|[ ]+[A-Za-z]{3}[ ]+\d{4})?[T \-.]*\d{1,2}[:.]\d{2}[:.]\d{2}(?:[.,]\d+)?\s?(?:[A-Z]{1,4}|[+-]\d{2}:?\d{2})?(?: \d{4})?$/;
const CLOCK = /^\d{1,3}:\d{2}$/;
const DATE = /^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}$/;
const NUMBER = /^[-+#]?\d+(?:[.,:]\d+)*(?:[eE][-+]?\d+)?%?$/;
const HEX = /^(?:0[xX][0-9a-fA-F]+|(?=[a-f]*\d)[0-9a-f]{6,}|(?=[A-F]*\d)[0-9A-F]{6,})$/;
const URL = /^[A-Za-z][\w+.-]{0,30}:\/\//;
const EMAIL = /^[^\s@]+@[^\s@]+\.[A-Za-z]{2,}$/;
/** `blk_-17`, `core.3`: what stands before the number is worth showing. */
const PREFIXED = /^([A-Za-z]{2,32}[_.:#-])(.+)$/;
const MAX_TYPED_CHARS = 256;

const TYPES: readonly (readonly [RegExp, string])[] = [
  [UUID, "<uuid>"],
  [IP, "<ip>"],
  [TIME, "<time>"],
  [DATE, "<time>"],
  [CLOCK, "<time>"],
  [NUMBER, "<num>"],
  [DURATION, "<duration>"],
  [SIZE, "<size>"],
  [HEX, "<hex>"],
  [URL, "<url>"],
  [EMAIL, "<email>"],
];
const KNOWN = new Set([...TYPES.map(([, type]) => type), "<path>"]);

/** The wildcard that stands for a variable before people; never part of a template's identity. */
export function wildcardOf(text: string): string {
  if (text.length > MAX_TYPED_CHARS) return text.startsWith("/") ? "<path>" : "<*>";
  const pseudonym = PSEUDONYM.exec(text)?.[1];
  if (pseudonym !== undefined) return KNOWN.has(`<${pseudonym}>`) ? `<${pseudonym}>` : "<*>";
  const type = TYPES.find(([pattern]) => pattern.test(text))?.[1];
  if (type !== undefined) return type;
  if (/^[/\\]|[/\\].*[/\\]/.test(text)) return "<path>";
  return prefixed(text);
}

function prefixed(text: string): string {
  const [, prefix = "", rest = ""] = PREFIXED.exec(text) ?? [];
  if (prefix !== "" && NUMBER.test(rest)) return `${prefix}<num>`;
  return prefix !== "" && HEX.test(rest) ? `${prefix}<hex>` : "<*>";
}
