import type { BodyScanner } from "../log/batch.ts";
import type { EpochMs } from "../log/time.ts";
import { BodyHeader } from "../source/body-header.ts";
import { ShapeScanner } from "../template/shape-scanner.ts";

const decoder = new TextDecoder();

/** Takes the shape of a body's message: without the header that a container's log lines may still carry. */
export class MessageScanner implements BodyScanner {
  readonly shape = new ShapeScanner();
  readonly #headers = new Map<string, BodyHeader>();
  #header = new BodyHeader();
  #nowMs: EpochMs = 0;
  #bytes: Uint8Array | null = null;
  #start = 0;
  #end = 0;
  #text = "";

  /** The bodies that follow are of this series. */
  enter(seriesKey: string, nowMs: EpochMs): void {
    this.#nowMs = nowMs;
    let header = this.#headers.get(seriesKey);
    if (header === undefined) {
      header = new BodyHeader();
      this.#headers.set(seriesKey, header);
    }
    this.#header = header;
  }

  scan(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = this.#header.messageStartBytes(bytes, start, end, this.#nowMs);
    this.#end = end;
    this.shape.scan(bytes, this.#start, end);
  }

  scanText(text: string): void {
    this.#bytes = null;
    const start = this.#header.messageStart(text, this.#nowMs);
    this.#text = start === 0 ? text : text.slice(start);
    this.shape.scanText(this.#text);
  }

  /** Up to `maxChars` of the message scanned last; its bytes must still be there. */
  message(maxChars: number): string {
    if (this.#bytes === null) return this.#text.slice(0, maxChars);
    // A character takes 4 bytes at most; half a one at the cut is cut off.
    const end = Math.min(this.#end, this.#start + 4 * maxChars);
    return decoder.decode(this.#bytes.subarray(this.#start, end)).slice(0, maxChars);
  }

  /** Forgets series that `isKnown` does not know any more. */
  expire(isKnown: (seriesKey: string) => boolean): void {
    for (const key of this.#headers.keys()) if (!isKnown(key)) this.#headers.delete(key);
  }
}
