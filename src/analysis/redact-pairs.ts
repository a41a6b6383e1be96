import { isSecretPair, keyKind } from "./secret-keys.ts";

/** A pseudonym for `value`: the same value gives the same one for the life of the process. */
export type Pseudonym = (type: string, value: string) => string;

/** Not a pseudonym's own `secret:`. `key=`, `key: `, `"key":`, `\"key\":`, `key => `, `API key: `. */
const KEY =
  /(?<![\p{L}\p{N}_])(?!secret:[a-z_]{1,32}#[0-9a-f]{4}>)((?:(?:api|access|secret|private|auth)[ ])?[\p{L}_][\p{L}\p{N}_.-]{0,127})\\{0,3}["']?[ \t]{0,4}(?:=>|:=|[:=]|%3d)[ \t]{0,4}/giu;

/** Quoted (also inside escaped JSON), braced as in ODBC, a list, or bare up to a blank or a separator. */
const VALUE = new RegExp(
  [
    String.raw`\\{1,3}"[^"\n]{0,1024}"?`,
    String.raw`"(?:[^"\\\n]|\\[^\n]){0,1024}"?`,
    String.raw`'(?:[^'\\\n]|\\[^\n]){0,1024}'?`,
    "`[^`\\n]{0,1024}`?",
    String.raw`(?<==)\{[^}"\n]{1,256}\}`,
    String.raw`\[[^\]\n]{1,1024}\]`,
    String.raw`[^\s"'\x60&;,{}[\]\\][^\s"'&;,}\\]{0,1023}`,
  ].join("|"),
  "y",
);

const OPENING = /^(?:\\{0,3}["'`]|[{[])/;
const CLOSING = /(?:\\{0,3}["'`]|[}\]])$/;
const TRAILING = /[)\].:]{1,8}$/;

interface Quoted {
  readonly open: string;
  readonly inner: string;
  readonly close: string;
}

/** Splits a value from its quotes; a bare one from the punctuation of the sentence around it. */
function unquote(value: string): Quoted {
  const open = OPENING.exec(value)?.[0] ?? "";
  const rest = value.slice(open.length);
  const close = (open === "" ? TRAILING : CLOSING).exec(rest)?.[0] ?? "";
  return { open, inner: rest.slice(0, rest.length - close.length), close };
}

function valueAt(text: string, index: number): string {
  VALUE.lastIndex = index;
  return VALUE.exec(text)?.[0] ?? "";
}

/**
 * Replaces values that stand under a secret's name. Only such values are stepped over: a harmless one
 * (`msg="password=hunter2"`) is looked into.
 */
export function redactPairs(text: string, pseudonym: Pseudonym): string {
  let redacted = "";
  let copied = 0;
  KEY.lastIndex = 0;
  for (let match = KEY.exec(text); match !== null; match = KEY.exec(text)) {
    const key = match[1] ?? "";
    if (keyKind(key) === "plain") continue;
    const start = KEY.lastIndex;
    const value = valueAt(text, start);
    const { open, inner, close } = unquote(value);
    if (!isSecretPair(key, inner)) continue;
    redacted += text.slice(copied, start) + open + pseudonym("secret:value", inner) + close;
    copied = start + value.length;
    KEY.lastIndex = copied;
  }
  return redacted + text.slice(copied);
}
