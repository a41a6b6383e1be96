export const DEFAULT_RECENT = 10;
export const MAX_RECENT = 50;

export type Command =
  /** `clamped`: more was asked for. */
  | { readonly verb: "recent"; readonly limit: number; readonly clamped: boolean }
  | { readonly verb: "show" | "analyze" | "acknowledge" | "resolve"; readonly id: string }
  /** `problem` holds what was typed, unescaped; null where help was asked for. */
  | { readonly verb: "help"; readonly problem: string | null };

type IdVerb = Extract<Command, { id: string }>["verb"];

const ID_VERBS: ReadonlyMap<string, IdVerb> = new Map([
  ["show", "show"],
  ["analyze", "analyze"],
  ["analyse", "analyze"],
  ["acknowledge", "acknowledge"],
  ["ack", "acknowledge"],
  ["resolve", "resolve"],
]);
const RECENT_WORDS: ReadonlySet<string> = new Set(["recent", "list", "ls"]);

const MAX_WORD = 64;
/** What people and clients put around an id: quotes, backticks, formatting, brackets, a closing full stop. */
const AROUND = /^[`'"“”‘’*_~<>()[\]#]+|[`'"“”‘’*_~<>()[\].,;:!?]+$/gu;
const BARE_ID = /^\d{8}_\d{6}(?:_\d+)?$/;

function cleanId(word: string): string {
  const id = word.slice(0, MAX_WORD).replace(AROUND, "").toLowerCase();
  return BARE_ID.test(id) ? `anom_${id}` : id;
}

function parseRecent(word: string | undefined): Command {
  if (word === undefined) return { verb: "recent", limit: DEFAULT_RECENT, clamped: false };
  if (!/^\d{1,9}$/.test(word) || Number(word) < 1) {
    return { verb: "help", problem: `"${word.slice(0, MAX_WORD)}" is not a number from 1 to ${MAX_RECENT}.` };
  }
  const wanted = Number(word);
  return { verb: "recent", limit: Math.min(wanted, MAX_RECENT), clamped: wanted > MAX_RECENT };
}

/** Reads what was typed after `/anomalies`. Anything is understood, at worst as a wish for help. */
export function parseCommand(text: string): Command {
  const [word = "", argument] = text.slice(0, 1_000).trim().split(/\s+/);
  const verb = word.toLowerCase();
  if (verb === "" || verb === "help" || verb === "?") return { verb: "help", problem: null };
  if (RECENT_WORDS.has(verb)) return parseRecent(argument);
  const idVerb = ID_VERBS.get(verb);
  if (idVerb === undefined) {
    return { verb: "help", problem: `Unknown command "${word.slice(0, MAX_WORD)}".` };
  }
  const id = argument === undefined ? "" : cleanId(argument);
  if (id === "") return { verb: "help", problem: `"${verb}" needs the id of an anomaly.` };
  return { verb: idVerb, id };
}
