import { randomUUID } from "node:crypto";
import { link, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { formatTime, type EpochMs } from "../log/time.ts";
import { livenessOf, thisProcess, type ProcessIdentity } from "./process-identity.ts";

/** Who holds a directory or a database. */
export interface Holder {
  readonly host: string;
  readonly pid: number | null;
  readonly sinceMs: EpochMs | null;
}

interface LockContent extends ProcessIdentity {
  readonly token: string;
  readonly sinceMs: EpochMs;
}

export interface DirectoryLock {
  readonly release: () => Promise<void>;
}

/** Another live process has the directory. The message says who, and what to do. */
export class DirectoryInUse extends Error {
  override readonly name = "DirectoryInUse";
  readonly holder: Holder;

  constructor(holder: Holder, path: string) {
    const since = holder.sinceMs === null ? "" : ` since ${formatTime(holder.sinceMs)}`;
    super(
      `The data directory is in use by process ${holder.pid ?? "?"} on ${holder.host}${since}. ` +
        `Stop that process, ask the running service instead, or set TOCSIN_DATA_DIR to another directory ` +
        `(or DATABASE_URL to a Postgres server). Only if that process is certainly gone, delete ${path}.`,
    );
    this.holder = holder;
  }
}

/** The holder touches its file this often … */
const HEARTBEAT_MS = 2_000;
/** … and where its pid says nothing here, a file untouched for so long is a dead holder's. */
const SILENT_MS = 15_000;
const POLL_MS = 1_000;
const MAX_TAKEOVERS = 5;

async function quietly<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch {
    return null;
  }
}

function parse(text: string): LockContent | null {
  try {
    const value: unknown = JSON.parse(text);
    return isContent(value) ? value : null;
  } catch {
    return null;
  }
}

function isContent(value: unknown): value is LockContent {
  if (typeof value !== "object" || value === null) return false;
  const has = (key: string, type: string): boolean => typeof Reflect.get(value, key) === type;
  return (
    ["host", "scope", "birth", "token"].every((key) => has(key, "string")) &&
    has("pid", "number") &&
    has("sinceMs", "number")
  );
}

async function readLock(path: string): Promise<{ readonly text: string; readonly touchedMs: number } | null> {
  const [text, info] = await Promise.all([quietly(readFile(path, "utf8")), quietly(stat(path))]);
  return text === null || info === null ? null : { text, touchedMs: info.mtimeMs };
}

/** A hard link appears with all its content or not at all, and only where no file is. */
async function place(path: string, text: string, token: string): Promise<boolean> {
  const draft = `${path}.${token}`;
  await writeFile(draft, text, { mode: 0o600, flag: "wx" });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Judged by the pid where that means something, else by whether the file is still touched. */
async function isDead(path: string, text: string, touchedMs: number, clock: Clock): Promise<boolean> {
  const content = parse(text);
  const liveness = content === null ? "unknown" : livenessOf(content);
  if (liveness !== "unknown") return liveness === "dead";
  for (let waitedMs = 0; waitedMs < SILENT_MS; waitedMs += POLL_MS) {
    await clock.sleep(POLL_MS);
    const now = await readLock(path);
    if (now === null) return true;
    if (now.text !== text || now.touchedMs !== touchedMs) return false;
  }
  return true;
}

/** Clearing takes an instant: a claim as old as this was left by a process that ended in it. */
const CLAIM_MS = 10_000;

/**
 * Removes a dead holder's file. One process at a time, by a claim beside it: else the second could remove what a third
 * has put in the first one's place.
 */
async function clear(path: string, text: string, token: string, clock: Clock): Promise<void> {
  const claim = `${path}.claim`;
  if (!(await place(claim, token, `${token}.claim`))) {
    const left = await quietly(stat(claim));
    if (left !== null && clock.now() - left.mtimeMs > CLAIM_MS) await rm(claim, { force: true });
    return;
  }
  try {
    if ((await quietly(readFile(path, "utf8"))) === text) await rm(path, { force: true });
  } finally {
    await rm(claim, { force: true });
  }
}

async function take(path: string, content: LockContent, clock: Clock): Promise<void> {
  const text = `${JSON.stringify(content)}\n`;
  for (let round = 0; round < MAX_TAKEOVERS; round++) {
    if (await place(path, text, content.token)) return;
    const found = await readLock(path);
    if (found === null) continue;
    if (!(await isDead(path, found.text, found.touchedMs, clock))) break;
    await clear(path, found.text, content.token, clock);
  }
  const holder = parse((await readLock(path))?.text ?? "");
  throw new DirectoryInUse(holder ?? { host: "an unknown host", pid: null, sinceMs: null }, path);
}

/**
 * Takes the lock file, over a dead holder's if need be; throws `DirectoryInUse` where a live one has it. `onLost` is
 * called once should the file vanish or become another's: the holder must stop writing at once.
 */
export async function lockDirectory(path: string, clock: Clock, onLost: () => void): Promise<DirectoryLock> {
  const content: LockContent = { ...thisProcess(), token: randomUUID(), sinceMs: clock.now() };
  await take(path, content, clock);
  return heldLock(path, content, clock, onLost);
}

function heldLock(path: string, content: LockContent, clock: Clock, onLost: () => void): DirectoryLock {
  let held = true;
  const isOurs = async (): Promise<boolean> =>
    parse((await quietly(readFile(path, "utf8"))) ?? "")?.token === content.token;
  const beat = async (): Promise<void> => {
    const ours = await isOurs();
    if (!held) return;
    if (!ours) {
      held = false;
      stop();
      onLost();
      return;
    }
    const nowS = clock.now() / 1_000;
    await quietly(utimes(path, nowS, nowS));
  };
  const stop = clock.every(HEARTBEAT_MS, () => void beat());
  return {
    release: async () => {
      if (!held) return;
      held = false;
      stop();
      if (await isOurs()) await rm(path, { force: true });
    },
  };
}
