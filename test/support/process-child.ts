import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** Enough to show what went wrong, bounded for a child that will not stop talking. */
const MAX_LINES = 5_000;
const STOP_WITHIN_MS = 20_000;

export interface Child {
  readonly pid: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly exited: Promise<number | NodeJS.Signals>;
  readonly running: boolean;
  /** SIGTERM, then SIGKILL when it does not end; the exit code or signal. */
  stop(): Promise<number | NodeJS.Signals>;
  kill(): Promise<number | NodeJS.Signals>;
}

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

function collect(stream: NodeJS.ReadableStream | null, into: string[]): void {
  if (stream === null) return;
  createInterface({ input: stream }).on("line", (line) => {
    if (into.length < MAX_LINES) into.push(line);
  });
}

async function exitOf(process: ChildProcess): Promise<number | NodeJS.Signals> {
  await once(process, "close");
  return process.exitCode ?? process.signalCode ?? -1;
}

/** A child process without a terminal, whose lines are kept. Nothing of our own environment reaches it but PATH. */
export function startChild({ command, args, env, cwd }: ChildOptions): Child {
  const process_ = spawn(command, args, {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, TZ: "UTC", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stdout: string[] = [];
  const stderr: string[] = [];
  collect(process_.stdout, stdout);
  collect(process_.stderr, stderr);
  process_.on("error", (error) => stderr.push(String(error)));
  let running = true;
  const exited = exitOf(process_).finally(() => (running = false));
  const end = async (signal: NodeJS.Signals): Promise<number | NodeJS.Signals> => {
    if (running) process_.kill(signal);
    return exited;
  };
  return {
    pid: process_.pid ?? -1,
    stdout,
    stderr,
    exited,
    get running() {
      return running;
    },
    async stop() {
      const timer = new AbortController();
      const lateKill = delay(STOP_WITHIN_MS, undefined, { signal: timer.signal }).then(
        () => process_.kill("SIGKILL"),
        () => false,
      );
      const code = await end("SIGTERM");
      timer.abort();
      await lateKill;
      return code;
    },
    kill: () => end("SIGKILL"),
  };
}
