/**
 * A second list of secrets, written from the vendors' own descriptions of their tokens and from what connection
 * strings and headers look like, without a look at the product's rules: what it finds in bytes that leave is a leak.
 */
export const ORACLE: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["AWS access key id", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["GitHub token", /\bgh[pousr]_[0-9A-Za-z]{36,}/],
  ["GitHub fine-grained token", /\bgithub_pat_[0-9A-Za-z_]{60,}/],
  ["GitLab token", /\bglpat-[0-9A-Za-z_-]{20}/],
  ["Slack token", /\bxox[abprs]-[0-9A-Za-z-]{20,}/],
  ["Slack webhook", /hooks\.slack\.com\/services\/T[0-9A-Z]+\/B[0-9A-Z]+\/[0-9A-Za-z]{20,}/],
  ["Anthropic key", /\bsk-ant-[a-z0-9]+-[0-9A-Za-z_-]{20,}/],
  ["OpenAI key", /\bsk-(?:proj-)?[0-9A-Za-z]{32,}/],
  ["Stripe key", /\b[sr]k_(?:live|test)_[0-9A-Za-z]{24}/],
  ["Google API key", /\bAIza[0-9A-Za-z_-]{35}/],
  ["SendGrid key", /\bSG\.[0-9A-Za-z_-]{22}\.[0-9A-Za-z_-]{43}/],
  ["npm token", /\bnpm_[0-9A-Za-z]{36}/],
  ["Twilio key", /\bSK[0-9a-f]{32}\b/],
  ["JSON web token", /\beyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}/],
  ["private key", /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s*[0-9A-Za-z+/]{20}/],
  ["password in an address", /[a-z][a-z0-9+]+:\/\/[^\s:@/<>"]+:[^\s@/<>"]+@[\w.-]+/],
  ["bearer token", /[Bb]earer\s+[0-9A-Za-z._~+/-]{20,}/],
  ["basic authorization", /[Bb]asic\s+[0-9A-Za-z+/]{16,}={0,2}(?![\w-])/],
  ["e-mail address", /\b[\w.+-]+@[a-z0-9-]+\.(?:com|org|net|example)\b/i],
  ["Vault token", /\bhvs\.[0-9A-Za-z_-]{24,}/],
];

/** Names of what is found in a text. */
export function leaks(text: string): readonly string[] {
  return ORACLE.filter(([, pattern]) => pattern.test(text)).map(([name]) => name);
}
