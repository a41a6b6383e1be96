import { isProse, isSecretPair, keyKind, looksRandom } from "./secret-keys.ts";
import { redactPairs } from "./redact-pairs.ts";
import type { Pseudonym } from "./redact-pairs.ts";

/** One kind of secret. Every quantifier in its pattern is bounded or cannot back up, so that it works in linear time. */
export interface RedactionRule {
  readonly name: string;
  apply(text: string, pseudonym: Pseudonym): string;
}

type Judge = (secret: string) => boolean;

const always: Judge = () => true;

/** The whole match is the secret. */
function whole(name: string, pattern: RegExp, type: string, isSecret = always): RedactionRule {
  return {
    name,
    apply: (text, pseudonym) =>
      text.replace(pattern, (found) => (isSecret(found) ? pseudonym(type, found) : found)),
  };
}

/** Group 1 stays, group 2 is the secret. */
function after(name: string, pattern: RegExp, type: string, isSecret = always): RedactionRule {
  return {
    name,
    apply: (text, pseudonym) =>
      text.replace(pattern, (found, kept: string, secret: string) =>
        isSecret(secret) ? kept + pseudonym(type, secret) : found,
      ),
  };
}

/** A token that starts with its vendor's own prefix. */
function vendor(type: string, source: string): RedactionRule {
  return whole(type, new RegExp(`(?<![A-Za-z0-9])(?:${source})`, "g"), `secret:${type}`);
}

/** `Basic` is followed by base64 of `user:password`; in prose it is followed by a word. */
function isBasic(value: string): boolean {
  return Buffer.from(value, "base64").toString("latin1").includes(":");
}

function isBearer(value: string): boolean {
  return looksRandom(value) || (/\d/.test(value) && value.length >= 8) || value.length >= 32;
}

/** Luhn's check over the digits (ISO/IEC 7812-1). */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2;
    sum += i % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Prefix and length of the large card schemes, so that a timestamp or an order number is rarely taken for one. */
const CARD_SCHEME =
  /^(?:4\d{15}|4\d{18}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6\d{15})$/;

function isCard(found: string): boolean {
  const digits = found.replace(/[ -]/g, "");
  return CARD_SCHEME.test(digits) && passesLuhn(digits);
}

/** Package versions (`pkg@1.2.3-beta.rc`) and systemd units (`getty@tty1.service`) only look like addresses. */
function isEmail(found: string): boolean {
  const domain = found.slice(found.lastIndexOf("@") + 1);
  return !/^\d+\.\d+\./.test(domain) && !/\.(?:service|timer|socket|mount|target|slice|scope)$/.test(domain);
}

/** A run of digits in groups: the card in it, also where other numbers stand directly before it. */
const CARD: RedactionRule = {
  name: "card",
  apply: (text, pseudonym) =>
    text.replace(/(?<![\w.-])\d(?:[ -]?\d){12,26}(?![\w-])/g, (run) => {
      for (let start = 0; start < run.length - 12; start = nextGroup(run, start)) {
        const found = run.slice(start);
        if (isCard(found)) return run.slice(0, start) + pseudonym("card", found);
      }
      return run;
    }),
};

/** Where the next group of digits begins; the end where there is none. */
function nextGroup(run: string, from: number): number {
  const at = run.slice(from).search(/[ -]/);
  return at < 0 ? run.length : from + at + 1;
}

