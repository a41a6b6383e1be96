import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { gzipSync, zstdCompressSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { lz4Block, lz4Frame } from "../support/otlp-codings.ts";
import { startTocsin, type TocsinProcess } from "../support/process-tocsin.ts";
import { until } from "../support/process-until.ts";
import { jsonRequest, protobufRequest, stringValue } from "../support/otlp-requests.ts";

const MIB = 1024 * 1024;
const REQUESTS = 200;
const REQUEST_BYTES = 30 * MIB;
const BUDGET_BYTES = 256 * MIB;
const ALLOWED_ABOVE_BUDGET_BYTES = 200 * MIB;
const LINE_BYTES = 4_096;
const SHORT_LINE_BYTES = 120;
const LZ4_BLOCK_BYTES = 65_536;
const SETTLES_WITHIN_MS = 30_000;

function blocksOf(body: Buffer): { bytes: Buffer; stored: boolean }[] {
  return Array.from({ length: Math.ceil(body.length / LZ4_BLOCK_BYTES) }, (_, i) => {
    const content = body.subarray(i * LZ4_BLOCK_BYTES, (i + 1) * LZ4_BLOCK_BYTES);
    const bytes = lz4Block(content);
    return bytes.length < content.length ? { bytes, stored: false } : { bytes: content, stored: true };
  });
}

/** Linux only: the resident memory of a process, now and at its highest. */
function memoryOf({ child }: TocsinProcess): { residentBytes: number; peakBytes: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const bytes = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024;
  return { residentBytes: bytes("VmRSS"), peakBytes: bytes("VmHWM") };
}

/** From here on the peak is that of what follows. */
function forgetPeak({ child }: TocsinProcess): void {
  writeFileSync(`/proc/${child.pid}/clear_refs`, "5");
}

type Format = "protobuf" | "json" | "short json";

/** A request of 30 MiB and how many records it holds; `noise` is the share of a line that gzip cannot shrink. */
function largeRequest(format: Format, noise: number): { body: Buffer; records: number } {
  const timeUnixNano = String(BigInt(Date.now()) * 1_000_000n);
  const lineBytes = format === "short json" ? SHORT_LINE_BYTES : LINE_BYTES;
  const records = Math.floor(REQUEST_BYTES / (lineBytes + (format === "protobuf" ? 20 : 87)));
  const noiseBytes = Math.floor((lineBytes * noise) / 2);
  const given = Array.from({ length: records }, (_, i) => ({
    timeUnixNano,
    severityNumber: 9,
    body: stringValue(
      `order ${i} of user ${i % 97} done ${randomBytes(noiseBytes).toString("hex")} `.padEnd(
        lineBytes,
        "payload ",
      ),
    ),
  }));
  const body =
    format === "protobuf" ? protobufRequest(given) : Buffer.from(JSON.stringify(jsonRequest(given)));
  return { body, records };
}

/** A field that no receiver knows: number 15, eight bytes. */
const UNKNOWN_FIELD = (15 << 3) | 1;

/** What stands at the end of the `i`th body, so that none is taken for another that came again. */
function endOf(format: Format, i: number): Buffer {
  if (format !== "protobuf") return Buffer.from(" ".repeat(i + 1));
  const field = Buffer.alloc(9);
  field.writeUInt8(UNKNOWN_FIELD);
  field.writeUInt32LE(i, 1);
  return field;
}

interface Posting {
  readonly body: Buffer;
  readonly end: Buffer;
  readonly format: Format;
  readonly coding: string | null;
}

/** The status, or what became of the connection. */
function post(port: number, { body, end, format, coding }: Posting): Promise<number | string> {
  return new Promise((resolve) => {
    const headers = {
      "Content-Type": format === "protobuf" ? "application/x-protobuf" : "application/json",
      "Content-Length": body.length + end.length,
      ...(coding === null ? {} : { "Content-Encoding": coding }),
    };
    const target = { host: "127.0.0.1", port, path: "/v1/logs", method: "POST", agent: false };
    const outgoing = request({ ...target, headers }, (response) => {
      response.resume();
      response.on("error", () => {});
      resolve(response.statusCode ?? 0);
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    outgoing.write(body);
    outgoing.end(end);
  });
}

/** Records that the process says it took in. */
async function acceptedRecords(tocsin: TocsinProcess): Promise<number> {
  const { body } = await tocsin.get("/metrics");
  const counts = String(body).matchAll(/^tocsin_ingest_records_accepted_total\{[^}]*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

describe.skipIf(process.platform !== "linux")("41 two hundred parallel requests of 30 MiB", () => {
  test.for<[string, Format, noise: number, coding: string | null, pack: (body: Buffer) => Buffer]>([
    ["as they are", "protobuf", 0.2, null, (body) => body],
    ["in gzip", "protobuf", 0.2, "gzip", (body) => gzipSync(body)],
    ["in gzip, of much repetition", "protobuf", 0, "gzip", (body) => gzipSync(body)],
    ["in zstd", "protobuf", 0.2, "zstd", (body) => zstdCompressSync(body)],
    ["in LZ4", "protobuf", 0.2, "lz4", (body) => lz4Frame(blocksOf(body))],
    ["in JSON", "json", 0.2, null, (body) => body],
    ["in JSON in gzip", "json", 0.2, "gzip", (body) => gzipSync(body)],
    ["in JSON in gzip, of short lines", "short json", 0.2, "gzip", (body) => gzipSync(body)],
  ])(
    "%s raise the memory by no more than the budget and 200 MiB, and every 200 is counted",
    async ([name, format, noise, coding, pack]) => {
      const tocsin = await startTocsin({ TOCSIN_MAX_IN_FLIGHT: `${BUDGET_BYTES / MIB}MiB` });
      const { body, records } = largeRequest(format, noise);
      const wire = pack(body);
      const idle = memoryOf(tocsin).residentBytes;
      forgetPeak(tocsin);
      const startMs = performance.now();
      const answers = await Promise.all(
        Array.from({ length: REQUESTS }, (_, i) =>
          post(tocsin.otlpPort, { body: wire, end: pack(endOf(format, i)), format, coding }),
        ),
      );
      const tookMs = performance.now() - startMs;
      const taken = answers.filter((answer) => answer === 200).length;
      const raisedMib = Math.round((memoryOf(tocsin).peakBytes - idle) / MIB);
      process.stderr.write(
        `30 MiB × ${REQUESTS} ${name} (${(wire.length / MIB).toFixed(1)} MiB sent): ${taken} taken in ${Math.round(tookMs)} ms, ` +
          `idle ${Math.round(idle / MIB)} MiB, raised by ${raisedMib} MiB\n`,
      );
      expect(answers.filter((answer) => answer !== 200 && answer !== 503)).toEqual([]);
      expect(taken).toBeGreaterThan(0);
      expect(raisedMib).toBeLessThanOrEqual((BUDGET_BYTES + ALLOWED_ABOVE_BUDGET_BYTES) / MIB);
      await until("every acknowledged record is counted", SETTLES_WITHIN_MS, async () =>
        (await acceptedRecords(tocsin)) === taken * records ? true : null,
      );
    },
  );
});
