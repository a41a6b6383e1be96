import { X509Certificate } from "node:crypto";
import { pino, type Logger } from "pino";
import { systemClock, type Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { readTlsFiles } from "../otlp/tls-files.ts";
import { slackClient } from "../slack/client.ts";
import { identify, refusedSocket } from "../slack/connection.ts";
import { SlackHistory } from "../slack/history.ts";
import { SCOPES } from "../slack/manifest.ts";
import { DirectoryInUse } from "../store/directory-lock.ts";
import { openDatabase } from "../store/open-database.ts";
import { errorCode } from "../store/store-error.ts";
import { checkService } from "./doctor-service.ts";
import { isPriced } from "../analysis/prices.ts";
import { claudeOf } from "./explaining.ts";
import { redisOf } from "./storage.ts";

/** `unused` is as good as `ok`: nothing is configured, so nothing can be wrong. */
export interface Finding {
  readonly name: string;
  readonly state: "ok" | "unused" | "failed";
  /** What was found, or what to do about it. */
  readonly detail: string;
}

interface Patient {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Nothing to say where the ports are plain, which is the default. */
function checkTls({ tls }: Config): Finding[] {
  if (tls === null) return [];
  const outcome = readTlsFiles(tls);
  const name = "tls";
  if (outcome.kind === "invalid") return [{ name, state: "failed", detail: outcome.problems.join("; ") }];
  const { validTo } = new X509Certificate(outcome.files.cert);
  return [{ name, state: "ok", detail: `certificate and key belong together; valid until ${validTo}` }];
}

async function checkDatabase({ config, clock, log }: Patient): Promise<Finding> {
  const name = "database";
  const { url, dataDir } = config.database;
  const kind = url === null ? `embedded Postgres in ${dataDir}` : "Postgres";
  try {
    const database = await openDatabase({ url: url?.reveal() ?? null, dataDir, clock, logger: log });
    try {
      await database.ping();
      return { name, state: "ok", detail: `${kind} answers` };
    } finally {
      await database.close();
    }
  } catch (error) {
    if (error instanceof DirectoryInUse)
      return { name, state: "ok", detail: `${kind} is in use: ${error.message}` };
    return {
      name,
      state: "failed",
      detail: `${kind} does not answer (${errorCode(error)}): check DATABASE_URL`,
    };
  }
}

async function checkRedis({ config, log }: Patient): Promise<Finding> {
  const name = "redis";
  const redis = redisOf(config, log);
  if (redis === null)
    return { name, state: "unused", detail: "no REDIS_URL: state is kept in memory and database" };
  try {
    await redis.ping();
    return { name, state: "ok", detail: "Redis answers" };
  } catch (error) {
    return { name, state: "failed", detail: `Redis does not answer (${errorCode(error)}): check REDIS_URL` };
  } finally {
    await redis.close();
  }
}

/** Alerts go out without most scopes; what does not work without them is said. */
function scopesNote(scopes: readonly string[] | null): string {
  if (scopes === null) return "";
  const missing = SCOPES.filter(({ scope }) => !scopes.includes(scope));
  if (missing.length === 0) return "; all scopes are there";
  const said = missing.map(({ scope, without }) => `${scope} (without it: ${without})`);
  return `; missing scopes: ${said.join(", ")}`;
}

/** Posts arrive in a public channel all the same; what may be doubled there is said. */
async function readingNote(client: ReturnType<typeof slackClient>, channel: string): Promise<string> {
  const nowMs = systemClock.now();
  const { signal } = new AbortController();
  const found = await new SlackHistory(client).find("anom_0", channel, nowMs, signal);
  if (found.kind === "absent" || found.kind === "found") return " and may read there";
  return ` but may not read there (${found.reason}; /invite it): a post whose answer is lost is repeated`;
}

async function checkSlack({ config, log }: Patient): Promise<Finding> {
  const name = "slack";
  const { slack } = config;
  if (slack === null)
    return { name, state: "unused", detail: "no SLACK_BOT_TOKEN: alerts go to the terminal" };
  const apiUrl = slack.apiUrl ?? undefined;
  const client = slackClient(slack.botToken.reveal(), apiUrl, log);
  const outcome = await identify(client);
  if (outcome.kind !== "known")
    return { name, state: "failed", detail: `Slack refuses the bot token: ${outcome.reason}` };
  if (slack.mode.kind === "socket") {
    const refused = await refusedSocket(slackClient(slack.mode.appToken.reveal(), apiUrl, log));
    if (refused !== null)
      return { name, state: "failed", detail: `Slack refuses the app-level token: ${refused}` };
  }
  const { team, botName, scopes } = outcome.identity;
  const where = `${botName ?? "the bot"} in ${team ?? "the workspace"}, posts to ${slack.channel}`;
  const reading = await readingNote(client, slack.channel);
  return { name, state: "ok", detail: `${where}${reading}${scopesNote(scopes)}` };
}

async function checkClaude({ config, clock, log }: Patient): Promise<Finding> {
  const name = "claude";
  const claude = claudeOf(config, clock, log);
  if (claude === null) {
    return {
      name,
      state: "unused",
      detail: "no ANTHROPIC_API_KEY: the statistical analysis explains alerts",
    };
  }
  const check = await claude.checkKey();
  if (check.kind === "failed") return { name, state: "failed", detail: `Claude: ${check.reason}` };
  const end = check.retiresAt === null ? "" : `; served until ${check.retiresAt}`;
  const { prices, model, deep, fallbackModel } = config.analysis;
  const unpriced = [model, deep?.model, fallbackModel].filter(
    (one): one is string => typeof one === "string" && !isPriced(prices, one),
  );
  const cost = unpriced.length === 0 ? "" : `; no price for ${unpriced.join(", ")}: counted as the dearest`;
  return { name, state: "ok", detail: `${check.model} answers${end}${cost}` };
}

const MARKS = { ok: "✔", unused: "–", failed: "✘" } as const;

/** Checks everything that is configured, a line each; 0 only if all of it works. */
export async function doctor(config: Config, out: { write(text: string): unknown }): Promise<number> {
  const patient = { config, clock: systemClock, log: pino({ enabled: false }) };
  const settings = config.given.size;
  const found: Finding[] = [
    { name: "configuration", state: "ok", detail: `${settings} setting${settings === 1 ? "" : "s"} given` },
    ...checkTls(config),
  ];
  for (const check of [checkDatabase, checkRedis, checkSlack, checkClaude]) found.push(await check(patient));
  found.push(await checkService(config));
  for (const { name, state, detail } of found) out.write(`${MARKS[state]} ${name.padEnd(13)} ${detail}\n`);
  return found.some(({ state }) => state === "failed") ? 1 : 0;
}
