import { printable } from "../analysis/printable.ts";
import { singleLine } from "../notify/wording.ts";

const ELLIPSIS = "…";

/** Reads the same, and keeps Slack from seeing a sign and its word as one. */
const BREAK = "\u200b";

const MASS_MENTION = /@(?=(?:here|channel|everyone|group))/gi;
/** A URL on its own would be linked, and unfurled, by clients that do it themselves. */
const SCHEME = /:(?=\/\/)|(?<=\bmailto):|(?<=\bwww)(?=\.)/gi;
/** `:fire:`, but neither `10:30:45` nor `a::b`. */
const EMOJI = /:(?=(?:[a-z0-9_+'-]*[a-z_+][a-z0-9_+'-]*|100|1234):)/gi;
/** Between two letters an underscore is a part of a name. */
const EMPHASIS = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
const QUOTE = /^(\s*)>+/gm;

/** Signs that format, as signs that look like them and do nothing. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map([
  ["*", "∗"],
  ["~", "∼"],
  ["`", "'"],
]);

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
]);

/** Escapes as far as `maxChars` go, never half an entity or half a character; a cut ends in an ellipsis. */
function escapeWithin(text: string, maxChars: number): string {
  // Escaping never shortens, so what lies beyond the bound need not be looked at.
  const given = text.slice(0, maxChars + 1);
  let out = "";
  let beforeLast = "";
  for (const char of given) {
    const escaped = ENTITIES.get(char) ?? char;
    if (out.length + escaped.length > maxChars) return withEllipsis(out, beforeLast, maxChars);
    if (out.length + ELLIPSIS.length <= maxChars) beforeLast = out;
    out += escaped;
  }
  return text.length > given.length ? withEllipsis(out, beforeLast, maxChars) : out;
}

function withEllipsis(out: string, beforeLast: string, maxChars: number): string {
  return `${out.length + ELLIPSIS.length <= maxChars ? out : beforeLast}${ELLIPSIS}`;
}

/** No mention, no link. */
function inert(text: string): string {
  return text.replace(MASS_MENTION, `@${BREAK}`).replace(SCHEME, (sign) => `${sign}${BREAK}`);
}

/** No formatting: no bold, no code, no quotation, no emoji. */
function unformatted(text: string): string {
  return text
    .replace(QUOTE, "$1›")
    .replace(EMPHASIS, "ˍ")
    .replace(/[*~`]/g, (sign) => LOOKALIKES.get(sign) ?? sign)
    .replace(EMOJI, `:${BREAK}`);
}

/**
 * Any text for a Slack `mrkdwn` field, at most `maxChars` long as sent. It can neither mention, link nor format:
 * `& < >` become entities, signs with a meaning are defused, invisible characters go. Line breaks stay.
 */
export function escapeMrkdwn(text: string, maxChars: number): string {
  return escapeWithin(inert(unformatted(printable(text.slice(0, 4 * maxChars)))), maxChars);
}

/** The same for one line: line breaks become blanks. */
export function escapeLine(text: string, maxChars: number): string {
  return escapeMrkdwn(singleLine(text.slice(0, 4 * maxChars)), maxChars);
}

/** As a code span, backticks included in `maxChars`; backticks within would end it early. */
export function escapeCode(text: string, maxChars: number): string {
  const line = singleLine(printable(text.slice(0, 4 * maxChars))).replaceAll("`", "'");
  const inner = escapeWithin(inert(line), maxChars - 2);
  return `\`${inner === "" ? " " : inner}\``;
}
