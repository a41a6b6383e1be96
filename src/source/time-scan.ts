import { ClockScan } from "./clock-scan.ts";
import { BLANK, Head, isDigit, isLetter, isUpper, TAB } from "./head.ts";
import { dayAfterMonth, monthAt, skipWeekday } from "./time-words.ts";

/** How a date of three or two bare numbers is to be read. */
export type DateOrder = "ymd" | "dmy" | "mdy";

/** What a date looks like; lines of one layout share it. */
export type DateForm = "none" | "ymd" | "compact" | "name" | "numbers" | "epoch" | "klog";

const SLASH = 0x2f;
const DASH = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const COMMA = 0x2c;
const UNDERSCORE = 0x5f;

const MAX_DIGITS = 20;
const MIN_YEAR = 1970;
const MAX_YEAR = 2199;
/** Epoch numbers count as times only between 2001 and 2100. */
const MIN_EPOCH_S = 1e9;
const MAX_EPOCH_S = 4.1e9;

const NO_HEAD = new Head();

/**
 * Reads one time at a given place, in any usual form, and keeps its parts. One pass over the characters, no
 * regular expressions: it is asked for every line. Reused, so nothing is allocated.
 */
export class TimeScan {
  /** Index after the time. */
  end = 0;
  form: DateForm = "none";
  /** NaN unless the time is an epoch number. */
  epochMs = Number.NaN;
  /** 0: not given. */
  year = 0;
  /** 0: no date at all. */
  month = 0;
  day = 0;
  /** Milliseconds since midnight; -1 where only a date stands. */
  clockMs = -1;
  /** East of UTC; NaN: none given. */
  zoneMinutes = Number.NaN;
  /** Could the date be read in the order asked for, or the usual one? Only bare numbers can say no. */
  ordered = true;
  /** The letter before a klog time, else 0. */
  letter = 0;

  readonly #clockScan = new ClockScan();
  #head: Head = NO_HEAD;

  /** True if a time begins at `index`; then the fields hold it. `order` decides where two readings are possible. */
  scan(head: Head, index: number, order: DateOrder | null): boolean {
    this.#head = head;
    this.#reset();
    const code = head.at(index);
    if (isDigit(code)) return this.#digits(index, order) && this.#ends();
    if (!isLetter(code)) return false;
    return (this.#klog(index) || this.#words(index, order)) && this.#ends();
  }

  #reset(): void {
    this.form = "none";
    this.epochMs = Number.NaN;
    this.year = 0;
    this.month = 0;
    this.day = 0;
    this.clockMs = -1;
    this.zoneMinutes = Number.NaN;
    this.ordered = true;
    this.letter = 0;
  }

