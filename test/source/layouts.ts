/** Header, message, the time it says (RFC 3339; null for none) and its severity (0: none in the header). */
export type LayoutLine = readonly [header: string, message: string, time?: string | null, severity?: number];

export interface Layout {
  readonly name: string;
  readonly lines: readonly LayoutLine[];
}

const AT = "2024-01-15T10:30:45Z";
const AT_MS = "2024-01-15T10:30:45.123Z";

const MESSAGES = [
  "Accepted connection from 10.0.0.1",
  "user 17 logged in",
  "cannot open /var/lib/data: no such file",
  "Starting worker",
  "cache miss for key=abc ratio 0.5",
  "[retry] giving up after 3 attempts",
  "Shutting down",
  "took 12 ms, status 200",
];
const LEVELS: readonly (readonly [string, number])[] = [
  ["INFO", 9],
  ["ERROR", 17],
  ["WARN", 13],
  ["DEBUG", 5],
];
const NAMES = ["http.server", "db.Pool", "auth.session", "http.server", "cache.Store"];

function pick<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

/** Twelve lines whose header is made from a level and a logger's name. */
function layout(
  name: string,
  header: (level: string, logger: string, i: number) => string,
  time: string | null = AT,
  severity: (given: number, i: number) => number = (given) => given,
): Layout {
  const lines = Array.from({ length: 12 }, (_, i): LayoutLine => {
    const [level, number] = pick(LEVELS, i);
    return [header(level, pick(NAMES, i), i), pick(MESSAGES, i * 3 + (i >> 2)), time, severity(number, i)];
  });
  return { name, lines };
}

const none = (): number => 0;

