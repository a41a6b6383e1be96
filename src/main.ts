#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { configFile, describeConfig, loadConfig, type Config } from "./config.ts";
import { systemClock } from "./clock.ts";

const USAGE = `usage: tocsin <verb>

  serve        receive logs, find anomalies, tell people (what npm start runs)
  demo         the service with a simulated shop that breaks
  replay       stored logs through the same engine: tocsin replay --help
  patterns     the message templates in stored logs: tocsin patterns --help
  doctor       check configuration, database, Redis, Slack and Claude
  why          what was seen in a service and not sent: tocsin why SERVICE [2h]
  test-alert   one clearly marked alert through every channel
  config       the effective configuration, secrets masked
  migrate      apply database migrations (serve does it too)
  slack-manifest   the Slack app manifest to paste: [--socket | --url https://…]
  help         this text`;

/** Nothing more to say once the reader of stdout has gone, as with \`| head\`. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}

function readYaml(path: string, required: boolean): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** The configuration, or null after saying on stderr everything that is wrong with it. */
function configuration(overrides: Readonly<Record<string, string>> = {}): Config | null {
  const file = configFile(process.env, overrides);
  let yamlText: string | null;
  try {
    yamlText = readYaml(file.path, file.required);
  } catch {
    process.stderr.write(`tocsin: the configuration file ${file.path} cannot be read\n`);
    return null;
  }
  const outcome = loadConfig({ env: process.env, yamlText, overrides });
  if (outcome.kind === "invalid") {
    process.stderr.write("tocsin: the configuration is wrong:\n");
    for (const problem of outcome.problems) process.stderr.write(`  ${problem}\n`);
    return null;
  }
  for (const warning of outcome.warnings) process.stderr.write(`tocsin: ${warning}\n`);
  return outcome.config;
}

/** Exit codes: 0 done, 1 failed, 2 called the wrong way. */
type Verb = (args: readonly string[]) => Promise<number>;

function withConfig(run: (config: Config) => Promise<number>): Verb {
  return async () => {
    const config = configuration();
    return config === null ? 2 : run(config);
  };
}

async function replay(args: readonly string[]): Promise<number> {
  const { parseReplayArguments, REPLAY_USAGE } = await import("./replay/command.ts");
  const parsed = parseReplayArguments(args);
  if (parsed.kind === "help") {
    process.stdout.write(`${REPLAY_USAGE}\n`);
    return 0;
  }
  if (parsed.kind === "usage") {
    process.stderr.write(`${parsed.message}\n`);
    return 2;
  }
  const { runReplay } = await import("./replay/run.ts");
  const { replayEngine } = await import("./app/replay-engine.ts");
  const { stdin, stdout, stderr } = process;
  const io = { stdin, stdout, stderr, clock: systemClock };
  if (!parsed.options.analyze) return runReplay(parsed.options, replayEngine, io);
  const config = configuration();
  if (config === null) return 2;
  const { explainerOf } = await import("./app/explaining.ts");
  const { createLog } = await import("./app/serve.ts");
  const explain = explainerOf(config, systemClock, createLog(config, stderr));
  return runReplay(parsed.options, replayEngine, { ...io, explain });
}

async function patterns(args: readonly string[]): Promise<number> {
  const { parsePatternsArguments, PATTERNS_USAGE } = await import("./replay/patterns/command.ts");
  const parsed = parsePatternsArguments(args);
  if (parsed.kind === "help") {
    process.stdout.write(`${PATTERNS_USAGE}\n`);
    return 0;
  }
  if (parsed.kind === "usage") {
    process.stderr.write(`${parsed.message}\n`);
    return 2;
  }
  const { runPatterns } = await import("./replay/patterns/run.ts");
  const { stdin, stdout, stderr } = process;
  return runPatterns(parsed.options, { stdin, stdout, stderr, clock: systemClock });
}

async function why(args: readonly string[]): Promise<number> {
  const { parseWhyArguments, WHY_USAGE } = await import("./app/why-arguments.ts");
  const asked = parseWhyArguments(args);
  if (asked === null) {
    process.stderr.write(`${WHY_USAGE}\n`);
    return 2;
  }
  const config = configuration();
  return config === null ? 2 : (await import("./app/why.ts")).why(config, asked, process.stdout);
}

/** What is asked for needs no configuration; without a word it is the one that fits the configuration. */
async function manifest(args: readonly string[]): Promise<number> {
  const { MANIFEST_USAGE, parseManifestArguments, slackManifest } = await import("./slack/manifest.ts");
  const asked = parseManifestArguments(args);
  if (asked.kind === "usage") {
    process.stderr.write(`${MANIFEST_USAGE}\n`);
    return 2;
  }
  const config = asked.kind === "configured" ? configuration() : null;
  if (asked.kind === "configured" && config === null) return 2;
  const socket = asked.kind === "socket" || config?.slack?.mode.kind === "socket";
  const url = asked.kind === "http" ? asked.url : (config?.api.publicUrl ?? null);
  process.stdout.write(slackManifest(url, socket));
  return 0;
}

async function help(): Promise<number> {
  process.stdout.write(`${USAGE}\n`);
  return 0;
}

const VERBS: Readonly<Record<string, Verb>> = {
  serve: withConfig(async (config) => (await import("./app/serve.ts")).serve(config)),
  demo: async () => (await import("./app/demo.ts")).demo(configuration),
  replay,
  patterns,
  doctor: withConfig(async (config) => (await import("./app/doctor.ts")).doctor(config, process.stdout)),
  why,
  "test-alert": withConfig(async (config) =>
    (await import("./app/test-alert.ts")).tryOut(config, process.stdout),
  ),
  config: withConfig(async (config) => {
    process.stdout.write(`${describeConfig(config)}\n`);
    return 0;
  }),
  migrate: withConfig(async (config) => (await import("./app/serve.ts")).migrate(config)),
  "slack-manifest": manifest,
  help,
  "--help": help,
  "-h": help,
};

async function main([name = "help", ...args]: readonly string[]): Promise<number> {
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (verb !== undefined) return verb(args);
  process.stderr.write(`tocsin: unknown verb ${name}\n\n${USAGE}\n`);
  return 2;
}

endWithReader();
process.exitCode = await main(process.argv.slice(2));