  #at(index: number): number {
    return this.#head.at(index);
  }

  /** A time that runs on into a word or a number was none. */
  #ends(): boolean {
    const code = this.#at(this.end);
    return !isDigit(code) && !isLetter(code) && code !== UNDERSCORE;
  }

  #run(index: number): number {
    return this.#head.digits(index, MAX_DIGITS);
  }

  #number(index: number, digits: number): number {
    return this.#head.number(index, digits);
  }

  #digits(index: number, order: DateOrder | null): boolean {
    const run = this.#run(index);
    const next = this.#at(index + run);
    if (run <= 2) {
      if (next === COLON) return this.#take(this.#clockScan.scan(this.#head, index, false));
      return this.#numbers(index, run, order);
    }
    if (run === 4) return this.#yearFirst(index);
    if (run === 6 || run === 8 || run === 14) return this.#compact(index, run);
    return this.#epoch(index, run);
  }

  #isDate(year: number, month: number, day: number): boolean {
    return (year === 0 || (year >= MIN_YEAR && year <= MAX_YEAR)) && isDayOf(year, month, day);
  }

  #setDate(form: DateForm, year: number, month: number, day: number): boolean {
    if (!this.#isDate(year, month, day)) return false;
    this.form = form;
    this.year = year;
    this.month = month;
    this.day = day;
    return true;
  }

  /** `2024-01-15`, `2005.11.09`, `2016/09/28`, `2024-Jan-15`; alone it is a date, else a clock follows. */
  #yearFirst(index: number): boolean {
    const separator = this.#at(index + 4);
    if (!isDateMark(separator)) return false;
    let at = index + 5;
    const named = monthAt(this.#at(at), this.#at(at + 1), this.#at(at + 2));
    const monthDigits = named > 0 ? 3 : this.#run(at);
    const month = named > 0 ? named : this.#number(at, monthDigits);
    if ((named === 0 && (monthDigits < 1 || monthDigits > 2)) || this.#at(at + monthDigits) !== separator)
      return false;
    at += monthDigits + 1;
    const dayDigits = this.#run(at);
    if (dayDigits < 1 || dayDigits > 2) return false;
    if (!this.#setDate("ymd", this.#number(index, 4), month, this.#number(at, dayDigits))) return false;
    this.end = at + dayDigits;
    this.#clockAfterDate(false);
    return true;
  }

  /** `20240115T103045`, `20171223-22:15:29:606`, `081109 203615`; the date alone would be any number. */
  #compact(index: number, run: number): boolean {
    const short = run === 6;
    const head = this.#number(index, short ? 2 : 4);
    const at = index + (short ? 2 : 4);
    const year = short ? twoDigitYear(head) : head;
    if (!this.#setDate("compact", year, this.#number(at, 2), this.#number(at + 2, 2))) return false;
    this.end = at + 4;
    if (run === 14) return this.#take(this.#clockScan.scanCompact(this.#head, this.end));
    this.#clockAfterDate(true);
    return this.clockMs >= 0;
  }

  #epoch(index: number, run: number): boolean {
    const scale = run === 10 ? 1 : run === 13 ? 1e3 : run === 16 ? 1e6 : run === 19 ? 1e9 : 0;
    if (scale === 0) return false;
    const seconds = this.#number(index, run) / scale;
    if (seconds < MIN_EPOCH_S || seconds > MAX_EPOCH_S) return false;
    this.end = index + run;
    let fraction = 0;
    if (scale === 1 && this.#at(this.end) === DOT && isDigit(this.#at(this.end + 1))) {
      const digits = this.#run(this.end + 1);
      const read = Math.min(digits, 9);
      fraction = (this.#number(this.end + 1, read) / 10 ** read) * 1_000;
      this.end += 1 + digits;
    }
    this.form = "epoch";
    this.epochMs = (scale >= 1e6 ? Math.round(seconds * 1e6) / 1e3 : seconds * 1e3) + fraction;
    return true;
  }

  /** `I0102 15:04:05.123456`: the level's letter, month and day, the clock. */
  #klog(index: number): boolean {
    if (!isUpper(this.#at(index)) || this.#run(index + 1) !== 4) return false;
    if (!this.#setDate("klog", 0, this.#number(index + 1, 2), this.#number(index + 3, 2))) return false;
    this.letter = this.#at(index);
    if (this.#at(index + 5) !== BLANK) return false;
    return this.#take(this.#clockScan.scan(this.#head, this.#skipBlanks(index + 5), true));
  }

  #skipBlanks(index: number): number {
    return this.#head.skipBlanks(index);
  }

  /** `Jun 14 15:16:01`, `Sun Dec 04 04:47:44 2005`, `Mon, 15 Jan 2024 10:30:45 +0000`. */
  #words(index: number, order: DateOrder | null): boolean {
    const head = this.#head;
    const at = skipWeekday(head, index);
    if (at > index && isDigit(head.at(at))) return this.#digits(at, order);
    const month = monthAt(head.at(at), head.at(at + 1), head.at(at + 2));
    if (month === 0) return false;
    const dayAt = dayAfterMonth(head, at, month);
    if (dayAt < 0) return false;
    const dayDigits = this.#run(dayAt);
    if (dayDigits < 1 || dayDigits > 2) return false;
    this.end = dayAt + dayDigits;
    const year = this.#yearAfter(this.end);
    if (!this.#setDate("name", year, month, this.#number(dayAt, dayDigits))) return false;
    this.#clockAfterDate(false);
    if (this.clockMs < 0) return false;
    if (this.year === 0) this.year = this.#yearAfter(this.end);
    return true;
  }

  /** A year of four digits that stands apart; moves the end behind it. 0 where none is. */
  #yearAfter(index: number): number {
    let at = index;
    if (this.#at(at) === COMMA) at++;
    if (this.#at(at) !== BLANK) return 0;
    at++;
    if (this.#run(at) !== 4 || (this.#at(at + 4) === COLON && isDigit(this.#at(at + 5)))) return 0;
    const year = this.#number(at, 4);
    if (year < MIN_YEAR || year > MAX_YEAR) return 0;
    this.end = at + 4;
    return year;
  }

  /** Dates that begin with one or two digits. */
  #numbers(index: number, run: number, order: DateOrder | null): boolean {
    const separator = this.#at(index + run);
    const first = this.#number(index, run);
    const at = index + run + 1;
    const month = monthAt(this.#at(at), this.#at(at + 1), this.#at(at + 2));
    if (month > 0) return this.#dayMonthName(first, month, at + 3, separator);
    const digits = this.#run(at);
    if (!isDateMark(separator) || digits < 1 || digits > 2) return false;
    this.end = at + digits;
    return this.#threeNumbers(first, this.#number(at, digits), separator, order) && this.#needClock();
  }

  /** The end stands behind the second number; a third is the year, or the day where the year came first. */
  #threeNumbers(first: number, second: number, separator: number, order: DateOrder | null): boolean {
    const digits = this.#at(this.end) === separator ? this.#run(this.end + 1) : 0;
    const preferred = order ?? defaultOrder(separator, digits);
    if (digits === 0) return this.#read([0, first, second], preferred);
    if (digits !== 2 && digits !== 4) return false;
    const third = this.#number(this.end + 1, digits);
    this.end += 1 + digits;
    if (digits === 4) return this.#read([third, first, second], preferred);
    if (preferred === "ymd") return this.#read([twoDigitYear(first), second, third], preferred);
    return this.#read([twoDigitYear(third), first, second], preferred);
  }

  /** Tries the preferred order of month and day, then the other. */
  #read([year, first, second]: readonly [number, number, number], preferred: DateOrder): boolean {
    const dayFirst = preferred === "dmy";
    if (this.#setDate("numbers", year, dayFirst ? second : first, dayFirst ? first : second)) return true;
    this.ordered = false;
    return this.#setDate("numbers", year, dayFirst ? first : second, dayFirst ? second : first);
  }

  /** The clock just read becomes this time's. */
  #take(found: boolean): boolean {
    if (!found) return false;
    const { clockMs, zoneMinutes, end } = this.#clockScan;
    this.clockMs = clockMs;
    this.zoneMinutes = zoneMinutes;
    this.end = end;
    return true;
  }

  #needClock(): boolean {
    this.#clockAfterDate(false);
    return this.clockMs >= 0;
  }

  /** `15 Jan 2024`, `10/Oct/2000:13:55:36`, `15-Jan-24`. */
  #dayMonthName(day: number, month: number, index: number, separator: number): boolean {
    if (this.#at(index) !== separator) return false;
    const digits = this.#run(index + 1);
    if (digits !== 2 && digits !== 4) return false;
    const given = this.#number(index + 1, digits);
    const isClock = digits === 2 && this.#at(index + 3) === COLON;
    const year = isClock ? 0 : digits === 2 ? twoDigitYear(given) : given;
    if (!this.#setDate("name", year, month, day)) return false;
    this.end = isClock ? index : index + 1 + digits;
    return this.#needClock();
  }

  /** The clock that follows a date, if one does; the end moves behind it. */
  #clockAfterDate(compact: boolean): void {
    const head = this.#head;
    const code = this.#at(this.end);
    let at = this.end;
    if (code === COMMA || code === TAB || code === BLANK) at = this.#skipBlanks(code === COMMA ? at + 1 : at);
    else if (code === 0x54 || code === 0x74 || code === DASH || code === COLON || code === UNDERSCORE) at++;
    else return;
    const dateEnd = this.end;
    const clock = this.#clockScan;
    const sixDigits = compact && this.#run(at) === 6;
    if (!this.#take(sixDigits ? clock.scanCompact(head, at) : clock.scan(head, at, true))) this.end = dateEnd;
  }
}

const DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Without a year 29 February may be one. */
function isDayOf(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1 || day > (DAYS[month] ?? 0)) return false;
  const leap = year === 0 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
  return leap || month !== 2 || day < 29;
}

function isDateMark(code: number): boolean {
  return code === DASH || code === SLASH || code === DOT;
}

function twoDigitYear(year: number): number {
  return year < 70 ? 2_000 + year : 1_900 + year;
}

/** Where both readings fit: `17/06/09` is the JVM's, `1/15/2024` the American, dots are the European way. */
function defaultOrder(separator: number, thirdDigits: number): DateOrder {
  if (separator === DOT) return "dmy";
  if (thirdDigits === 0) return "mdy";
  if (thirdDigits === 2) return "ymd";
  return separator === SLASH ? "mdy" : "dmy";
}