/** One example of each usual way to begin a line. */
export const LAYOUTS: readonly Layout[] = [
  layout("ISO time, level", (level) => `2024-01-15T10:30:45Z ${level} `),
  layout(
    "Java: comma, thread, logger, dash",
    (level, logger) => `2024-01-15 10:30:45,123 [main] ${level.padEnd(5)} ${logger} - `,
    AT_MS,
  ),
  layout(
    "Java: time, dash, level, place in brackets",
    (level, logger, i) =>
      `2024-01-15 10:30:45,123 - ${level.padEnd(5)} [worker[id=${i}]/0:0:0:0:0:0:0:0:2181:${logger}@${700 + i}] - `,
    AT_MS,
  ),
  layout(
    "JVM clock only",
    (level, logger) => `10:30:45.123 [main] ${level.padEnd(5)} ${logger} - `,
    "2024-06-01T10:30:45.123Z",
  ),
  layout(
    "milliseconds since start",
    (level, logger, i) => `${176 + i * 13} [main] ${level.padEnd(5)} ${logger} - `,
    null,
  ),
  layout("two-digit year first", (level, logger) => `24/01/15 10:30:45 ${level} ${logger}: `),
  layout("compact date, pid", (level, logger, i) => `240115 103045 ${30 + i} ${level} ${logger}$Inner: `),
  layout(
    "Spring Boot",
    (level, logger, i) =>
      `2024-01-15 10:30:45.123  ${level.padStart(5)} 1234 --- [nio-8080-exec-${i}] o.s.b.${logger.padEnd(20)} : `,
    AT_MS,
  ),
  layout(
    "Spring Boot 3",
    (level, logger, i) =>
      `2024-01-15T11:30:45.123+01:00  ${level.padStart(5)} 1234 --- [shop] [nio-8080-exec-${i}] o.s.b.${logger.padEnd(20)} : `,
    AT_MS,
  ),
  layout(
    "Python logging with dashes",
    (level, logger) => `2024-01-15 10:30:45,123 - ${logger} - ${level} - `,
    AT_MS,
  ),
  layout("Python basicConfig", (level, logger) => `${level}:${logger}:`, null),
  layout("Celery", (level) => `[2024-01-15 10:30:45,123: ${level}/MainProcess] `, AT_MS),
  layout(
    "loguru",
    (level, logger, i) => `2024-01-15 10:30:45.123 | ${level.padEnd(8)} | ${logger}:run:${i} - `,
    AT_MS,
  ),
  layout("Tornado", (level, logger, i) => `[${level[0]} 240115 10:30:45 ${logger}:${i}] `),
  layout("winston", (level) => `2024-01-15T10:30:45.123Z [${level.toLowerCase()}]: `, AT_MS),
  layout("winston simple", (level) => `${level.toLowerCase()}: `, null),
  layout(
    "zap console",
    (level, logger, i) => `2024-01-15T10:30:45.123Z\t${level}\t${logger}/main.go:${i}\t`,
    AT_MS,
  ),
  layout("Go log with file", (_, logger, i) => `2024/01/15 10:30:45 ${logger}.go:${i}: `, AT, none),
  layout("Go log", () => `2024/01/15 10:30:45 `, AT, none),
  layout(
    "logrus text on a terminal",
    (level, _, i) => `${level.slice(0, 4)}[${String(i).padStart(4, "0")}] `,
    null,
  ),
  layout(
    "Rails",
    (level, _, i) => `${level[0]}, [2024-01-15T10:30:45.123456 #${4000 + i}] ${level.padStart(5)} -- : `,
    "2024-01-15T10:30:45.123Z",
  ),
  layout(
    "Rails with program",
    (level, logger, i) =>
      `${level[0]}, [2024-01-15T10:30:45.123456 #${4000 + i}] ${level.padStart(5)} -- ${logger}: `,
    "2024-01-15T10:30:45.123Z",
  ),
  layout(
    "klog",
    (level, logger, i) =>
      `${level[0] === "D" ? "I" : level[0]}0115 10:30:45.123456    ${1234 + i} ${logger}.go:${42 + i}] `,
    AT_MS,
    (given) => (given === 5 ? 9 : given),
  ),
  layout("syslog", (_, logger, i) => `Jan 15 10:30:45 web-1 ${logger}[${100 + i}]: `, AT, none),
  layout(
    "syslog, some without pid",
    (_, logger, i) => `Jan  5 10:30:45 web-1 ${i % 3 === 0 ? "kernel" : `${logger}[${100 + i}]`}: `,
    "2024-01-05T10:30:45Z",
    none,
  ),
  layout(
    "syslog with priority",
    (_, logger, i) => `<${30 + (i % 2)}>Jan 15 10:30:45 web-1 ${logger}[${100 + i}]: `,
    AT,
    (_, i) => (i % 2 === 0 ? 9 : 5),
  ),
  layout(
    "RFC 5424",
    (_, logger, i) =>
      `<165>1 2024-01-15T10:30:45.123Z web-1.example.com ${logger} ${i % 2 === 0 ? "-" : i} ID${i} ${i % 3 === 0 ? "-" : '[ex@32473 iut="3" src="[a]"]'} `,
    AT_MS,
    () => 10,
  ),
  layout(
    "journald ISO",
    (_, logger, i) => `2024-01-15T10:30:45+0000 web-1 ${logger}[${100 + i}]: `,
    AT,
    none,
  ),
  layout(
    "journald precise",
    (_, logger, i) => `Jan 15 10:30:45.123456 web-1 ${i % 2 === 0 ? "systemd[1]" : `${logger}[${i}]`}: `,
    AT_MS,
    none,
  ),
  layout(
    "syslog, process with a group",
    (_, logger, i) =>
      `Jan 15 10:30:45 laptop com.example.${logger}[${i}]${i % 2 === 0 ? " (com.example.job.17)" : ""}: `,
    AT,
    none,
  ),
  layout("dmesg", (_, _logger, i) => `[${String(12 + i).padStart(5)}.${100_000 + i}] `, null, none),
  layout("Apache error 2.2", (level) => `[Mon Jan 15 10:30:45 2024] [${level.toLowerCase()}] `),
  layout(
    "Apache error 2.4",
    (level, _, i) => `[Mon Jan 15 10:30:45.123456 2024] [core:${level.toLowerCase()}] [pid ${i}:tid 140] `,
    AT_MS,
    none,
  ),
  layout("nginx error", (level, _, i) => `2024/01/15 10:30:45 [${level.toLowerCase()}] 1234#${5000 + i}: `),
  {
    name: "access log",
    lines: Array.from({ length: 12 }, (_, i): LayoutLine => [
      `10.0.0.${i} - ${i % 2 === 0 ? "-" : "frank"} [15/Jan/2024:11:30:45 +0100] `,
      `"GET /page/${i} HTTP/1.1" 200 ${i * 17} "-" "Mozilla/5.0 (X11)"`,
      AT,
      0,
    ]),
  },
  layout(
    "PostgreSQL",
    (level, _, i) => `2024-01-15 10:30:45.123 UTC [${1000 + i}] ${level === "INFO" ? "LOG" : level}:  `,
    AT_MS,
  ),
  layout(
    "PostgreSQL with user",
    (level, _, i) =>
      `2024-01-15 11:30:45.123 CET [${1000 + i}] app@shop ${level === "INFO" ? "LOG" : level}:  `,
    AT_MS,
  ),
  layout(
    "Redis",
    (_, __, i) => `1234:M 15 Jan 2024 10:30:45.123 ${pick(["*", "#", "*", "-"], i)} `,
    AT_MS,
    none,
  ),
  layout(
    "MySQL 8",
    (level, _, i) =>
      `2024-01-15T10:30:45.123456Z ${i} [${level === "WARN" ? "Warning" : level === "INFO" ? "Note" : level}] [MY-0${10_000 + i}] [Server] `,
    "2024-01-15T10:30:45.123Z",
    (given) => (given === 9 ? 10 : given),
  ),
  layout(
    "MongoDB 4",
    (level, _, i) => `2024-01-15T10:30:45.123+0000 ${level[0]} NETWORK  [conn${i}] `,
    AT_MS,
  ),
  layout(
    "Elasticsearch",
    (level, logger) => `[2024-01-15T10:30:45,123][${level.padEnd(5)}][${logger.padEnd(24)}] [node-1] `,
    AT_MS,
  ),
  layout("Kafka", (level) => `[2024-01-15 10:30:45,123] ${level} `, AT_MS),
  layout(
    "container runtime",
    (_, __, i) => `2024-01-15T10:30:45.123456789Z ${i % 3 === 0 ? "stderr" : "stdout"} F `,
    "2024-01-15T10:30:45.123Z",
    none,
  ),
  layout(
    "container runtime around Java",
    (level, logger) =>
      `2024-01-15T10:30:46.123456789Z stdout F 2024-01-15 10:30:45,123 ${level} [main] ${logger}: `,
    "2024-01-15T10:30:46.123Z",
  ),
  layout(
    "logcat threadtime",
    (level, logger, i) => `01-15 10:30:45.123  ${1700 + i}  2395 ${level[0]} ${logger}: `,
    AT_MS,
  ),
  layout("logcat brief", (level, logger, i) => `${level[0]}/${logger}( ${100 + i}): `, null),
  layout(
    "columns between bars",
    (_, logger) => `20240115-10:30:45:7|Step_${logger.replace(".", "")}|30002312|`,
    "2024-01-15T10:30:45.007Z",
    none,
  ),
  layout(
    "aligned columns",
    (_level, _, i) =>
      `2024-01-15 10:30:45, ${pick(["Info", "Error", "Warning", "Debug"], i).padEnd(21)} ${pick(["CBS", "CSI"], i).padEnd(6)} `,
    AT,
  ),
  layout(
    "label, epoch, date, node twice, three words and the level",
    (level, _, i) =>
      `${i === 5 ? "APPREAD" : "-"} 1705314645 2024.01.15 R0${i}-M1-N0-C:J12-U11 2024-01-15-10.30.45.675872 R0${i}-M1-N0-C:J12-U11 RAS KERNEL ${level === "WARN" ? "FATAL" : level} `,
    AT,
    (given) => (given === 13 ? 21 : given),
  ),
  layout(
    "label, epoch, date, node, syslog",
    (_, logger, i) => `- 1705314645 2024.01.15 dn${i} Jan 15 10:30:45 dn${i}/dn${i} ${logger}[${2900 + i}]: `,
    AT,
    none,
  ),
  layout(
    "number, node, state, epoch, flag",
    (_, __, i) =>
      `${134_681 + i} node-${i} unix.hw state_change.${pick(["unavailable", "available"], i)} 1705314645 1 `,
    AT,
    none,
  ),
  layout(
    "file name in front, request id behind",
    (level, logger, i) =>
      `api.log.1.2024-01-15_13:53:08 2024-01-15 10:30:45.123 25746 ${level} ${logger} [req-38101a0b-2096-447d-96ea-a6921624${1000 + i} 113d3a99c3da401fbd62cc2caa5b96d2 - - -] `,
    AT_MS,
  ),
  layout(
    "month and day in brackets, program, dash",
    (_, __, i) => `[01.15 10:30:45] ${pick(["browser.exe", "svc.exe *64", "browser.exe"], i)} - `,
    AT,
    none,
  ),
  layout("HAProxy", (_, __, i) => `Jan 15 10:30:45 lb haproxy[${14_000 + i}]: `, AT, none),
  layout(
    "Windows event text",
    (_level, _, i) =>
      `1/15/2024 10:30:45 AM\t${pick(["Information", "Error", "Warning", "Information"], i)}\tDisk\t${7000 + i}\t`,
    AT,
    (_, i) => pick([9, 17, 13, 9], i),
  ),
  layout("afternoon", (level) => `01/15/2024 02:30:45 PM ${level} `, "2024-01-15T14:30:45Z"),
  layout("German date", (level) => `15.01.2024 10:30:45 ${level} `),
  layout("epoch seconds", (level) => `1705314645 ${level} `),
  layout("epoch milliseconds", (level) => `1705314645123 ${level} `, AT_MS),
  layout("epoch with fraction in brackets", (level) => `[1705314645.123] [${level}] `, AT_MS),
  layout("RFC 1123", (level) => `Mon, 15 Jan 2024 10:30:45 GMT ${level} `),
  layout("ISO with angle level", (level) => `2024-01-15T10:30:45.123Z <${level}> `, AT_MS),
  layout("level first, then time", (level, logger) => `[${level}] 2024-01-15 10:30:45 ${logger}: `),
  layout("IIS", () => `2024-01-15 10:30:45 `, AT, none),
  layout("Erlang", (level) => `10:30:45.123 [${level.toLowerCase()}] `, "2024-06-01T10:30:45.123Z"),
  layout(
    "NLog",
    (level, logger) => `2024-01-15 10:30:45.1234|${level}|Shop.${logger}|`,
    "2024-01-15T10:30:45.123Z",
  ),
  layout(
    "Serilog console",
    (level) => `[10:30:45 ${level.slice(0, 3).replace("WAR", "WRN").replace("DEB", "DBG")}] `,
    "2024-06-01T10:30:45Z",
  ),
  layout(
    "Serilog file",
    (level) =>
      `2024-01-15 10:30:45.123 +00:00 [${level.slice(0, 3).replace("WAR", "WRN").replace("DEB", "DBG")}] `,
    AT_MS,
  ),
  layout(
    "Monolog",
    (level) => `[2024-01-15T10:30:45.123456+00:00] app.${level}: `,
    "2024-01-15T10:30:45.123Z",
  ),
];
