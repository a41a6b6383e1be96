/** Terminal sequences: CSI (colours, cursor) and OSC (titles, links), then any other two-character escape. */
const ANSI =
  // oxlint-disable-next-line no-control-regex
  /\u001b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]?|\][^\u0007\u001b\n]{0,512}(?:\u0007|\u001b\\)?|[ -~])|\u009b[0-?]{0,64}[ -/]{0,8}[@-~]?/g;

const LINE_BREAK = /\r\n?|[\u2028\u2029]/g;

/**
 * Characters that people do not see but machines read: C0 and C1 except tab and line feed, soft hyphen, zero-width,
 * direction controls, variation selectors, annotation marks and the tag block. Removing them also joins words
 * that were split by them to get past a pattern.
 */
const INVISIBLE =
  // oxlint-disable-next-line no-control-regex, no-misleading-character-class
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{e0000}-\u{e0fff}]/gu;

/** The text as a person would see it: no escape sequences, no invisible characters, `\n` as the only line break. */
export function printable(text: string): string {
  return text.toWellFormed().replace(ANSI, "").replace(LINE_BREAK, "\n").replace(INVISIBLE, "");
}

/** How far a cut may move back to a blank, so that no half of a secret is left that a pattern no longer knows. */
const CUT_BACK_CHARS = 512;

/** At most `maxChars`, cut at a blank where there is one; a cut text ends in `…`. */
export function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const hard = maxChars - 1;
  const blank = Math.max(text.lastIndexOf(" ", hard), text.lastIndexOf("\n", hard));
  const head = text.slice(0, blank > hard - CUT_BACK_CHARS && blank > 0 ? blank : hard);
  return `${head
    .toWellFormed()
    .replace(/\ufffd$/, "")
    .trimEnd()}…`;
}
