import { redact } from "../../src/analysis/redact.ts";
import { recallOf, type Recall } from "../../src/analysis/recall.ts";
import { RecentRecords } from "../../src/window/recent.ts";
import { fakeAnalyst } from "../support/claude-analyst.ts";
import { ClaudeFake, messageOf, reply } from "../support/claude-fake.ts";
import { logRecord } from "../support/log-records.ts";
import { sampleAlert, sampleAnomaly, sampleEvidence } from "../support/sample-alert.ts";
import { leaks, ORACLE } from "./oracle.ts";
import { secretlintLeaks } from "./secretlint.ts";
import { random } from "./random.ts";
import type { EvalTable } from "./table.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALPHABET = `${LETTERS}${LETTERS.toLowerCase()}0123456789`;

/** Made when the evaluation runs: a file with such tokens in it would look like a leak to every scanner. */
function makers(): Readonly<Record<string, () => string>> {
  const next = random(11);
  const of = (alphabet: string, length: number): string =>
    Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)] ?? "").join("");
  const any = (length: number): string => of(ALPHABET, length);
  const upper = (length: number): string => of(`${LETTERS}0123456789`, length);
  const hex = (length: number): string => of("0123456789abcdef", length);
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return {
    aws: () => `AKIA${upper(16)}`,
    github: () => `ghp_${any(36)}`,
    github_fine: () => `github_pat_${any(22)}_${any(59)}`,
    gitlab: () => `glpat-${any(20)}`,
    slack: () => `xoxb-${hex(12)}-${hex(12)}-${any(24)}`,
    slack_webhook: () => `https://hooks.slack.com/services/T${upper(8)}/B${upper(8)}/${any(24)}`,
    anthropic: () => `sk-ant-api03-${any(40)}`,
    openai: () => `sk-proj-${any(48)}`,
    stripe: () => `sk_live_${any(24)}`,
    google: () => `AIza${any(35)}`,
    sendgrid: () => `SG.${any(22)}.${any(43)}`,
    npm: () => `npm_${any(36)}`,
    twilio: () => `SK${hex(32)}`,
    vault: () => `hvs.${any(24)}`,
    jwt: () => `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: any(12) })}.${any(43)}`,
    pem: () => `-----BEGIN RSA PRIVATE KEY-----\n${any(64)}\n${any(64)}\n-----END RSA PRIVATE KEY-----`,
    postgres: () => `postgres://app:${any(14)}@db.internal:5432/shop`,
    redis: () => `redis://:${any(14)}@cache:6379/0`,
    amqp: () => `amqps://svc:${any(14)}@mq.internal/vhost`,
    mongodb: () => `mongodb+srv://root:${any(14)}@cluster.example.net/db`,
    bearer: () => `Authorization: Bearer ${any(40)}`,
    basic: () => `Authorization: Basic ${base64(`svc:${any(16)}`)}`,
    cookie: () => `Cookie: session=${any(32)}; csrf=${any(32)}`,
    password: () => `password=${any(12)}`,
    password_json: () => JSON.stringify({ user: "app", password: any(12) }),
    api_key: () => `x-api-key: ${any(32)}`,
    secret_yaml: () => `client_secret: "${any(28)}"`,
    option: () => `--password ${any(12)}`,
    environment: () => `DB_PASSWORD=${any(12)}`,
    email: () => `${of("abcdefghij", 6)}.${of("klmnopqrst", 6)}@customer.example`,
    card: () => "4111 1111 1111 1111",
  };
}

/** Where such a thing stands in real logs. */
const CONTEXTS: readonly ((secret: string) => string)[] = [
  (secret) => secret,
  (secret) => `could not connect: ${secret} was refused`,
  (secret) => `{"level":"error","msg":"call failed","detail":${JSON.stringify(secret)}}`,
  (secret) => `request failed [${secret}] after 3 attempts`,
  (secret) => `env: A=1 ${secret} B=2`,
  (secret) => `url="${secret}" status=500`,
  (secret) => `\u001b[31m${secret}\u001b[0m`,
  (secret) => `${"x ".repeat(300)}${secret} end`,
];

/** What must be gone: the part of a secret that gives it away. */
function core(secret: string): string {
  const words = secret.match(/[A-Za-z0-9_+/-]{10,}/g) ?? [secret];
  return words.toSorted((a, b) => b.length - a.length)[0] ?? secret;
}

/** Evidence that engineers need, and that looks a little like a secret. */
const BENIGN: readonly string[] = [
  "status=503",
  "took 1234ms",
  "10.12.0.7:5432",
  "192.168.1.20",
  "::1",
  "localhost:8080",
  "trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
  "span_id=00f067aa0ba902b7",
  "123e4567-e89b-12d3-a456-426614174000",
  "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  "commit 9f1c2ab",
  "v1.42.0-rc.3",
  "password authentication failed for user app",
  "login failed",
  "invalid token",
  "token expired",
  "the token is missing",
  "authorization required",
  "secret not found",
  "key not found: cart",
  "cache key missing",
  "primary key violation",
  "duplicate key value violates constraint",
  "foreign key constraint fails",
  "api key is invalid",
  "no password supplied",
  "password: missing",
  "token: expired",
  "java.lang.NullPointerException",
  "at com.shop.Payment.charge(Payment.java:42)",
  'File "/app/main.py", line 12, in <module>',
  "panic: runtime error: invalid memory address",
  "x509: certificate has expired or is not yet valid",
  "dial tcp 10.0.0.1:443: connect: connection refused",
  "ECONNREFUSED",
  "HTTP/1.1 504 Gateway Timeout",
  "GET /api/v1/orders/42?page=2",
  "user_id=8841",
  "order 20260122-000123",
  "2026-01-15T10:30:45.123Z",
  "1705314645123",
  "pid=4711",
  "OOMKilled",
  "exit code 137",
  "CPU 93.5 %",
  "checkout-7d9f8b6c5-x2x4z",
  "getty@tty1.service",
  "lodash@4.17.21",
  "partition=3 offset=99812",
  "retry 3/5",
  "deadline exceeded after 300ms",
  "max_connections=100",
  "pool size 50 -> 10",
  "session closed",
  "auth service unavailable",
  "k8s.pod.name=cart-0",
  "service.version=1.4.2",
  "region=eu-west-1",
  "bytes=104857600",
  "0x7ffee4c0",
  "node-12.internal",
];

