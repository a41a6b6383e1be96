/** What a byte does inside a line; flags, so that one look tells all that the scanner asks. */
export const LETTER = 1;
export const DIGIT = 2;
/** Part of a token only between two of its characters: `a.b`, `can't`, `x-y`. */
export const JOIN = 4;
export const SLASH = 8;
export const SPACE = 16;
/** Ends a URL or a path. */
export const STOP = 32;
export const LINE_END = 64;
/** A token that holds one is a variable: a digit, or what joins a name to its domain or folder. */
export const VALUE = 128;
export const TOKEN = LETTER | DIGIT;

function classTable(): Uint8Array {
  const table = new Uint8Array(256);
  const set = (chars: string, flag: number): void => {
    for (const char of chars) table[char.charCodeAt(0)] = (table[char.charCodeAt(0)] ?? 0) | flag;
  };
  for (let byte = 0; byte < 256; byte++) {
    if (byte <= 0x20 || byte === 0x7f) table[byte] = SPACE | STOP;
    // Every other byte above ASCII belongs to a letter of some script.
    if (byte >= 0x80) table[byte] = LETTER;
  }
  table[0x0a] = SPACE | STOP | LINE_END;
  set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$", LETTER);
  set("0123456789", DIGIT | VALUE);
  set("@\\", VALUE);
  set(".-'@#&", JOIN);
  set("/\\", SLASH | JOIN);
  set("\"'`<>()[]{}|,;", STOP);
  return table;
}

export const BYTE_CLASS: Uint8Array = classTable();
