import { describe, expect, test } from "vitest";
import { ValueSample, type Room } from "../../src/window/value-sample.ts";
import { logRecord, T0 } from "../support/log-records.ts";

function sampled(count: number, room: Room, level = "INFO"): ValueSample {
  const sample = new ValueSample(room);
  for (let i = 0; i < count; i++) add(sample, T0 + i * 1_000, level, `pod-${i % 4}`);
  return sample;
}

function add(sample: ValueSample, timeMs: number, level: string, pod: string): void {
  const resource = new Map([
    ["service.name", "cart"],
    ["telemetry.sdk.name", "opentelemetry"],
    ["k8s.pod.name", pod],
  ]);
  const attributes = new Map<string, string | number>([
    ["http.response.status_code", 500],
    ["duration", 0.25],
    ["payload", "x".repeat(500)],
    ["trace_id", "abc"],
  ]);
  sample.add({ ...logRecord(timeMs, { level }), resource, attributes });
}

describe("a sample of what records carry", () => {
  test("holds resource and record attributes that name something, and no others", () => {
    const [record] = sampled(1, { left: 10 }).all();
    expect(record).toEqual({
      timeMs: T0,
      isError: false,
      values: ["k8s.pod.name=pod-0", "http.response.status_code=500"],
    });
  });

  test("keeps the newest of each kind, and some of all that were before", () => {
    const room = { left: 10_000 };
    const sample = sampled(20_000, room);
    add(sample, T0 + 20_000_000, "ERROR", "pod-9");
    const times = [...sample.all()].map(({ timeMs }) => timeMs);
    expect(times.length).toBe(256 + 256 + 1);
    expect(times.filter((timeMs) => timeMs >= T0 + (20_000 - 256) * 1_000)).toHaveLength(257);
    const oldest = Math.min(...times);
    expect(oldest).toBeLessThan(T0 + 15_000_000);
    expect(10_000 - room.left).toBe(times.length);
    sample.forget();
    expect(room.left).toBe(10_000);
  });

  test("a flood of errors leaves the others where they are", () => {
    const sample = sampled(100, { left: 10_000 });
    for (let i = 0; i < 5_000; i++) add(sample, T0 + 100_000 + i, "ERROR", "pod-1");
    const all = [...sample.all()];
    expect(all.filter(({ isError, timeMs }) => !isError && timeMs < T0 + 100_000)).toHaveLength(100);
  });

  test("takes no more than there is room for in all", () => {
    const room = { left: 50 };
    const first = sampled(500, room);
    const second = sampled(500, room);
    expect([[...first.all()].length, [...second.all()].length, room.left]).toEqual([50, 0, 0]);
  });
});
