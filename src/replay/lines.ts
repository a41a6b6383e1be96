/** Cuts text into lines while it streams in; a line beyond the bound is counted and never held as a whole. */
export class LineSplitter {
  readonly #maxChars: number;
  #parts: string[] = [];
  #heldChars = 0;
  #overlong = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** Lines that were too long, the one that is still streaming in not counted. */
  get overlong(): number {
    return this.#overlong;
  }

  /** The lines completed by this text, without their line ends. */
  push(text: string): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      this.#hold(text.slice(from, end));
      this.#complete(lines);
      from = end + 1;
    }
    if (from < text.length) this.#hold(text.slice(from));
    return lines;
  }

  /** The last line where no line end follows it. */
  end(): string[] {
    const lines: string[] = [];
    if (this.#heldChars > 0) this.#complete(lines);
    return lines;
  }

  #hold(part: string): void {
    this.#heldChars += part.length;
    if (this.#heldChars > this.#maxChars) this.#parts = [];
    else this.#parts.push(part);
  }

  #complete(lines: string[]): void {
    if (this.#heldChars > this.#maxChars) {
      this.#overlong++;
      // The lines after it keep their numbers.
      lines.push("");
    } else {
      const line = this.#parts.length === 1 ? (this.#parts[0] ?? "") : this.#parts.join("");
      lines.push(line.endsWith("\r") ? line.slice(0, -1) : line);
    }
    this.#parts = [];
    this.#heldChars = 0;
  }
}
