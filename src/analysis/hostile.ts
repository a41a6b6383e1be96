import type { Evidence } from "../alert/alert.ts";

/** Wording by which a text addresses whoever reads it, or poses as somebody who may. */
const INSTRUCTION: readonly RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|above|prior|earlier|all|any|the|your)\b.{0,40}\b(?:instructions?|prompts?|rules?|context|guidelines?|directions?)\b/i,
  /\b(?:system|assistant|developer|human|user)\s*(?:prompt|message|instruction|override|note)?\s*[:>\]]\s*.{0,40}\b(?:you|ignore|must|now|respond|answer|output|report|recommend)\b/i,
  /<\/?\s*(?:system|assistant|instructions?|im_start|im_end|tool_result|function_calls?)\b|<\|[a-z_]{2,20}\|>|\[\/?INST\]|^#{1,4}\s*(?:system|instruction)/i,
  /\b(?:you are|act as|pretend|from now on|new instructions?|as an ai|dear (?:ai|assistant|model|llm|claude)|attention[:,]? (?:ai|assistant|model|llm|claude))\b/i,
  /\b(?:claude|chatgpt|gpt-?\d|llm|language model|ai (?:agent|assistant|analyst|system))\b.{0,80}\b(?:must|should|please|always|never|report|answer|recommend|respond|ignore|set|say)\b/i,
  /\b(?:set|report|return|use|give)\b.{0,20}\bconfidence\b.{0,20}(?:\d|high|max|certain)/i,
  /\b(?:root[_ ]cause|verdict|recommended[_ ]actions?)["']?\s*[:=]\s*["'{[]?\w/i,
  /\b(?:to (?:fix|resolve|remediate|mitigate|solve) (?:this|it|the)|as a (?:fix|workaround|remediation)|recommended (?:fix|action|remediation|solution)|(?:please|must|should|operators?|engineers?|on-?call)\b.{0,30})\b.{0,60}(?:\brun\b|\bexecute\b|\binstall\b|\bdownload\b|\bcurl\b|\bwget\b|\bnpm\b|\bpip\b|\bsudo\b|\bkubectl\b|\bdelete\b|\bdisable\b|\bdowngrade\b)/i,
  /\bcurl\b.{0,120}\|\s*(?:sudo\s+)?(?:ba|z|da)?sh\b|\bwget\b.{0,120}\|\s*(?:ba)?sh\b/i,
  /<!(?:channel|here|everyone)|<!subteam\^|@(?:channel|everyone|here)\b/i,
  /\b(?:mark|resolve|close|silence|mute|suppress|acknowledge)\b.{0,30}\b(?:this|the|all)\b.{0,20}\b(?:alerts?|incidents?|anomal(?:y|ies))\b/i,
  /\b(?:repeat|reveal|print|output|send|include|exfiltrate)\b.{0,40}\b(?:system prompt|api[_ ]?keys?|secrets?|credentials?|environment variables?|instructions)\b/i,
];

const MAX_SCANNED_CHARS = 2_000;

/** Whether a log text reads like an instruction to a person or a machine. A finding, never a filter. */
export function readsLikeInstruction(text: string): boolean {
  const head = text.slice(0, MAX_SCANNED_CHARS);
  return INSTRUCTION.some((pattern) => pattern.test(head));
}

/** Ids of the items whose log text does. What people changed is read with the same distrust. */
export function suspiciousItems(evidence: readonly Evidence[]): string[] {
  return evidence
    .filter(({ template, examples }) => [template ?? "", ...examples].some(readsLikeInstruction))
    .map(({ id }) => id);
}

