import { BLANK, Head, isDigit, isLetter, isUpper } from "./head.ts";
import { namedZoneMinutes } from "./time-words.ts";

const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const COMMA = 0x2c;
const PLUS = 0x2b;
const MAX_ZONE_CHARS = 5;
const MAX_DIGITS = 20;

const NO_HEAD = new Head();

/** Reads a clock with fraction, half day and zone at a given place. Reused, so nothing is allocated. */
export class ClockScan {
  /** Index after it. */
  end = 0;
  /** Milliseconds since midnight. */
  clockMs = -1;
  /** East of UTC; NaN: none given. */
  zoneMinutes = Number.NaN;
  #head: Head = NO_HEAD;

  #begin(head: Head): void {
    this.#head = head;
    this.zoneMinutes = Number.NaN;
  }

  #at(index: number): number {
    return this.#head.at(index);
  }

  #run(index: number): number {
    return this.#head.digits(index, MAX_DIGITS);
  }

  #number(index: number, digits: number): number {
    return this.#head.number(index, digits);
  }

  /** `103045`, with what may follow a clock. */
  scanCompact(head: Head, index: number): boolean {
    this.#begin(head);
    const ok = this.#setClock(this.#number(index, 2), this.#number(index + 2, 2), this.#number(index + 4, 2));
    this.end = index + 6;
    return ok && this.#fractionMark(false) && this.#zone();
  }

  /** `15:16:01`, `9:30:45.123 PM`, `15.42.50.675872`, and `10:30` after a date (`dated`). */
  scan(head: Head, index: number, dated: boolean): boolean {
    this.#begin(head);
    const hourDigits = this.#run(index);
    const separator = this.#at(index + hourDigits);
    if (hourDigits < 1 || hourDigits > 2 || (separator !== COLON && separator !== DOT)) return false;
    const at = index + hourDigits + 1;
    if (this.#run(at) !== 2) return false;
    const seconds = this.#at(at + 2) === separator && this.#run(at + 3) === 2;
    if (!seconds && (!dated || separator === DOT)) return false;
    const second = seconds ? this.#number(at + 3, 2) : 0;
    if (!this.#setClock(this.#number(index, hourDigits), this.#number(at, 2), second)) return false;
    this.end = at + (seconds ? 5 : 2);
    return this.#fractionMark(seconds) && this.#halfDay() && this.#zone();
  }

  #setClock(hour: number, minute: number, second: number): boolean {
    if (hour > 23 || minute > 59 || second > 60) return false;
    this.clockMs = hour * 3_600_000 + minute * 60_000 + second * 1_000;
    return true;
  }

  #fractionMark(colonToo: boolean): boolean {
    const mark = this.#at(this.end);
    if (!isDigit(this.#at(this.end + 1))) return true;
    if (mark === COLON && colonToo) {
      // After a colon stands a count of milliseconds, not always padded.
      const digits = this.#run(this.end + 1);
      if (digits > 3) return false;
      this.clockMs += this.#number(this.end + 1, digits);
      this.end += 1 + digits;
    } else if (mark === DOT || mark === COMMA) {
      this.clockMs += this.#fraction(this.end + 1);
    }
    return true;
  }

  /** Digits after the decimal mark as milliseconds; moves the end behind them. */
  #fraction(index: number): number {
    const digits = this.#run(index);
    this.end = index + digits;
    const read = Math.min(digits, 9);
    return (this.#number(index, read) / 10 ** read) * 1_000;
  }

  #halfDay(): boolean {
    const at = this.#at(this.end) === BLANK ? this.end + 1 : this.end;
    const letter = this.#at(at) | 0x20;
    if (
      (letter !== 0x61 && letter !== 0x70) ||
      (this.#at(at + 1) | 0x20) !== 0x6d ||
      isLetter(this.#at(at + 2))
    )
      return true;
    const hour = Math.floor(this.clockMs / 3_600_000);
    if (hour < 1 || hour > 12) return true;
    this.clockMs += ((hour % 12) + (letter === 0x70 ? 12 : 0) - hour) * 3_600_000;
    this.end = at + 2;
    return true;
  }

  #zone(): boolean {
    const apart = this.#at(this.end) === BLANK;
    const at = apart ? this.end + 1 : this.end;
    const code = this.#at(at);
    if (code === PLUS || code === DASH) return this.#offset(at, apart);
    if ((code | 0x20) === 0x7a && !isLetter(this.#at(at + 1))) {
      this.zoneMinutes = 0;
      this.end = at + 1;
    } else if (apart && isUpper(code)) this.#named(at);
    return true;
  }

  #named(at: number): void {
    let end = at;
    while (isUpper(this.#at(end)) && end < at + MAX_ZONE_CHARS) end++;
    const code = this.#at(end);
    const minutes = isLetter(code) || isDigit(code) ? null : namedZoneMinutes(this.#head.text(at, end));
    if (minutes === null) return;
    this.zoneMinutes = minutes;
    this.end = end;
  }

  #offset(at: number, apart: boolean): boolean {
    const digits = this.#run(at + 1);
    const colon = digits === 2 && this.#at(at + 3) === COLON && this.#run(at + 4) === 2;
    if (digits !== 4 && !colon && (digits !== 2 || apart)) return true;
    const hours = this.#number(at + 1, 2);
    const minutes = colon ? this.#number(at + 4, 2) : digits === 4 ? this.#number(at + 3, 2) : 0;
    if (hours > 14 || minutes > 59) return true;
    this.zoneMinutes = (this.#at(at) === DASH ? -1 : 1) * (hours * 60 + minutes);
    this.end = at + (colon ? 6 : 1 + digits);
    return true;
  }
}
