/** A header stands at a line's beginning; nothing is searched further on. */
export const MAX_HEAD_CHARS = 384;

export const TAB = 0x09;
export const BLANK = 0x20;

/** The beginning of a line as character codes, one for strings and bytes; 0 beyond the end. Reused, never kept. */
export class Head {
  readonly #codes = new Uint16Array(MAX_HEAD_CHARS + 1);
  length = 0;

  load(line: string, from = 0): void {
    const length = Math.min(line.length - from, MAX_HEAD_CHARS);
    const codes = this.#codes;
    for (let i = 0; i < length; i++) codes[i] = line.charCodeAt(from + i);
    codes[length] = 0;
    this.length = length;
  }

  /** UTF-8 bytes; what a header is made of is ASCII, so an index here is an index into the bytes. */
  loadBytes(bytes: Uint8Array, from: number, to: number): void {
    const length = Math.min(to - from, MAX_HEAD_CHARS);
    const codes = this.#codes;
    for (let i = 0; i < length; i++) codes[i] = bytes[from + i] ?? 0;
    codes[length] = 0;
    this.length = length;
  }

  at(index: number): number {
    return this.#codes[index] ?? 0;
  }

  text(from: number, to: number): string {
    let text = "";
    for (let i = from; i < to; i++) text += String.fromCharCode(this.at(i));
    return text;
  }

  /** How many digits stand at `index`, counted up to `max`. */
  digits(index: number, max: number): number {
    let end = index;
    while (isDigit(this.at(end)) && end - index < max) end++;
    return end - index;
  }

  /** The value of so many digits. */
  number(index: number, digits: number): number {
    let value = 0;
    for (let i = index; i < index + digits; i++) value = value * 10 + this.at(i) - 0x30;
    return value;
  }

  /** The first index from `index` on that holds neither blank nor tab. */
  skipBlanks(index: number): number {
    let i = index;
    for (let code = this.at(i); code === BLANK || code === TAB; code = this.at(i)) i++;
    return i;
  }
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

export function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

export function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

/** The end of the line counts as blank. */
export function isBlank(code: number): boolean {
  return code === BLANK || code === TAB || code === 0;
}
