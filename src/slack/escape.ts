import { printable } from "../analysis/printable.ts";
import { singleLine } from "../notify/wording.ts";

const ELLIPSIS = "…";

/** A zero-width space after the sign: it reads the same and calls nobody. */
const MASS_MENTION = /@(?=(?:here|channel|everyone|group))/gi;

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

/**
 * Any text for a Slack `mrkdwn` field, at most `maxChars` long as sent. It can neither mention nor link: `& < >`
 * become entities, `@here` and its like are defused, invisible characters go. Line breaks stay.
 */
export function escapeMrkdwn(text: string, maxChars: number): string {
  return escapeWithin(printable(text.slice(0, 4 * maxChars)).replace(MASS_MENTION, "@\u200b"), maxChars);
}

/** The same for one line: line breaks become blanks. */
export function escapeLine(text: string, maxChars: number): string {
  return escapeMrkdwn(singleLine(text.slice(0, 4 * maxChars)), maxChars);
}

/** As a code span, backticks included in `maxChars`; backticks within would end it early. */
export function escapeCode(text: string, maxChars: number): string {
  const inner = escapeLine(text.slice(0, 4 * maxChars).replaceAll("`", "'"), maxChars - 2);
  return `\`${inner === "" ? " " : inner}\``;
}
