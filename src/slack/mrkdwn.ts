import { formatTime, type EpochMs } from "../log/time.ts";
import { escapeCode, escapeLine, escapeMrkdwn } from "./escape.ts";

/** Text in Slack's `mrkdwn` that is safe to send: written by us, or escaped. The only text that blocks take. */
export type Mrkdwn = string & { readonly mrkdwn: true };

/** What is in the template is ours; a plain string cannot come in by accident, for it is not `Mrkdwn`. */
export function mrkdwn(strings: TemplateStringsArray, ...values: readonly (Mrkdwn | number)[]): Mrkdwn {
  return strings.reduce((out, part, index) => `${out}${values[index - 1] ?? ""}${part}`) as Mrkdwn;
}

export const NOTHING = mrkdwn``;

/** Any text in several lines. */
export function prose(text: string, maxChars: number): Mrkdwn {
  return escapeMrkdwn(text, maxChars) as Mrkdwn;
}

/** Any text in one line. */
export function line(text: string, maxChars: number): Mrkdwn {
  return escapeLine(text, maxChars) as Mrkdwn;
}

/** Any text as a code span. */
export function code(text: string, maxChars: number): Mrkdwn {
  return escapeCode(text, maxChars) as Mrkdwn;
}

export function bold(text: Mrkdwn): Mrkdwn {
  return mrkdwn`*${text}*`;
}

/** Mentions and addresses that came from the settings, checked there. */
export function mention(slackId: string): Mrkdwn | null {
  if (/^S[A-Z0-9]{2,20}$/.test(slackId)) return `<!subteam^${slackId}>` as Mrkdwn;
  return /^[UW][A-Z0-9]{2,20}$/.test(slackId) ? (`<@${slackId}>` as Mrkdwn) : null;
}

/** In the reader's own time zone; UTC where Slack cannot. */
export function slackTime(timeMs: EpochMs): Mrkdwn {
  const seconds = Math.floor(timeMs / 1_000);
  return `<!date^${seconds}^{date_short_pretty} {time}|${formatTime(seconds * 1_000)}>` as Mrkdwn;
}

export function join(parts: readonly Mrkdwn[], separator: string): Mrkdwn {
  return parts.join(separator) as Mrkdwn;
}

/** Entities and `<…>` are one piece each. */
const PIECE = /&(?:amp|lt|gt);|<[^<>]*>|[\s\S]/gu;
const ELLIPSIS = "…";

/** At most `maxChars`: never half an entity, a character or a `<…>`, and a code span that was open is closed. */
export function cut(text: Mrkdwn, maxChars: number): Mrkdwn {
  if (text.length <= maxChars) return text;
  // Room for the ellipsis and for a backtick.
  const room = maxChars - ELLIPSIS.length - 1;
  let out = "";
  let inCode = false;
  for (const [piece] of text.matchAll(PIECE)) {
    if (out.length + piece.length > room) break;
    if (piece === "`") inCode = !inCode;
    out += piece;
  }
  return `${out}${ELLIPSIS}${inCode ? "`" : ""}` as Mrkdwn;
}

/** Takes whole lines as long as they fit in `maxChars`; `more` says how many did not. */
export function fitLines(lines: readonly Mrkdwn[], maxChars: number, more: (left: number) => Mrkdwn): Mrkdwn {
  const kept: Mrkdwn[] = [];
  let length = 0;
  for (const [index, text] of lines.entries()) {
    const note = more(lines.length - index);
    const isLast = index === lines.length - 1;
    const needed = length + text.length + 1 + (isLast ? 0 : note.length);
    if (needed > maxChars) return join([...kept, note], "\n");
    kept.push(text);
    length += text.length + 1;
  }
  return join(kept, "\n");
}

/** At most `max` names, the rest as a number. */
export function names(given: readonly string[], max: number, maxChars: number): Mrkdwn {
  const shown = given.slice(0, max).map((name) => line(name, maxChars));
  const left = given.length - shown.length;
  return left > 0 ? mrkdwn`${join(shown, ", ")} and ${left} more` : join(shown, ", ");
}
