import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** One process among all that may share a directory. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Where `pid` means anything: this boot of the machine and this container's process table. */
  readonly scope: string;
  /** When the process started, in the kernel's words; "" where the system does not say. A reused pid differs here. */
  readonly birth: string;
}

function quietly(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return "";
  }
}

/** Field 22 of /proc/PID/stat, counted behind the command, which may hold spaces and brackets. */
function birthOf(pid: number): string {
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, "utf8"));
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function scopeOf(host: string): string {
  const boot = quietly(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8"));
  const table = quietly(() => readlinkSync("/proc/self/ns/pid"));
  return `${host}/${boot}/${table}`;
}

export function thisProcess(): ProcessIdentity {
  const host = hostname();
  return { host, pid: process.pid, scope: scopeOf(host), birth: birthOf(process.pid) };
}

/** `unknown` where the process belongs to another machine, boot or container, whose pids say nothing here. */
export function livenessOf(other: ProcessIdentity): "alive" | "dead" | "unknown" {
  if (other.scope !== scopeOf(hostname())) return "unknown";
  try {
    process.kill(other.pid, 0);
  } catch (error) {
    // EPERM: it lives, under another user.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return "dead";
  }
  return birthOf(other.pid) === other.birth ? "alive" : "dead";
}
