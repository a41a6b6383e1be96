import { formatIdTime, type EpochMs } from "../log/time.ts";

/** `anom_20240115_103045`; two in one second get `_2`, `_3`. */
export function alertId(detectedAtMs: EpochMs, taken: (id: string) => boolean): string {
  const id = `anom_${formatIdTime(detectedAtMs)}`;
  return taken(id) ? nextId(id, taken) : id;
}

/** The next free id of the same second. */
export function nextId(id: string, taken: (id: string) => boolean): string {
  const [, base = id, suffix = "1"] = /^(anom_\d+_\d+)(?:_(\d+))?$/.exec(id) ?? [];
  let n = Number(suffix) + 1;
  while (taken(`${base}_${n}`)) n += 1;
  return `${base}_${n}`;
}