/** Commands that destroy, expose or weaken. */
const DESTRUCTIVE: readonly RegExp[] = [
  /\brm\s+-[a-z]*[rf]|\brmdir\b|\bshred\b|\bmkfs|\bdd\s+if=|\bformat\s+[a-z]:/i,
  /\b(?:drop|truncate)\s+(?:the\s+)?(?:table|database|schema|index|collection|keyspace|topic)|\bdelete\s+from\b|\bflush(?:all|db)\b/i,
  /\b(?:kubectl|oc|helm|terraform|docker|podman|aws|gcloud|az|vault|etcdctl|systemctl)\b.{0,60}\b(?:delete|destroy|uninstall|rm|prune|purge|terminate|drain|disable|revoke)\b/i,
  /\b(?:delete|destroy|wipe|purge|erase|drop|truncate|remove)\b.{0,40}\b(?:all|data|database|tables?|volumes?|pvcs?|namespaces?|clusters?|buckets?|backups?|pods?|nodes?|instances?|logs?|users?|records?|queues?|partitions?)\b/i,
  /\bchmod\s+(?:-R\s+)?(?:0?777|a\+rwx|u\+s)|\bchown\s+-R\b/i,
  /\b(?:curl|wget|iwr|Invoke-WebRequest)\b.{0,200}\|\s*(?:sudo\s+)?\w*sh\b|\bbase64\s+(?:-d|--decode)\b.{0,40}\|/i,
  /\b(?:disable|turn off|switch off|skip|bypass|ignore|remove|relax|open)\b.{0,40}\b(?:tls|ssl|certificate|auth\w*|authentication|authorization|firewall|security|rbac|verification|validation|waf|encryption|audit\w*|mfa|selinux|apparmor|logging|monitoring|alerts?|rate limit\w*)\b/i,
  /\bverify\s*[=:]\s*false|--insecure\b|--no-check-certificate|InsecureSkipVerify|NODE_TLS_REJECT_UNAUTHORIZED|StrictHostKeyChecking[= ]no|--no-verify\b|--privileged\b/i,
  /\b(?:downgrade|roll back)\b.{0,40}\b(?:openssl|tls|security|auth\w*|crypto\w*)\b|\bpip3?\s+install\b|\bnpm\s+(?:i|install|exec)\b|\bnpx\s+\S|\bgem\s+install\b|\bgo\s+install\b|\bcargo\s+install\b|\bapt(?:-get)?\s+install\b/i,
  /\b(?:git\s+push\s+(?:-f|--force)|git\s+reset\s+--hard|kill\s+-9|killall|pkill|shutdown|reboot|halt|iptables\s+-F|ufw\s+disable|passwd|useradd|usermod|visudo|crontab|authorized_keys)\b/i,
  /\b(?:share|send|post|e-?mail|upload|forward|paste)\b.{0,40}\b(?:credentials?|passwords?|secrets?|tokens?|api keys?|private keys?|env(?:ironment)? (?:file|variables?)|\.env)\b/i,
  /\bgrant\b.{0,30}\b(?:all|admin|root|superuser|cluster-admin)\b|\bcluster-admin\b/i,
];

/** Whether doing this could destroy data, weaken protection or run foreign code. Errs on the side of caution. */
export function isDestructive(text: string): boolean {
  return DESTRUCTIVE.some((pattern) => pattern.test(text));
}

/** What could be copied and acted upon: commands, addresses, packages, flags, paths. */
const ACTIONABLE =
  /https?:\/\/\S+|\b(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}\b(?:[:/]\S*)?|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|(?<!\w)--?[a-z][\w-]{2,}(?:=\S+)?|(?<![\w/])\/(?:[\w.-]+\/)+[\w.-]+|\b[\w.-]+@[\w.-]+\b|`[^`\n]{2,200}`|@[\w-]+\/[\w.-]+|\b(?:npm|pip3?|gem|cargo|go|apt(?:-get)?|brew|yum|kubectl|helm|docker|curl|wget|sudo|bash|sh|systemctl|git|psql|mysql|redis-cli|aws|gcloud|az|terraform|npx|yarn|pnpm)\s+[\w@./:-]+(?:\s+[\w@./:=-]+){0,4}/gi;

const MIN_ACTIONABLE_CHARS = 4;

function normal(text: string): string {
  return text
    .toLowerCase()
    .replace(/[`"'.,;:!?)\]]+$/g, "")
    .replace(/^[`"'([]+/g, "")
    .replace(/\s+/g, " ");
}

/** The parts of an advice that stand word for word in log text too. */
export function takenFromLogs(action: string, logText: string): readonly string[] {
  const found = (action.match(ACTIONABLE) ?? []).map(normal);
  return found.filter((part) => part.length >= MIN_ACTIONABLE_CHARS && logText.includes(part));
}

/** All log text of the evidence, as `takenFromLogs` compares it. */
export function logTextOf(evidence: readonly Evidence[]): string {
  return evidence
    .flatMap(({ template, examples }) => [template ?? "", ...examples])
    .join("\n")
    .toLowerCase()
    .replace(/[ \t]+/g, " ");
}
