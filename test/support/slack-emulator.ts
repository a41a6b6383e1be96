import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { SIGNING_SECRET } from "./slack-request.ts";

const BINARY = fileURLToPath(
  new URL("../emulators/node_modules/local-slack-linux-x64/bin/local-slack", import.meta.url),
);

/** Installed by `npm ci --prefix test/emulators`; exists for Linux on x64 only. */
export const emulatorInstalled = existsSync(BINARY);

export interface EmulatorMessage {
  readonly ts: string;
  readonly text: string;
  readonly thread_ts?: string;
  readonly blocks?: readonly unknown[];
  readonly [key: string]: unknown;
}

export type EmulatorMode =
  | { readonly kind: "events"; readonly requestUrl: string }
  | { readonly kind: "socket" };

export const EMULATOR_TOKENS = { botToken: "xoxb-tocsin", appToken: "xapp-tocsin" } as const;
export const EMULATOR_CHANNEL = "C01";

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, "127.0.0.1", resolve);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => {
    probe.close(resolve);
  });
  return port;
}

/** Another process has its own time: asks again until it says yes, for at most 20 s. */
export async function eventually(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 400; turn++) {
    if (await holds(done)) return;
    await systemClock.sleep(50);
  }
  throw new Error("it did not come to that in 20 s");
}

async function holds(done: () => boolean | Promise<boolean>): Promise<boolean> {
  try {
    return await done();
  } catch {
    return false;
  }
}

function config(mode: EmulatorMode): unknown {
  return {
    workspace: { teamId: "T01", name: "Acme" },
    apps: [
      {
        appId: "A01",
        botUserId: "U00",
        botName: "tocsin",
        ...EMULATOR_TOKENS,
        signingSecret: SIGNING_SECRET,
        mode: mode.kind,
        ...(mode.kind === "events" ? { requestUrl: mode.requestUrl } : {}),
      },
    ],
    users: [{ id: "U01", name: "alice" }],
    channels: [{ id: EMULATOR_CHANNEL, name: "alerts", members: ["U00", "U01"] }],
  };
}

/** local-slack: Slack's behaviour by other people, with signed commands, clicks and Socket Mode. */
export class SlackEmulator {
  private readonly child: ChildProcess;
  private readonly directory: string;
  readonly url: string;

  private constructor(child: ChildProcess, directory: string, url: string) {
    this.child = child;
    this.directory = directory;
    this.url = url;
  }

  static async start(mode: EmulatorMode, at?: number): Promise<SlackEmulator> {
    const directory = await mkdtemp(join(tmpdir(), "tocsin-slack-"));
    const file = join(directory, "config.json");
    await writeFile(file, JSON.stringify(config(mode)));
    const port = at ?? (await freePort());
    const args = ["--config", file, "--port", String(port), "--base-host", "127.0.0.1"];
    const child = spawn(BINARY, args, { cwd: directory, stdio: "ignore" });
    const emulator = new SlackEmulator(child, directory, `http://127.0.0.1:${port}`);
    await eventually(async () => (await fetch(`${emulator.url}/_control/state`)).ok);
    return emulator;
  }

  get apiUrl(): string {
    return `${this.url}/api/`;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = new Promise((resolve) => {
        this.child.once("exit", resolve);
      });
      this.child.kill("SIGKILL");
      await ended;
    }
    await rm(this.directory, { recursive: true, force: true });
  }

  command(text: string): Promise<unknown> {
    return this.control("command", { channel: EMULATOR_CHANNEL, user: "U01", command: "/anomalies", text });
  }

  click(messageTs: string, actionId: string, blockId: string, value: string): Promise<unknown> {
    const action = { type: "button", action_id: actionId, block_id: blockId, value };
    return this.control("interact", { channel: EMULATOR_CHANNEL, messageTs, user: "U01", action });
  }

  async messages(): Promise<readonly EmulatorMessage[]> {
    const response = await fetch(`${this.url}/_control/messages/${EMULATOR_CHANNEL}`);
    const body: unknown = await response.json();
    return (Array.isArray(body) ? body : (body as { messages: unknown }).messages) as EmulatorMessage[];
  }

  /** The first message that fits, once there is one. */
  async message(fits: (message: EmulatorMessage) => boolean): Promise<EmulatorMessage> {
    let found: EmulatorMessage | undefined;
    await eventually(async () => {
      found = (await this.messages()).find(fits);
      return found !== undefined;
    });
    if (found === undefined) throw new Error("no such message");
    return found;
  }

  private async control(verb: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}/_control/${verb}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${verb}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}
