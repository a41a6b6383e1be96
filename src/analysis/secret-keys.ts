/** Names whose value is a secret whatever it looks like, written without separators, matched at a key's end. */
const STRONG_ENDINGS = [
  "password",
  "passwords",
  "passwordhash",
  "passwordconfirm",
  "passwordconfirmation",
  "passwd",
  "passphrase",
  "passcode",
  "secret",
  "secretvalue",
  "token",
  "apikey",
  "accesskey",
  "secretkey",
  "secretkeybase",
  "privatekey",
  "encryptionkey",
  "signingkey",
  "accountkey",
  "sharedkey",
  "masterkey",
  "authkey",
  "licensekey",
  "credential",
  "credentials",
  "sessionid",
  "sessid",
  "connectsid",
  "webhookurl",
] as const;

/** Short names count only as a whole word of the key: `pin` is in `pin_code`, not in `spin`. */
const STRONG_WORDS: ReadonlySet<string> = new Set(["pass", "pwd", "pw", "pin", "otp", "cvv", "cvc", "ssn"]);

/** Names that hold secrets now and then: their value has to look random as well. */
const WEAK_WORDS: ReadonlySet<string> = new Set([
  "key",
  "auth",
  "sig",
  "signature",
  "session",
  "sid",
  "nonce",
  "bearer",
  "authorization",
  "cookie",
  "hmac",
  "salt",
]);

export type KeyKind = "strong" | "weak" | "plain";

function words(key: string): string[] {
  return key
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** Whether the value under this name is a secret (`api_key`, `x-api-key`, `apiKey`, `db.password` …). */
export function keyKind(key: string): KeyKind {
  const parts = words(key);
  const joined = parts.join("").replace(/\d{1,4}$/, "");
  const last = parts.at(-1) ?? "";
  if (STRONG_ENDINGS.some((ending) => joined.endsWith(ending)) || STRONG_WORDS.has(last)) return "strong";
  return WEAK_WORDS.has(last) ? "weak" : "plain";
}

/** What stands after `password:` in sentences about passwords, and values that say that there is none. */
const NO_SECRET: ReadonlySet<string> = new Set(
  (
    "absent accepted active and are authentication authorization available been blank cannot changed check could default denied disabled does " +
    "empty enabled error exceeded expired failed failure false for found from generated has have ignored in " +
    "inactive incorrect invalid is issued length malformed may mismatch missing must n/a nil no none not null of " +
    "ok on or provided received refresh rejected required reset revoked set should stale string the to token too true " +
    "undefined unexpected unknown unset unsupported updated used valid validation was weak were will with wrong"
  ).split(" "),
);

/** Whether the value is a word of a sentence about secrets rather than a secret. */
export function isProse(value: string): boolean {
  return NO_SECRET.has(value.toLowerCase().replace(/[.:!?]{1,8}$/, ""));
}

/** `<*>`, `<num>`, `<secret:github#a1b2>`: a template's hole or our own pseudonym. */
const PLACEHOLDER = /^<(?:\*|[a-z_]{1,16}(?::[a-z0-9_]{1,24})?(?:#[0-9a-f]{1,8})?)>$/;
const MASKED = /^[*xX•.#-]+$/;

function saysNothing(value: string): boolean {
  return value === "" || PLACEHOLDER.test(value) || MASKED.test(value);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const RANDOM_MIN_CHARS = 16;
const RANDOM_MIN_BITS = 3;

/** Shannon entropy in bits per character. */
function entropyBits(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}

/** Long, of letters and digits, in no order: a key rather than a word, a number or a UUID. */
export function looksRandom(value: string): boolean {
  if (value.length < RANDOM_MIN_CHARS || UUID.test(value)) return false;
  const mixed = /\d/.test(value) && /[A-Za-z]/.test(value);
  return mixed && /^[\w+/=.~%-]+$/.test(value) && entropyBits(value) >= RANDOM_MIN_BITS;
}

/** A shell's working directory, not a password. */
function isWorkingDirectory(key: string, value: string): boolean {
  return key.toLowerCase() === "pwd" && /^(?:~|\/[\w.-]+)(?:\/[\w.-]*)*$/.test(value);
}

/** Test runners print `pass: 12`. */
function isCount(key: string, value: string): boolean {
  return key.toLowerCase() === "pass" && /^\d{1,6}$/.test(value);
}

/** Whether `key` = `value` gives a secret away. */
export function isSecretPair(key: string, value: string): boolean {
  const kind = keyKind(key);
  if (kind === "plain" || saysNothing(value)) return false;
  if (kind === "weak") return looksRandom(value);
  return !isProse(value) && !isWorkingDirectory(key, value) && !isCount(key, value);
}
