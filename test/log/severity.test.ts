import { describe, expect, test } from "vitest";
import {
  isError,
  LEVELS,
  levelIndex,
  severityFromBody,
  severityFromText,
  severityOf,
  type Level,
} from "../../src/log/severity.ts";

function levelOf(severity: number): Level | undefined {
  return LEVELS[levelIndex(severity)];
}

describe("severity numbers", () => {
  test.for<[Level, number, number]>([
    ["unspecified", 0, 0],
    ["trace", 1, 4],
    ["debug", 5, 8],
    ["info", 9, 12],
    ["warn", 13, 16],
    ["error", 17, 20],
    ["fatal", 21, 24],
  ])("%s is OpenTelemetry's range %i to %i", ([level, from, to]) => {
    for (let severity = from; severity <= to; severity++) expect(levelOf(severity)).toBe(level);
  });

  test("error and fatal are errors, warn is not", () => {
    expect([0, 9, 13, 16, 17, 18, 21, 24].map(isError)).toEqual([
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  test.for<[string, number, string, number]>([
    ["the number decides over the text", 9, "ERROR", 9],
    ["text stands in for 0", 0, "ERROR", 17],
    ["text stands in for a number out of range", 25, "WARN", 13],
    ["text stands in for a negative number", -1, "WARN", 13],
    ["text stands in for a fraction", 9.5, "WARN", 13],
    ["text stands in for no number", NaN, "FATAL", 21],
    ["neither says anything", 0, "", 0],
  ])("%s", ([, number, text, expected]) => {
    expect(severityOf(number, text)).toBe(expected);
  });
});

describe("severity words, by OpenTelemetry's appendix B", () => {
  test.for<[string, Level, readonly string[]]>([
    ["syslog", "fatal", ["emerg", "Emergency", "panic"]],
    ["syslog", "error", ["alert", "crit", "critical", "err", "error"]],
    ["syslog", "warn", ["warning", "warn"]],
    ["syslog", "info", ["notice", "info", "informational"]],
    ["syslog", "debug", ["debug"]],
    ["Log4j", "trace", ["TRACE"]],
    ["Log4j", "debug", ["DEBUG"]],
    ["Log4j", "info", ["INFO"]],
    ["Log4j", "warn", ["WARN"]],
    ["Log4j", "error", ["ERROR"]],
    ["Log4j", "fatal", ["FATAL"]],
    ["java.util.logging", "trace", ["FINEST"]],
    ["java.util.logging", "debug", ["FINER", "FINE", "CONFIG"]],
    ["java.util.logging", "info", ["INFO"]],
    ["java.util.logging", "warn", ["WARNING"]],
    ["java.util.logging", "error", ["SEVERE"]],
    [".NET", "trace", ["Trace"]],
    [".NET", "debug", ["Debug"]],
    [".NET", "info", ["Information"]],
    [".NET", "warn", ["Warning"]],
    [".NET", "error", ["Error"]],
    ["Serilog's short words", "debug", ["DBG"]],
    ["Serilog's short words", "info", ["INF"]],
    ["Serilog's short words", "warn", ["WRN"]],
    ["Serilog's short words", "fatal", ["FTL"]],
    ["Zap", "error", ["dpanic"]],
    ["Python", "error", ["CRITICAL"]],
    ["pino and Python numbers", "trace", ["10"]],
    ["pino and Python numbers", "debug", ["20"]],
    ["pino and Python numbers", "info", ["30", "35"]],
    ["pino and Python numbers", "warn", ["40"]],
    ["pino and Python numbers", "error", ["50"]],
    ["pino and Python numbers", "fatal", ["60"]],
    ["syslog numbers", "fatal", ["0"]],
    ["syslog numbers", "error", ["1", "2", "3"]],
    ["syslog numbers", "warn", ["4"]],
    ["syslog numbers", "info", ["5", "6"]],
    ["syslog numbers", "debug", ["7"]],
    ["klog letters", "info", ["I"]],
    ["klog letters", "warn", ["W"]],
    ["klog letters", "error", ["E"]],
    ["klog letters", "fatal", ["F"]],
    ["OpenTelemetry's short names", "error", ["ERROR4", "SEVERITY_NUMBER_ERROR2"]],
    ["OpenTelemetry's short names", "info", ["INFO2", "SEVERITY_NUMBER_INFO"]],
    ["any case, blanks and brackets", "error", ["  error ", "[ERROR]", "<Error>", "ERROR:", '"error"']],
    ["words that mean nothing here", "unspecified", ["", "8", "9", "ERROR5", "INFO0", "good", "1000"]],
    ["words of Object", "unspecified", ["__proto__", "constructor", "toString"]],
  ])("%s: %s is %j", ([, level, texts]) => {
    for (const text of texts) expect(`${text} ${levelOf(severityFromText(text))}`).toBe(`${text} ${level}`);
  });

  test("OpenTelemetry's short names keep their place in the range", () => {
    expect(["TRACE4", "DEBUG2", "INFO3", "WARN", "ERROR3", "FATAL4"].map(severityFromText)).toEqual([
      4, 6, 11, 13, 19, 24,
    ]);
  });

  test("a text of a megabyte says nothing and costs nothing", () => {
    expect(severityFromText("ERROR".repeat(200_000))).toBe(0);
  });
});

describe("severity from the body, where a collector parsed nothing", () => {
  test.for<[string, Level]>([
    ["2024-01-15 10:30:45,123 ERROR [main] c.s.Payment: card refused", "error"],
    ["2024-01-15T10:30:45Z [WARN] disk nearly full", "warn"],
    ["ERROR: relation does not exist", "error"],
    ["[FATAL] out of memory", "fatal"],
    ["<INFO> started", "info"],
    ["CRITICAL - db down", "error"],
    ["Jan 15, 2024 10:30:45 AM com.acme.Main main SEVERE: no pool", "error"],
    ["E0115 10:30:45.123456       1 controller.go:114] failed to sync", "error"],
    ["I0115 10:30:45.123456       1 controller.go:114] synced", "info"],
    ["W0115 10:30:45.123456       1 a.go:1] slow", "warn"],
    ["F0115 10:30:45.123456       1 a.go:1] cannot start", "fatal"],
    ['{"level":"error","msg":"refused"}', "error"],
    ['{"level":30,"msg":"listening"}', "info"],
    ['{"level":50,"msg":"refused"}', "error"],
    ['{"severity":"WARNING","message":"x"}', "warn"],
    ["time=2024-01-15T10:30:45Z level=warn msg=slow", "warn"],
    ['level="error" msg=refused', "error"],
    ['level=info msg="a line that says ERROR in its text"', "info"],
    ['{"level":"info","msg":"ERROR is only quoted here"}', "info"],
    ["2024-01-15 INFO retrying after ERROR 17", "info"],
  ])("%s is %s", ([body, level]) => {
    expect(levelOf(severityFromBody(body))).toBe(level);
  });

  test.for([
    "no error found",
    "errors: 0, warnings: 0",
    "retry_on_error=true",
    "GET /error/404 200",
    "User clicked ErrorReport",
    "TERRORS of the deep",
    "zlib compression level=3",
    "severity: 1",
    "player reached level: 50",
    "level up",
    "{}",
    "",
    "E0115",
    "Everything is fine",
  ])("no level is read into %j", (body) => {
    expect(severityFromBody(body)).toBe(0);
  });

  test("only the head is searched, so that a line of 10 MB costs no more", () => {
    expect(severityFromBody(`${"x ".repeat(5_000_000)} ERROR`)).toBe(0);
  });
});