/** `--password hunter2`, `--api-key hunter2`: options whose value follows a blank. */
const OPTION: RedactionRule = {
  name: "option",
  apply: (text, pseudonym) =>
    text.replace(
      /(?<![\w-])(--([A-Za-z][\w-]{1,63})[ \t]{1,4})([^\s"'`<-][^\s"'`]{0,511})/g,
      (found, kept: string, key: string, value: string) =>
        keyKind(key) === "strong" && isSecretPair(key, value)
          ? kept + pseudonym("secret:value", value)
          : found,
    ),
};

/** `<password>hunter2</password>` */
const ELEMENT: RedactionRule = {
  name: "element",
  apply: (text, pseudonym) =>
    text.replace(/<([A-Za-z][\w.-]{0,63})>([^<\n]{1,1024})<\//g, (found, key: string, value: string) =>
      isSecretPair(key, value) ? `<${key}>${pseudonym("secret:value", value)}</` : found,
    ),
};

/** `{"name":"DB_PASSWORD","value":"hunter2"}`, as environments are listed. */
const NAMED_VALUE: RedactionRule = {
  name: "named_value",
  apply: (text, pseudonym) =>
    text.replace(
      /((?:name|key)\\{0,3}["']?[ ]{0,2}[:=][ ]{0,2}\\{0,3}["']?([\w.-]{1,64})\\{0,3}["']?[, ]{1,3}\\{0,3}["']?value\\{0,3}["']?[ ]{0,2}[:=][ ]{0,2}\\{0,3}["']?)([^\s"',;&}\\]{1,512})/gi,
      (found, kept: string, key: string, value: string) =>
        keyKind(key) === "strong" && isSecretPair(key, value)
          ? kept + pseudonym("secret:value", value)
          : found,
    ),
};

const SCHEMES = "Basic|Bearer|Token|Negotiate|NTLM|ApiKey|Key|PSK|SSWS|Splunk|GoogleLogin";
const PARAMETER_SCHEMES = "Digest|Hawk|Signature|OAuth|AWS4-HMAC-SHA256";

/**
 * In order: what has a shape of its own first, so that its pseudonym says what it was; names and values after that.
 * A later rule leaves an earlier one's pseudonym alone.
 */
export const RULES: readonly RedactionRule[] = [
  whole(
    "pem",
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-(?!----)[^-]*)*(?:-----END [A-Z0-9 ]{0,40}-----)?/g,
    "secret:pem",
  ),
  after(
    "connection",
    /(?<![a-z0-9])((?:postgres(?:ql)?|mysql|mariadb|mongodb|rediss?|amqps?|mssql|sqlserver|clickhouse|nats|ldaps?|smtps?|ftps?)(?:\+[a-z0-9]{1,16})?:\/\/)([^\s:@/"'<>]{0,128}:[^\s"'<>]{1,256}(?=@))/gi,
    "secret:userinfo",
  ),
  after(
    "userinfo",
    /(?<![a-z0-9])([a-z][a-z0-9+.-]{1,30}:\/\/)([^\s"'<>/?#]{1,512}(?=@))/gi,
    "secret:userinfo",
  ),
  after(
    "authorization_parameters",
    new RegExp(
      String.raw`(authorization\\{0,3}["']?\s{0,4}(?:=>|[:=])\s{0,4}\[?\s{0,4}\\{0,3}["']?(?:${PARAMETER_SCHEMES})\s{1,4})([^\s"'<\\][^\r\n"'\\]{0,2047})`,
      "gi",
    ),
    "secret:authorization",
  ),
  after(
    "authorization",
    new RegExp(
      String.raw`(authorization\\{0,3}["']?\s{0,4}(?:=>|[:=])\s{0,4}\[?\s{0,4}\\{0,3}["']?(?:${SCHEMES})\s{1,4})([\w.~+/=:-]{1,4096})`,
      "gi",
    ),
    "secret:authorization",
    (value) => !isProse(value),
  ),
  after(
    "cookie",
    /(cookie2?\\{0,3}["']?\s{0,4}(?:=>|[:=])\s{0,4}\[?\s{0,4}\\{0,3}["']?)((?:[\w.-]{1,128}=[^;\s"'<\\]{1,4096};?[ ]{0,2}){1,64})/gi,
    "secret:cookie",
  ),
  vendor("anthropic", String.raw`sk-ant-[\w-]{10,256}`),
  vendor("openai", String.raw`sk-(?:proj-|svcacct-|admin-|None-)?[\w-]{20,256}`),
  vendor("stripe", String.raw`(?:[srp]k_(?:live|test)_|whsec_)[A-Za-z0-9+/=]{10,256}`),
  vendor("github", String.raw`(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255})`),
  vendor("gitlab", String.raw`gl(?:pat|dt|rt|ft|cbt|ptt|agent|soat|imt|oas|ffct)-[\w.-]{16,128}`),
  vendor(
    "slack",
    String.raw`(?:xox[abceoprs](?:\.xox[bp])?-[\w-]{8,256}|xapp-[\w-]{10,256}|xwfp-[\w-]{10,256})`,
  ),
  after(
    "webhook",
    /((?:hooks\.slack\.com\/(?:services|workflows|triggers)|discord(?:app)?\.com\/api\/webhooks|\.webhook\.office\.com\/webhookb2|hooks\.zapier\.com\/hooks\/catch)\/)([\w@/.-]{8,512})/gi,
    "secret:webhook",
  ),
  vendor("telegram", String.raw`(?:bot)?\d{8,10}:AA[\w-]{32,35}`),
  vendor("aws", String.raw`(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])`),
  vendor("google", String.raw`(?:AIza[\w-]{35}|ya29\.[\w-]{20,512}|GOCSPX-[\w-]{20,64}|1\/\/0[\w-]{30,256})`),
  vendor("azure", String.raw`[\w~.-]{3}8Q~[\w~.-]{31,36}`),
  vendor(
    "registry",
    String.raw`(?:npm_[A-Za-z0-9]{30,64}|pypi-[\w-]{40,512}|rubygems_[0-9a-f]{40,64}|dckr_(?:pat|oat)_[\w-]{20,64})`,
  ),
  vendor(
    "cloud",
    String.raw`(?:do[opr]_v1_[0-9a-f]{64}|HRKU-[\w-]{30,64}|pul-[0-9a-f]{40}|dapi[0-9a-f]{32}|pscale_(?:tkn|pw|oauth)_[\w.-]{20,128}|sbp_[0-9a-f]{40})`,
  ),
  vendor(
    "vault",
    String.raw`(?:hv[sbr]\.[\w-]{20,256}|[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,128}|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{20,128}|AGE-SECRET-KEY-1[A-Z0-9]{20,80})`,
  ),
  vendor(
    "monitoring",
    String.raw`(?:gl(?:sa|c)_[\w+/=]{20,256}|NRAK-[A-Z0-9]{20,40}|sntr[yus]_[\w+/=-]{20,256}|dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64})`,
  ),
  vendor(
    "saas",
    String.raw`(?:SG\.[\w-]{16,64}\.[\w-]{16,64}|key-[0-9a-f]{32}|[0-9a-f]{32}-us\d{1,2}|SK[0-9a-f]{32}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0[a-z]{3}-[\w-]{20,64}|hf_[A-Za-z0-9]{30,64}|lin_api_[A-Za-z0-9]{30,64}|ntn_[A-Za-z0-9]{30,64}|figd_[\w-]{30,64}|PMAK-[0-9a-f-]{40,80}|ATATT3[\w=-]{30,256})`,
  ),
  whole("jwt", /(?<![\w-])eyJ[\w-]{6,4096}\.[\w-]{6,4096}(?:\.[\w-]{0,4096}){0,3}/g, "secret:jwt"),
  after("bearer", /(?<!\w)(bearer[ \t]{1,4})([\w.~+/=-]{8,4096})/gi, "secret:bearer", isBearer),
  after("basic", /(?<!\w)(basic[ \t]{1,4})([A-Za-z0-9+/]{8,1024}={0,2})/gi, "secret:basic", isBasic),
  { name: "pair", apply: redactPairs },
  OPTION,
  ELEMENT,
  NAMED_VALUE,
  after("sshpass", /(?<!\w)(sshpass[ ]{1,4}-p[ ]{0,4})([^\s<]\S{0,255})/g, "secret:value"),
  after(
    "address",
    /(?<![\w.%+/-])([\w.-]{1,64}:)([^\s:@/"'<>]{1,128})(?=@(?:(?:tcp|unix)\(|[\w.-]{1,253}:\d{2,5}(?!\d)))/g,
    "secret:userinfo",
  ),
  after(
    "named_token",
    /(?<!\w)((?:token|secret|key|credential)[ \t]{1,4}["'`]?)([\w+/=.~-]{16,512})/gi,
    "secret:value",
    looksRandom,
  ),
  after(
    "password_sentence",
    /(?<!\w)((?:password|passphrase|passwd)[ ]{1,2}(?:for [^\s<]{1,64} )?is[ ]{1,2})([^\s"'<][^\s"']{3,255})/gi,
    "secret:value",
    (value) => /[^A-Za-z]/.test(value.replace(/[.,;:!?]{1,4}$/, "")),
  ),
  after(
    "curl_user",
    /(?<![\w-])((?:-u|--user|--proxy-user)[ \t]{1,4}["']?[^\s:"'<>]{1,64}:)([^\s"'<>]{1,256})/g,
    "secret:value",
  ),
  after(
    "quoted_password",
    /((?:password|passphrase|passwd|identified by|api key)(?:[ \t]{1,4}(?:is|was|of))?[ \t]{1,4})(["'`][^"'`\n<>]{1,256}["'`])/gi,
    "secret:value",
  ),
  whole(
    "email",
    /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,8}\.\p{L}{2,24}(?![\p{L}\p{N}])/gu,
    "email",
    isEmail,
  ),
  CARD,
];
