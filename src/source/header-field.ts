import type { SeverityNumber } from "../log/severity.ts";
import { BLANK, isBlank, isDigit, isLetter, isUpper, TAB, type Head } from "./head.ts";
import { LevelScan, severityOfLetter } from "./level-words.ts";
import { isStreamTag, severityOfPriority, skipStructuredData } from "./standard-headers.ts";
import { TimeScan, type DateOrder } from "./time-scan.ts";
import { closingOf, endOfMark, endsBracket, endsTime, WordScan } from "./word-scan.ts";

/**
 * What stands in headers: `component` ends in a colon, `closed` ends a bracket that began before, `padded` is a word
 * in an aligned column, `piped` a column before `|`, `name` is glued between colons, `mark` is punctuation that stands
 * alone, `priority` syslog's `<34>`, `stream` what a container runtime writes, `structured` the rest of an RFC 5424 header, `date` has no clock.
 */
export type FieldKind =
  | "time"
  | "date"
  | "priority"
  | "level"
  | "letter"
  | "number"
  | "bracket"
  | "component"
  | "closed"
  | "word"
  | "padded"
  | "piped"
  | "name"
  | "mark"
  | "stream"
  | "structured";

const MAX_COLUMN_CHARS = 64;

const OPEN = 0x5b;
const CLOSE = 0x5d;
const OPEN_ROUND = 0x28;
const CLOSE_ROUND = 0x29;
const OPEN_ANGLE = 0x3c;
const CLOSE_ANGLE = 0x3e;
const COLON = 0x3a;
const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const PIPE = 0x7c;
const SLASH = 0x2f;
const HASH = 0x23;
const DOT = 0x2e;

const AFTER_LEVEL = new Set([
  BLANK,
  TAB,
  0,
  COLON,
  CLOSE,
  CLOSE_ROUND,
  CLOSE_ANGLE,
  PIPE,
  COMMA,
  SLASH,
  OPEN,
]);
const NAME_CHARS = new Set("_.-$#@".split("").map((char) => char.charCodeAt(0)));

/** Reads the fields of a line's head one after the other. Reused, so nothing is allocated. */
export class FieldScan {
  readonly time = new TimeScan();
  readonly #level = new LevelScan();
  readonly #wordScan = new WordScan();
  kind: FieldKind = "word";
  /** The field itself, without brackets and colon. */
  valueStart = 0;
  valueEnd = 0;
  /** Where the next field begins. */
  end = 0;
  /** A level in capitals or in brackets; a component with a process id. */
  strong = false;
  /** A word that could as well be one of a sentence. */
  plain = false;
  severity: SeverityNumber = 0;
  #head: Head | null = null;
  #order: DateOrder | null = null;
  #piped = false;
  #glued = false;
  #versioned = false;
  #timed = false;

  begin(head: Head, order: DateOrder | null): void {
    this.#head = head;
    this.#order = order;
    this.#piped = false;
    this.#glued = false;
    this.#versioned = false;
    this.#timed = false;
    this.end = head.skipBlanks(0);
  }

  /** The next field; false where the message must have begun. */
  next(): boolean {
    const head = this.#head;
    const at = this.end;
    if (head === null || head.at(at) === 0) return false;
    this.strong = false;
    this.plain = false;
    this.severity = 0;
    this.valueStart = at;
    if (this.#piped && this.#column(head, at)) return true;
    if (this.#glued) {
      this.#glued = false;
      if (this.#name(head, at)) return true;
    }
    if (this.#versioned && this.#timed) return this.#structured(head, at);
    return this.#typed(head, at) || this.#mark(head, at) || this.#word(head, at);
  }

  #typed(head: Head, at: number): boolean {
    const code = head.at(at);
    if (isDigit(code)) return this.#timeField(head, at, at) || this.#number(head, at);
    if (isLetter(code)) {
      return this.#timeField(head, at, at) || this.#bareLevel(head, at) || this.#letterOrStream(head, at);
    }
    if (code === OPEN || code === OPEN_ROUND || code === OPEN_ANGLE) return this.#bracketed(head, at, code);
    return code === HASH && isDigit(head.at(at + 1)) && this.#number(head, at);
  }

  #done(kind: FieldKind, valueEnd: number, end: number): true {
    this.kind = kind;
    this.valueEnd = valueEnd;
    this.end = end;
    return true;
  }

  /** Past the punctuation and the blanks after a typed field. */
  #past(head: Head, index: number): number {
    const code = head.at(index);
    const next = head.at(index + 1);
    let at = index;
    if ((code === COLON || code === COMMA || code === SEMICOLON) && isBlank(next)) at++;
    at = head.skipBlanks(at);
    if (head.at(at) !== PIPE || head.at(at + 1) === PIPE) return at;
    this.#piped = true;
    return head.skipBlanks(at + 1);
  }

