import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_LINE_CHARS, MAX_TEXT_CHARS, redact, redactAll } from "../../src/analysis/redact.ts";

/** Made up here, so that no scanner takes the corpus for a leak. */
function made(length: number): string {
  return "aB3dE5gH7jK9mN1pQ2sT4vW6".repeat(Math.ceil(length / 24)).slice(0, length);
}

const HEX = "0123456789abcdef".repeat(8);

/** [what it is, the line, the secret that must be gone] */
const POSITIVES: [string, string, string][] = [
  ["an Anthropic key", `key sk-ant-api03-${made(40)} rejected`, made(40)],
  ["an OpenAI key", `using sk-proj-${made(48)}`, made(48)],
  ["a Stripe key", `charge failed sk_live_${made(24)}`, made(24)],
  ["a Stripe webhook secret", `whsec_${made(32)}`, made(32)],
  ["a GitHub token", `clone failed: ghp_${made(36)}`, made(36)],
  ["a fine-grained GitHub token", `github_pat_${made(60)}`, made(60)],
  ["a GitLab token", `glpat-${made(20)}`, made(20)],
  ["a Slack token", `xoxb-1234567890-${made(24)}`, made(24)],
  ["a Slack app token", `xapp-1-A012-${made(24)}`, made(24)],
  ["a Slack webhook", `POST https://hooks.slack.com/services/T0/B0/${made(24)} 404`, made(24)],
  ["a Telegram bot token", `bot123456789:AA${made(33)} getUpdates`, made(33)],
  ["an AWS access key id", `AKIA${"ABCD2345EFGH6789"} denied`, "ABCD2345EFGH6789"],
  ["an AWS secret", `aws_secret_access_key = ${made(40)}`, made(40)],
  ["a Google API key", `AIza${made(35)}`, made(35)],
  ["a Google refresh token", `1//0${made(40)}`, made(40)],
  ["an npm token", `npm_${made(36)}`, made(36)],
  ["a PyPI token", `pypi-AgEIcHlwaS5vcmc${made(60)}`, made(60)],
  ["a Docker token", `dckr_pat_${made(27)}`, made(27)],
  ["a DigitalOcean token", `dop_v1_${HEX.slice(0, 64)}`, HEX.slice(0, 64)],
  ["a Vault token", `hvs.${made(40)}`, made(40)],
  ["a SendGrid key", `SG.${made(22)}.${made(43)}`, made(43)],
  ["a Hugging Face token", `hf_${made(34)}`, made(34)],
  ["a Grafana token", `glsa_${made(40)}`, made(40)],
  ["a JWT", "got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.s1gnatur3", "s1gnatur3"],
  ["a private key", "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY----- x", "MIIEow"],
  ["a private key that was cut off", "-----BEGIN PRIVATE KEY-----\nMIIEow and more", "MIIEow"],
  ["a private key on one escaped line", String.raw`"-----BEGIN PRIVATE KEY-----\nMIIEow\n"`, "MIIEow"],
  ["a bearer header", "Authorization: Bearer hunter2hunter2", "hunter2hunter2"],
  ["a basic header", "authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
  ["a digest header", "Authorization: Digest username=bob, response=6629fae4", "6629fae4"],
  ["a header in JSON", '{"Authorization":"Bearer hunter2hunter2"}', "hunter2hunter2"],
  ["a bearer token without its header", `sent bearer ${made(32)} to upstream`, made(32)],
  ["cookies", "Cookie: theme=dark; sid=s3ss10n; lang=en", "s3ss10n"],
  ["a cookie that is set", "Set-Cookie: sid=s3ss10n; Path=/; HttpOnly", "s3ss10n"],
  ["a URL's user and password", "GET https://bob:hunter2@example.com/x 401", "hunter2"],
  ["a token as a URL's user", "git clone https://s3cr3ttoken@example.com/r.git", "s3cr3ttoken"],
  ["a database URL with a slash and an at sign", "postgres://app:p@ss/w0rd@db:5432/shop", "w0rd"],
  ["a Redis URL without a user", "redis://:hunter2@cache:6379/0", "hunter2"],
  ["a password in an assignment", "password=hunter2", "hunter2"],
  ["a password after a colon", "Password: hunter2", "hunter2"],
  ["a password in JSON", '{"user":"bob","password":"hun\\"ter2"}', "ter2"],
  ["a password in JSON inside JSON", String.raw`{"msg":"{\"password\":\"hunter2\"}"}`, "hunter2"],
  ["a password in a Python dict", "{'password': 'hunter2'}", "hunter2"],
  ["a password in a Ruby hash", ':password => "hunter2"', "hunter2"],
  ["a password in a sentence", "tried password 'hunter2' again", "hunter2"],
  ["a password in SQL", "CREATE USER bob IDENTIFIED BY 'hunter2'", "hunter2"],
  ["a password in XML", "<password>hunter2</password>", "hunter2"],
  ["a password inside another value", 'msg="password=hunter2" status=500', "hunter2"],
  ["a password as an option", "mysql --password=hunter2 -h db", "hunter2"],
  ["a password after an option", "login --password hunter2 --user bob", "hunter2"],
  ["a password for curl", "curl -u bob:hunter2 example.com", "hunter2"],
  ["a password that was cut off", 'body {"password":"hunter2', "hunter2"],
  ["a password with a zero-width character in its key", "pass\u200bword=hunter2", "hunter2"],
  ["a password with colours around it", "\u001b[1mpassword\u001b[0m=\u001b[31mhunter2", "hunter2"],
  ["a camel-case key", "dbPassword=hunter2", "hunter2"],
  ["a dotted key", "spring.datasource.password=hunter2", "hunter2"],
  ["an environment variable", "export STRIPE_SECRET=hunter2", "hunter2"],
  ["an API key by name", "x-api-key: abc123", "abc123"],
  ["an API key in two words", "API key: abc123def456", "abc123def456"],
  ["a token in a query", "GET /cb?access_token=abc123&state=x 302", "abc123"],
  ["an Azure connection string", `AccountName=a;AccountKey=${made(40)}==;EndpointSuffix=x`, made(40)],
  ["an ODBC password in braces", "Driver=x;PWD={a;b};Server=y", "a;b"],
  ["a one-time code", "otp=123456", "123456"],
  ["a PIN", '{"pin":1234}', "1234"],
  ["a session id", "JSESSIONID=0A1B2C3D", "0A1B2C3D"],
  ["something random next to a key's name", `key=${made(24)}`, made(24)],
  ["a header in a list", '{"headers":{"authorization":["Bearer hunter2hunter2"]}}', "hunter2hunter2"],
  ["a short token in a list", '{"authorization":["Token hunter2"]}', "hunter2"],
  ["a cookie in a list", '{"headers":{"cookie":["sid=s3ss10n"]}}', "s3ss10n"],
  ["an escaped assignment", "cb?password%3Dhunter2", "hunter2"],
  ["the signature of a URL", "https://a.example/x?sv=1&sig=aB3dE5gH7jK9mN1pQ2sT4vW6%3D", "aB3dE5"],
  ["a numbered password", "password1=hunter2", "hunter2"],
  ["Rails' secret", "secret_key_base: hunter2", "hunter2"],
  ["a token behind its name", `failed with token "${made(24)}"`, made(24)],
  ["a password said in a sentence", "the password for bob is hunter2", "hunter2"],
  ["an environment as JSON", '{"name":"DB_PASSWORD","value":"hunter2"}', "hunter2"],
  ["an environment as text", "name=DB_PASSWORD value=hunter2", "hunter2"],
  ["a MySQL address", "dial bob:hunter2@tcp(db:3306)/shop", "hunter2"],
  ["an address without a scheme", "connecting bob:hunter2@db:5432", "hunter2"],
  ["a password for ssh", "sshpass -p hunter2 ssh db", "hunter2"],
  ["an e-mail address", "no user bob.smith+x@example.co.uk found", "bob.smith"],
  ["an e-mail address with other letters", "jörg@müller.de bounced", "jörg"],
  ["a card number", "card 4111 1111 1111 1111 declined", "1111 1111"],
  ["a card number without blanks", "pan=5555555555554444", "5555555555554444"],
];

const NEGATIVES = [
  "login failed for user 12",
  "password: incorrect",
  "invalid password for user bob",
  'password authentication failed for user "postgres"',
  "token: expired",
  "token expired after 3600 s",
  "Authorization: denied for bob",
  "Basic authentication required",
  "bearer token missing",
  "secret default/my-tls not found",
  "SyntaxError: Unexpected token } in JSON at position 12",
  "prompt_tokens=123 completion_tokens=45 max_tokens: 8000",
  "pass: 12 fail: 3",
  "PWD=/srv/app/current",
  "cache miss key=user:123:profile",
  "duplicate key value violates unique constraint users_pkey",
  "GET /api/v1/orders/9911?page=2 500 12.5ms",
  "connect ECONNREFUSED 10.0.0.5:5432",
  "upstream 192.168.1.17:8080 timed out after 30000ms",
  "http://payment-api:8080/health returned 503",
  "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7",
  "request 7c9e6679-7425-40de-944b-e07fc1f90ae7 failed",
  "key=7c9e6679-7425-40de-944b-e07fc1f90ae7",
  "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
  "at 1705314645000000000 ns, 1705314645000 ms",
  "order 4111111111111112 shipped",
  "lodash@4.17.21 and pkg@1.2.3-beta.rc",
  "Started getty@tty1.service",
  "com.example.Cart@1a2b3c4d",
  "password is too short",
  "the password for bob is expired",
  "key user-preferences-cache-entry missing",
  "at 10:30:45 host db:5432",
  '{"name":"PORT","value":"8080"}',
  "password=<*> for user <*>",
  "password=********",
  "password=null",
  "spin=1 mapping=2 bypass=true",
  "Connection to <*> refused after <num> ms",
  "日本語のエラー: 接続が拒否されました",
];

describe("redact", () => {
  test.for(POSITIVES)("hides %s", ([, line, secret]) => {
    const redacted = redact(line);
    expect(redacted).not.toContain(secret);
    expect(redacted).toMatch(/<(?:secret:[a-z_]+|email|card)#[0-9a-f]{4}>/);
    expect(redact(redacted)).toBe(redacted);
  });

  test.for(NEGATIVES)("leaves %j as it is", (line) => {
    expect(redact(line)).toBe(line);
  });

  test("keeps what stands around a secret", () => {
    expect(redact("POST /pay password=hunter2 status=500 12ms")).toMatch(
      /^POST \/pay password=<secret:value#[0-9a-f]{4}> status=500 12ms$/,
    );
    expect(redact("mail to bob@example.com, 3 tries")).toMatch(/^mail to <email#[0-9a-f]{4}>, 3 tries$/);
    expect(redact("postgres://u:p@db:5432/shop down")).toMatch(
      /^postgres:\/\/<secret:userinfo#[0-9a-f]{4}>@db:5432\/shop down$/,
    );
  });

  test("gives the same value the same pseudonym and another value another", () => {
    const [first, second, third] = redactAll(["a@example.com", "b@example.com", "a@example.com"]);
    expect(first).toBe(third);
    expect(first).not.toBe(second);
  });

  test("removes escape sequences and characters that nobody sees", () => {
    expect(redact("\u001b[31mred\u001b[0m \u001b]8;;http://x\u0007link")).toBe("red link");
    expect(redact("a\u202eb\u2066c\u200bd\u{e0041}\ufefff\u0000g\u009bh")).toBe("abcdfg");
    expect(redact("one\r\ntwo\ttab\u2028three")).toBe("one\ntwo\ttab\nthree");
    expect(redact("half \ud800 pair")).toBe("half \ufffd pair");
  });

  test("bounds the line and the text before any pattern runs", () => {
    expect(redact("x".repeat(100_000)).length).toBeLessThanOrEqual(MAX_LINE_CHARS);
    expect(redact("word ".repeat(100_000)).length).toBeLessThanOrEqual(MAX_LINE_CHARS);
    expect(redact("word\n".repeat(100_000)).length).toBeLessThanOrEqual(MAX_TEXT_CHARS);
  });

  test("leaves no half of a secret where a line is cut", () => {
    const line = `${"word ".repeat(815)} ghp_${made(36)}`;
    expect(redact(line.slice(0, MAX_LINE_CHARS + 20))).not.toContain(made(6));
  });

  test("is idempotent for whatever comes in", () => {
    const piece = fc.oneof(
      fc.constantFrom(...POSITIVES.map(([, line]) => line)),
      fc.constantFrom(...NEGATIVES),
      fc.constantFrom(
        "password",
        "=",
        ":",
        '"',
        "'",
        "\\",
        "@",
        "<",
        ">",
        "{",
        "}",
        "[",
        "]",
        " ",
        "\n",
        "#",
      ),
      fc.constantFrom(
        "<secret:",
        "<email#ab",
        "-----BEGIN PRIVATE KEY-----",
        "Bearer ",
        "Cookie: ",
        "://",
        "token",
      ),
      fc.string({ unit: "binary", maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const redacted = redact(pieces.join(""));
        expect(redact(redacted)).toBe(redacted);
      }),
      { numRuns: 400 },
    );
  });

  test("hides a secret whatever stands around it", () => {
    const around = fc.string({
      unit: fc.constantFrom(" ", "a", "1", ".", ",", "(", ")", "=", '"', "\n"),
      maxLength: 20,
    });
    fc.assert(
      fc.property(around, around, (before, rest) => {
        expect(redact(`${before} ghp_${made(36)} ${rest}`)).not.toContain(made(36));
      }),
    );
  });
});

/** Each would send a careless pattern back and forth for minutes. */
const HOSTILE: [string, string][] = [
  ["one letter", "a"],
  ["digits", "1"],
  ["digits and blanks", "1 "],
  ["assignments", "a="],
  ["secrets' names", "password"],
  ["secrets' assignments", "password="],
  ["open quotes", 'a="'],
  ["backslashes", "\\"],
  ["escaped quotes", '\\"'],
  ["at signs", "a@"],
  ["almost addresses", "a@b."],
  ["dots", "a."],
  ["hyphens", "-"],
  ["almost keys", "-----BEGIN PRIVATE KEY-----"],
  ["almost key endings", "-----BEGIN PRIVATE KEY-----\n----"],
  ["almost JWTs", "eyJ"],
  ["JWT parts", "eyJaaaaaa."],
  ["schemes", "http://"],
  ["schemes and colons", "postgres://a:"],
  ["cookies", "cookie:a="],
  ["headers", "authorization: bearer "],
  ["elements", "<a>"],
  ["open elements", "<password>a"],
  ["options", "--password "],
  ["escape sequences", "\u001b["],
  ["blanks", " "],
  ["line feeds", "\n"],
  ["brackets", "token=["],
  ["names and values", "name=password value"],
  ["addresses", "a:b@c"],
  ["sentences", "password is "],
];

/** The least CPU time of three runs, in ms. */
function cpuMs(text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 3; run++) {
    const before = process.cpuUsage();
    redact(text);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}

describe("redact under attack", () => {
  test.for(HOSTILE)("takes time in proportion to the length for a text full of %s", ([, unit]) => {
    const lines = (chars: number): string => {
      const line = unit.replaceAll("\n", " ").repeat(Math.ceil(2_000 / unit.length));
      return `${line}\n`.repeat(Math.floor(chars / line.length));
    };
    const half = cpuMs(lines(30_000));
    const full = cpuMs(lines(60_000));
    expect(full).toBeLessThan(half * 8 + 150);
  });
});