const DEEP = { model: "claude-opus-5-5", effort: "high", maxTokens: 8_000, maxTurns: 6 } as const;

function call(name: string, input: unknown): ReturnType<typeof reply.json> {
  const content = [{ type: "tool_use", id: `toolu_${name}`, name, input }];
  return reply.json(200, messageOf("", { stop_reason: "tool_use", content }));
}

/** The running line's memory of such lines, one of which became a template as it was. */
function memoryOf(texts: readonly string[], atMs: number): Recall {
  const recent = new RecentRecords({ redact, textOf: (_key, id) => id });
  for (const body of texts) recent.observe(logRecord(atMs, { body, level: "ERROR" }), body);
  return recallOf(recent, (_key, id) => id);
}

async function wireText(
  texts: readonly string[],
): Promise<{ readonly wire: string; readonly shown: string }> {
  const evidence = texts.map((text, i) =>
    sampleEvidence({ id: `E${i + 1}`, kind: "new_error", template: text, examples: [text], note: text }),
  );
  const [first = ""] = texts;
  const alert = sampleAlert({
    description: first,
    evidence,
    severity: "critical",
    suspects: [{ service: first.slice(0, 200), score: 1, because: [first] }],
    anomalies: [sampleAnomaly({ pattern: first })],
    notes: [{ atMs: 0, by: "x", text: first }],
  });
  // Every way by which text leaves: the pack, and what each tool gives out.
  const fake = new ClaudeFake(
    call("get_examples", { id: "E1" }),
    call("get_context", { id: "E1", all_services: true }),
    call("search_templates", { text: "a" }),
    call("get_runbook", {}),
    reply.answer({ impact: first, causal_chain: [...texts] }),
  );
  const runbook = { id: "R1 shop", text: first };
  const analyst = fakeAnalyst(fake, {
    deep: DEEP,
    recall: memoryOf(texts, alert.evidence[0]?.firstSeenAtMs ?? 0),
    context: async () => ({ runbook }),
  });
  const outcome = await analyst.analyse(alert, new AbortController().signal);
  return { wire: fake.requests.map(({ text }) => text).join("\n"), shown: JSON.stringify(outcome) };
}

/** Planted secrets in the bytes that leave and in the answer that is shown; benign words that must stay. */
export async function redactionTable(): Promise<EvalTable> {
  const planted: { kind: string; text: string; secret: string }[] = [];
  for (const [kind, make] of Object.entries(makers())) {
    for (const context of CONTEXTS) {
      const secret = make();
      planted.push({ kind, text: context(secret), secret: core(secret) });
    }
  }
  const cases: Record<string, unknown>[] = [];
  let oracle = 0;
  let linted = 0;
  let seenByLint = 0;
  for (const { kind, text, secret } of planted) {
    const { wire, shown } = await wireText([text]);
    const inWire = wire.includes(secret);
    const isShown = shown.includes(secret);
    const found = [...leaks(wire), ...leaks(shown)];
    const lint = [...(await secretlintLeaks(wire)), ...(await secretlintLeaks(shown))];
    oracle += found.length;
    linted += lint.length;
    seenByLint += Number((await secretlintLeaks(text)).length > 0);
    if (inWire || isShown || found.length + lint.length > 0)
      cases.push({ kind, text: text.slice(0, 80), inWire: inWire || isShown, oracle: found, lint });
  }
  const blind = planted.filter(({ text }) => leaks(text).length > 0).length;
  const masked = BENIGN.filter(
    (text) => redact(text) !== text || redact(`${text} in cart`) !== `${text} in cart`,
  );
  const none = { at: "most", value: 0 } as const;
  return {
    title: "Redaction",
    figures: [
      {
        what: "planted secrets in the bytes sent or shown",
        value: cases.filter(({ inWire }) => inWire === true).length,
        unit: "count",
        of: `${planted.length} of ${Object.keys(makers()).length} kinds in ${CONTEXTS.length} places`,
        bar: none,
      },
      {
        what: "found there by a second, independent list",
        value: oracle,
        unit: "count",
        of: `${ORACLE.length} patterns, which see ${blind} of the planted texts`,
        bar: none,
      },
      {
        what: "found there by secretlint",
        value: linted,
        unit: "count",
        of: `its recommended rules, which see ${seenByLint} of the planted texts`,
        bar: none,
      },
      {
        what: "benign words masked",
        value: masked.length,
        unit: "count",
        of: `${BENIGN.length} words`,
        bar: none,
      },
    ],
    notes: [],
    cases: [...cases, ...masked.map((text) => ({ kind: "benign", text, became: redact(text) }))],
  };
}
