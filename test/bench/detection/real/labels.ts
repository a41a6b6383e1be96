import { readFile, readdir } from "node:fs/promises";
import { parseTime } from "../../../../src/log/time.ts";
import { isObject } from "../../../../src/log/json.ts";
import { BEFORE_MS, type Labelled, type LabelledFault, type Quiet } from "./rates.ts";

type Json = Readonly<Record<string, unknown>>;

async function objects(path: string): Promise<readonly Json[]> {
  const value: unknown = JSON.parse(await readFile(path, "utf8"));
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function timeOf(entry: Json, key: string): number {
  const timeMs = parseTime(entry[key]);
  if (timeMs === null) throw new Error(`labels: no time in ${key}`);
  return timeMs;
}

export function textOf(entry: Json, key: string): string {
  const value = entry[key];
  return typeof value === "string" ? value : "";
}

function servicesOf(entry: Json): readonly string[] {
  const services = entry["services"];
  const named = Array.isArray(services) ? services.filter((item) => typeof item === "string") : [];
  return [...named, textOf(entry, "service")];
}

function faultOf(entry: Json): LabelledFault {
  return {
    startMs: timeOf(entry, "start"),
    endMs: timeOf(entry, "end"),
    kind: textOf(entry, "faultType").replace(/^OPENSTACK_/, ""),
    services: servicesOf(entry),
  };
}

/** A fault-free round without visible failure, or a faulty round before its fault is first active. */
function quietOf(rounds: readonly Json[], labels: readonly Json[]): readonly Quiet[] {
  return rounds.flatMap((round): Quiet[] => {
    const [startMs, endMs] = [timeOf(round, "start"), timeOf(round, "end")];
    if (round["kind"] !== "faulty") return round["userVisibleFailure"] === true ? [] : [{ startMs, endMs }];
    const active = labels.filter(
      (label) => label["activated"] === true && parseTime(label["roundStart"]) === startMs,
    );
    const firstMs = Math.min(...active.map((label) => timeOf(label, "start")));
    const quietUntilMs = firstMs - BEFORE_MS;
    return quietUntilMs > startMs && firstMs <= endMs ? [{ startMs, endMs: quietUntilMs }] : [];
  });
}

/** The testbeds of openstack-fi under `folder`, in the order of their names. */
export async function openstackTestbeds(
  folder: string,
): Promise<readonly { path: string; labelled: Labelled }[]> {
  const names = (await readdir(folder)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const labels = await objects(`${folder}/${name}/labels.json`);
      const rounds = await objects(`${folder}/${name}/rounds.json`);
      const positives = labels.filter(
        (label) => label["activated"] === true && label["userVisibleFailure"] === true,
      );
      const labelled = { name, faults: positives.map(faultOf), quiet: quietOf(rounds, labels) };
      return { path: `${folder}/${name}/logs.jsonl.gz`, labelled };
    }),
  );
}

/** One day in one file; every stretch that is no fault is quiet. */
export async function nezhaReplay(folder: string): Promise<{ path: string; labelled: Labelled }> {
  const labels = await objects(`${folder}/labels.json`);
  const slices = await objects(`${folder}/slices.json`);
  const faults = labels.map((label) => ({ ...faultOf(label), kind: textOf(label, "faultType") }));
  const quiet = slices
    .filter((slice) => slice["kind"] === "fault-free")
    .map((slice) => ({ startMs: timeOf(slice, "start"), endMs: timeOf(slice, "end") }));
  return { path: `${folder}/logs.jsonl.gz`, labelled: { name: "nezha-tt-replay", faults, quiet } };
}
