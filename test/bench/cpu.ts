import { readFileSync } from "node:fs";

/** What /proc counts in; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Fields 14 and 15 of proc(5), counted from the one after the command's name. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** CPU-seconds that a process has used so far: user and system, all its threads, garbage collection included. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS_PER_SECOND;
}

/** CPU-seconds of this process while `work` runs. */
export function cpuSecondsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
