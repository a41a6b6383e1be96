/** Words that carry a sentence's structure: never a variable by themselves. */
const FUNCTION_WORDS = new Set(
  (
    "a an the this that these those it its he she they we you i and or but nor not no is are was were be been being " +
    "am has have had do does did will would can cannot can't could should may might must shall of to in on at by for " +
    "from with without within into onto over under after before during since until than then as if when while where " +
    "which who whom whose what how why there here all any each some such only too so because due via per between " +
    "through against about above below up down out off again once more most other same own both few very just now " +
    "yet still already also either neither don't doesn't didn't couldn't won't isn't wasn't"
  ).split(" "),
);

/** Pairs of words that say the opposite, or one of several outcomes, by their stems. */
const OPPOSITES = new Set(
  (
    "start stop restart begin end finish launch terminat abort cancel complet kill paus resum suspend run exit " +
    "enabl disabl activat deactivat activ inactiv success succeed succeeded fail failur failed accept reject refus deni deny " +
    "allow grant revok permit forbid block unblock lock unlock open clos reopen connect disconnect reconnect attach detach mount " +
    "unmount bind unbind creat delet destroy add remov insert updat drop join leav left enter login logout logged " +
    "logon logoff signin signout load unload install uninstall register unregister deregister subscrib unsubscrib " +
    "acquir releas reserv alloc allocat deallocat free push pop read writ writt wrote send sent receiv " +
    "recv upload download import export encrypt decrypt compress decompress increas decreas increment decrement ris " +
    "fall grow shrink rais lower up down on off yes no true false valid invalid validat online offline healthy unhealthy " +
    "alive dead good bad ok okay error warn warning info debug trace fatal critical notice alert emergency panic get post put patch head " +
    "option options hit miss found lost missing present absent primary secondary master slave leader follower promot " +
    "demot commit rollback rolled expir renew timeout first last before after high low minimum maximum min max " +
    "known unknown available unavailabl reachabl unreachabl available full empty new old pass passed skip skipped " +
    "retri retry recover degrad restor backup show hid hidden visibl invisibl input output client server parent child upgrad downgrad " +
    "pending done requested confirm confirmed ignored ready busy idle in out source destination src dest local remote " +
    "above below left right top bottom internal external public private read-only readonly normal abnormal early late " +
    "exceed exceeded inbound outbound ingress egress incoming outgoing request response reply query answer"
  ).split(" "),
);

/** Values that stand for no value at all. */
const NULLS = new Set("null NULL nil None undefined (null) NaN nan N/A n/a".split(" "));

export function isFunctionWord(word: string): boolean {
  return FUNCTION_WORDS.has(word) || FUNCTION_WORDS.has(word.toLowerCase());
}

export function isNull(word: string): boolean {
  return NULLS.has(word);
}

/** Endings that a stem takes. */
const ENDINGS: readonly string[] = "s d e ed es er en ing ion ied ful fully ped ping ted ting ging".split(
  " ",
);
const NEGATIONS = /^(?:un|in|dis|de|non|mis|re)-?(?=[a-z]{4})/;

/** True for a word whose opposite may stand in its place: such a word is never taken for a variable. */
export function hasOpposite(word: string): boolean {
  const lower = word.toLowerCase();
  if (lower.length > 20) return false;
  if (isOpposite(lower)) return true;
  const bare = lower.replace(NEGATIONS, "");
  return bare !== lower && isOpposite(bare);
}

/** How the stems begin: most words are told from them by that. */
const HEAD_CHARS = 3;
const HEADS = new Set([...OPPOSITES].map((stem) => stem.slice(0, HEAD_CHARS)));

function isOpposite(word: string): boolean {
  if (OPPOSITES.has(word)) return true;
  if (!HEADS.has(word.slice(0, HEAD_CHARS)) && !HEADS.has(word.slice(0, HEAD_CHARS - 1))) return false;
  return ENDINGS.some(
    (ending) => word.endsWith(ending) && OPPOSITES.has(word.slice(0, word.length - ending.length)),
  );
}

/** How much a further word in the same place says that the place holds a variable. */
export function nameWeight(word: string): number {
  if (/^[A-Z][A-Z_]+$/.test(word)) return 1;
  if (/[._/$@#&-]|[a-z][A-Z]/.test(word)) return 3;
  return 2;
}