  #timeField(head: Head, from: number, at: number): boolean {
    const { time } = this;
    if (!time.scan(head, at, this.#order)) return false;
    let end = time.end;
    const after = head.at(end);
    // A number that goes on as an address, a path or a name is none; `12:00:00-extra` neither.
    if (!isBlank(after) && !endsTime(after)) return false;
    this.valueStart = at;
    if (from < at && (after === CLOSE || after === CLOSE_ROUND)) end++;
    this.severity = time.letter === 0 ? 0 : severityOfLetter(time.letter);
    const timed = time.clockMs >= 0 || time.form === "epoch";
    if (timed) this.#timed = true;
    return this.#done(timed ? "time" : "date", time.end, this.#past(head, end));
  }

  #number(head: Head, index: number): boolean {
    let at = index;
    if (head.at(at) === HASH) at++;
    while (isDigit(head.at(at)) || (head.at(at) === HASH && at > index)) at++;
    const code = head.at(at);
    if (code === CLOSE) return this.#done("closed", at, this.#past(head, at + 1));
    if (!isBlank(code) && !(code === PIPE || (code === COMMA && isBlank(head.at(at + 1))))) return false;
    return this.#done("number", at, this.#past(head, at));
  }

  #bareLevel(head: Head, at: number): boolean {
    const level = this.#level;
    if (!level.scan(head, at)) return false;
    const code = head.at(level.end);
    if (!AFTER_LEVEL.has(code)) return false;
    this.severity = level.severity;
    this.strong = level.certain || code === COLON || code === CLOSE;
    let end = level.end;
    if (code === COLON) {
      end++;
      this.#glued = !isBlank(head.at(end));
    } else if (code === CLOSE || code === SLASH || code === CLOSE_ROUND || code === CLOSE_ANGLE) end++;
    return this.#done("level", level.end, this.#past(head, end));
  }

  #letterOrStream(head: Head, at: number): boolean {
    const next = head.at(at + 1);
    if (isUpper(head.at(at)) && (isBlank(next) || next === SLASH || next === COMMA)) {
      this.severity = severityOfLetter(head.at(at));
      this.strong = next === SLASH && this.severity > 0;
      return this.#done("letter", at + 1, head.skipBlanks(next === 0 ? at + 1 : at + 2));
    }
    if (head.at(at) !== 0x73 || !isStreamTag(head, at)) return false;
    return this.#done("stream", at + 6, head.at(at + 8) === 0 ? at + 8 : at + 9);
  }

  #bracketed(head: Head, at: number, code: number): boolean {
    if (code === OPEN_ANGLE && this.#priority(head, at)) return true;
    if (this.#timeField(head, at, head.skipBlanks(at + 1))) return true;
    if (code === OPEN && isUpper(head.at(at + 1)) && head.at(at + 2) === BLANK && isDigit(head.at(at + 3))) {
      this.severity = severityOfLetter(head.at(at + 1));
      return this.#done("letter", at + 2, at + 3);
    }
    const close = closingOf(head, at, code);
    if (close < 0 || !endsBracket(head.at(close + 1))) return false;
    this.valueStart = head.skipBlanks(at + 1);
    if (this.#levelInside(head, close)) return this.#done("level", close, this.#past(head, close + 1));
    if (code === OPEN_ANGLE) return false;
    return this.#done("bracket", close, this.#past(head, close + 1));
  }

  /** `[INFO ]`, `[E]`, `[INFO/MainProcess]`. */
  #levelInside(head: Head, close: number): boolean {
    const at = this.valueStart;
    const level = this.#level;
    if (close === at + 1 && isUpper(head.at(at))) {
      this.severity = severityOfLetter(head.at(at));
      this.strong = true;
      return this.severity > 0;
    }
    if (!level.scan(head, at)) return false;
    const rest = head.skipBlanks(level.end);
    const code = head.at(rest);
    if (rest !== close && !(level.certain && (code === SLASH || code === COLON || code === PIPE)))
      return false;
    this.severity = level.severity;
    this.strong = true;
    return true;
  }

  /** Syslog's `<34>`, with RFC 5424's version behind it. */
  #priority(head: Head, at: number): boolean {
    let end = at + 1;
    let value = 0;
    while (isDigit(head.at(end)) && end < at + 4) value = value * 10 + head.at(end++) - 0x30;
    if (end === at + 1 || head.at(end) !== CLOSE_ANGLE || value > 191) return false;
    this.severity = severityOfPriority(value);
    this.strong = true;
    const version = isDigit(head.at(end + 1)) && head.at(end + 2) === BLANK;
    this.#versioned = version;
    return this.#done("priority", end, version ? end + 3 : head.skipBlanks(end + 1));
  }

  /** RFC 5424 behind the time: host, application, process, message id, structured data. */
  #structured(head: Head, from: number): boolean {
    this.#versioned = false;
    let at = from;
    for (let token = 0; token < 4; token++) {
      while (!isBlank(head.at(at))) at++;
      if (head.at(at) === 0) return false;
      if (token === 0) this.valueStart = at + 1;
      if (token === 1) this.valueEnd = at;
      at++;
    }
    return this.#done("structured", this.valueEnd, head.skipBlanks(skipStructuredData(head, at)));
  }

  #name(head: Head, at: number): boolean {
    let end = at;
    for (let code = head.at(end); isLetter(code) || isDigit(code) || NAME_CHARS.has(code);)
      code = head.at(++end);
    if (end === at || head.at(end) !== COLON) return false;
    return this.#done("name", end, head.skipBlanks(end + 1));
  }

  #column(head: Head, at: number): boolean {
    this.#piped = false;
    let close = at;
    while (head.at(close) !== PIPE && head.at(close) !== 0 && close - at < MAX_COLUMN_CHARS) close++;
    if (head.at(close) !== PIPE) return false;
    let end = close;
    while (end > at && head.at(end - 1) === BLANK) end--;
    this.#piped = true;
    const level = this.#level;
    const isLevel = level.scan(head, at) && level.end === end;
    if (isLevel) {
      this.severity = level.severity;
      this.strong = true;
    }
    return this.#done(isLevel ? "level" : "piped", end, head.skipBlanks(close + 1));
  }

  #mark(head: Head, at: number): boolean {
    const end = endOfMark(head, at);
    return end > at && this.#done("mark", end, head.skipBlanks(end));
  }

  #word(head: Head, at: number): boolean {
    const word = this.#wordScan;
    switch (word.scan(head, at)) {
      case "blank":
        return this.#wordEnd(head, at, word.end, word.plain);
      case "colon":
        return this.#component(head, at, word.end, word.plain);
      case "close":
        return this.#closing(head, word.end);
      case "message":
        return false;
    }
  }

  #closing(head: Head, at: number): boolean {
    const code = head.at(at + 1);
    if (!isBlank(code) && code !== COLON) return false;
    return this.#done("closed", at, this.#past(head, at + 1));
  }

  #component(head: Head, at: number, colon: number, plain: boolean): boolean {
    if (colon === at) return false;
    this.strong = head.at(colon - 1) === CLOSE && isDigit(head.at(colon - 2));
    this.plain = plain;
    this.#levelAtEnd(head, at, colon);
    return this.#done("component", colon, head.skipBlanks(colon + 1));
  }

  /** `app.ERROR:` names the channel and the level. */
  #levelAtEnd(head: Head, at: number, colon: number): void {
    let last = colon - 1;
    while (last > at && isUpper(head.at(last))) last--;
    if (last === at || head.at(last) !== DOT || !this.#level.scan(head, last + 1)) return;
    if (this.#level.certain && this.#level.end === colon) this.severity = this.#level.severity;
  }

  #wordEnd(head: Head, at: number, end: number, plain: boolean): boolean {
    this.plain = plain;
    const next = head.skipBlanks(end);
    const code = head.at(next);
    if (next === end + 1 && (code === OPEN_ROUND || code === OPEN) && !plain) {
      // `launchd[1] (com.example.job): started`
      const close = closingOf(head, next, code);
      if (close > 0 && head.at(close + 1) === COLON && isBlank(head.at(close + 2))) {
        return this.#component(head, at, close + 1, false);
      }
    }
    const padded = (next > end + 1 || head.at(end) === TAB) && code !== 0;
    return this.#done(padded ? "padded" : "word", end, next);
  }
}
