import { severityFromText, type SeverityNumber } from "../log/severity.ts";
import { isLetter, type Head } from "./head.ts";

export const MAX_LEVEL_CHARS = 13;

/** In capitals these are levels wherever a header can stand. */
const CERTAIN = [
  ..."TRACE TRC DEBUG DBG INFO INF NOTICE WARN WARNING WRN ERROR ERR SEVERE CRITICAL CRIT".split(" "),
  ..."FATAL FATA PANIC DEBU EMERG EMERGENCY ALERT VERBOSE INFORMATION FINEST FINER".split(" "),
];
/** These mean a level only in brackets, before a colon, or where every line has one. */
const POSSIBLE = "FINE CONFIG LOG NOTE OK SUCCESS HTTP FAIL FAILURE FTL SILLY ERRO EROR DPANIC".split(" ");

/** Collisions among words that are no levels cost nothing: what follows in the line decides too. */
function step(hash: number, code: number): number {
  return (Math.imul(hash, 31) + (code & 0xdf)) | 0;
}

function hashOf(word: string): number {
  return word.split("").reduce((hash, char) => step(hash, char.charCodeAt(0)), word.length);
}

function tableOf(words: readonly string[]): ReadonlyMap<number, SeverityNumber> {
  return new Map(words.map((word) => [hashOf(word), severityFromText(word)]));
}

const CERTAIN_WORDS = tableOf(CERTAIN);
const POSSIBLE_WORDS = tableOf(POSSIBLE);

/** One word of a line as a level. Reused, so nothing is allocated. */
export class LevelScan {
  /** Index after the word. */
  end = 0;
  severity: SeverityNumber = 0;
  /** In capitals, and a word that says little else. */
  certain = false;

  scan(head: Head, index: number): boolean {
    let end = index;
    let capitals = true;
    for (let code = head.at(end); isLetter(code); code = head.at(++end)) {
      if (end - index >= MAX_LEVEL_CHARS) return false;
      if (code >= 0x61) capitals = false;
    }
    const length = end - index;
    if (length < 2) return false;
    let hash = length;
    for (let i = index; i < end; i++) hash = step(hash, head.at(i));
    const certain = CERTAIN_WORDS.get(hash);
    const severity = certain ?? POSSIBLE_WORDS.get(hash) ?? 0;
    this.end = end;
    this.severity = severity;
    this.certain = certain !== undefined && capitals;
    return severity > 0;
  }
}

const LETTERS = "TVDINWECF";

/** Loggers that write one letter: `D`, `I`, `W`. */
export function severityOfLetter(code: number): SeverityNumber {
  const letter = String.fromCharCode(code);
  return LETTERS.includes(letter) ? severityFromText(letter) : 0;
}
