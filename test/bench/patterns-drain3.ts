import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export interface PeerSet {
  readonly lines: readonly string[];
  /** With the masks of Drain3's own example; without, as it comes. */
  readonly masked: boolean;
}

export interface PeerRun {
  readonly groups: readonly string[];
  readonly cpuSeconds: number;
}

const VERSION = "0.9.11";
const INSTALL_TIMEOUT_MS = 180_000;
const RUN_TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 64 << 20;

/** Runs real Drain3 over each set of lines, in a virtual environment of its own; a reason where that cannot be. */
export function runDrain3(sets: Readonly<Record<string, PeerSet>>): ReadonlyMap<string, PeerRun> | string {
  const home = join(
    process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
    "tocsin-bench",
    `drain3-${VERSION}`,
  );
  const python = join(home, "bin", "python");
  if (spawnSync(python, ["-c", "import drain3"], { timeout: 30_000 }).status !== 0) {
    const problem = install(home, python);
    if (problem !== null) return problem;
  }
  const script = join(import.meta.dirname, "patterns-drain3.py");
  const run = spawnSync(python, [script], {
    input: JSON.stringify(sets),
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT_BYTES,
    timeout: RUN_TIMEOUT_MS,
  });
  if (run.status !== 0) return `Drain3 failed: ${run.stderr.split("\n").at(-2) ?? "no message"}`;
  const answer = JSON.parse(run.stdout) as Record<string, { groups: number[]; cpuSeconds: number }>;
  return new Map(
    Object.entries(answer).map(([name, { groups, cpuSeconds }]) => [
      name,
      { groups: groups.map(String), cpuSeconds },
    ]),
  );
}

function install(home: string, python: string): string | null {
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ["python3", ["-m", "venv", home]],
    [python, ["-m", "pip", "install", "--quiet", `drain3==${VERSION}`]],
  ];
  for (const [command, args] of steps) {
    const step = spawnSync(command, args, { encoding: "utf8", timeout: INSTALL_TIMEOUT_MS });
    if (step.status !== 0) return `Drain3 could not be installed (${command} ${args.slice(0, 2).join(" ")})`;
  }
  return existsSync(python) ? null : "Drain3 could not be installed";
}
