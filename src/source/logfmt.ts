/** Longer lists of pairs are data, not a log line. */
const MAX_PAIRS = 64;
const KEY = /^[A-Za-z_@][\w.@/-]{0,63}=/;
const PAIR = /\s*([A-Za-z_@][\w.@/-]{0,63})=(?:"((?:[^"\\]|\\.)*)"|(\S*))/y;
const MESSAGE_KEYS = ["msg", "message"];

/** Could the line be `key=value key="two words"`? Asked before it is taken apart. */
export function looksLikeLogfmt(text: string): boolean {
  return (
    KEY.test(text) && (text.includes(" msg=") || text.includes(" message=") || /^(?:msg|message)=/.test(text))
  );
}

/** The pairs of a logfmt line; null where something else stands between them or no message is among them. */
export function parseLogfmt(text: string): ReadonlyMap<string, string> | null {
  const pairs = new Map<string, string>();
  PAIR.lastIndex = 0;
  let end = 0;
  for (let count = 0; count < MAX_PAIRS; count++) {
    const match = PAIR.exec(text);
    if (match === null) break;
    end = PAIR.lastIndex;
    const [, key = "", quoted, bare = ""] = match;
    if (!pairs.has(key)) pairs.set(key, quoted === undefined ? bare : unescape(quoted));
  }
  const whole = text.slice(end).trim() === "";
  return whole && MESSAGE_KEYS.some((key) => pairs.has(key)) ? pairs : null;
}

function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(/\\(.)/g, (_, char: string) => (char === "n" ? "\n" : char === "t" ? "\t" : char));
}
