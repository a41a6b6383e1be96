import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { request } from "node:https";
import type { RequestOptions } from "node:https";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";

import { certificateJobs } from "../../src/app/tls-renewal.ts";
import { systemClock } from "../../src/clock.ts";
import { createOtlpGrpcServer } from "../../src/otlp/grpc-server.ts";
import { createOtlpServer } from "../../src/otlp/server.ts";
import { readTlsFiles } from "../../src/otlp/tls-files.ts";
import { Certificates } from "../support/otlp-certificates.ts";
import type { Certificate } from "../support/otlp-certificates.ts";
import { CapturingSink, startReceiver } from "../support/otlp-receiver.ts";
import type { Receiver } from "../support/otlp-receiver.ts";
import { MINIMAL, MINIMAL_DECODED } from "../support/otlp-requests.ts";

/** POSTs the minimal request over TLS; resolves with the status. */
function post(receiver: Receiver, options: RequestOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "Content-Type": "application/x-protobuf", "Content-Length": MINIMAL.length };
    const target = { host: "127.0.0.1", port: receiver.port, path: "/v1/logs", method: "POST" };
    const outgoing = request({ ...target, headers, agent: false, ...options }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    outgoing.on("error", reject);
    outgoing.end(MINIMAL);
  });
}

const OPTIONS = {
  host: "127.0.0.1",
  port: 0,
  token: null,
  intake: { take: () => Promise.reject(new Error("no request is sent")) },
  sink: new CapturingSink(),
  clock: systemClock,
  log: pino({ level: "silent" }),
  observe: () => undefined,
};

/** Who the server there says it is. */
async function commonNameAt(port: number): Promise<string> {
  const socket = connectTls({
    host: "127.0.0.1",
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2", "http/1.1"],
  });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

/** Depending on who notices first: the alert of TLS, or the end of the connection. */
const CUT_OFF = /alert|ECONNRESET|EPIPE|socket hang up/;

function receiverWith({ cert, key }: Certificate, clientCa: Buffer | null = null): Promise<Receiver> {
  return startReceiver({ tls: { cert, key, clientCa } });
}

describe("TLS", () => {
  test("1 a sender that trusts the certificate delivers", async () => {
    const server = new Certificates().selfSigned("server");
    const receiver = await receiverWith(server);
    expect(await post(receiver, { ca: server.cert })).toBe(200);
    expect(receiver.sink.records).toEqual([MINIMAL_DECODED]);
  });

  test("a renewed certificate is in use for the next connection, on both ports; a bad one is not taken", async () => {
    const certificates = new Certificates();
    const [old, renewed] = [certificates.selfSigned("old"), certificates.selfSigned("renewed")];
    const paths = { certPath: old.certPath, keyPath: old.keyPath, clientCaPath: null };
    const tls = { cert: old.cert, key: old.key, clientCa: null };
    const options = { ...OPTIONS, tls };
    const servers = [createOtlpServer(options), createOtlpGrpcServer(options)];
    const ports = await Promise.all(servers.map(async (server) => (await server.listen()).port));
    onTestFinished(async () => {
      await Promise.all(servers.map((server) => server.close()));
    });
    const shown = (): Promise<string[]> => Promise.all(ports.map(commonNameAt));
    const [job] = certificateJobs({ tls: paths }, { log: OPTIONS.log, tls }, servers);
    expect(await shown()).toEqual(["old", "old"]);
    writeFileSync(old.certPath, renewed.cert);
    await job?.run();
    expect(await shown()).toEqual(["old", "old"]);
    writeFileSync(old.keyPath, renewed.key);
    await job?.run();
    expect(await shown()).toEqual(["renewed", "renewed"]);
  });

  // HTTP/2 is a MAY, and every sender that offers it takes HTTP/1.1 as well.
  test("6 a client that offers HTTP/2 first is given HTTP/1.1", async () => {
    const server = new Certificates().selfSigned("server");
    const receiver = await receiverWith(server);
    const socket = connectTls({
      host: "127.0.0.1",
      port: receiver.port,
      ca: server.cert,
      ALPNProtocols: ["h2", "http/1.1"],
    });
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe("http/1.1");
    socket.destroy();
  });

  test("with a client CA a sender with its certificate delivers; without one, or with a stranger's, it is cut off", async () => {
    const certificates = new Certificates();
    const server = certificates.selfSigned("server");
    const client = certificates.selfSigned("client");
    const stranger = certificates.selfSigned("stranger");
    const receiver = await receiverWith(server, client.cert);
    const ca = server.cert;
    expect(await post(receiver, { ca, cert: client.cert, key: client.key })).toBe(200);
    await expect(post(receiver, { ca })).rejects.toThrow(CUT_OFF);
    await expect(post(receiver, { ca, cert: stranger.cert, key: stranger.key })).rejects.toThrow(CUT_OFF);
    expect(receiver.sink.records.length).toBe(1);
    await expect
      .poll(() => receiver.observations.map(({ reason }) => reason))
      .toEqual(["ok", "handshake", "handshake"]);
  });

  test("plain HTTP on the TLS port is cut off, logged with its sender, and costs nobody else anything", async () => {
    const lines: string[] = [];
    const log = pino({ level: "warn" }, { write: (line: string) => lines.push(line) });
    const server = new Certificates().selfSigned("server");
    const receiver = await startReceiver({ log, tls: { ...server, clientCa: null } });
    const socket = connect(receiver.port, "127.0.0.1", () => socket.write("POST /v1/logs HTTP/1.1\r\n\r\n"));
    socket.on("error", () => {});
    await once(socket, "close");
    expect(await post(receiver, { ca: server.cert })).toBe(200);
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
      { reason: "handshake", client: "127.0.0.1" },
    ]);
  });

  test("20 a stop lets a request over TLS finish", async () => {
    const server = new Certificates().selfSigned("server");
    const receiver = await receiverWith(server);
    const socket = connectTls({ host: "127.0.0.1", port: receiver.port, ca: server.cert });
    socket.write(
      `POST /v1/logs HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${MINIMAL.length}\r\n\r\n`,
    );
    await expect.poll(() => receiver.server.inFlightBytes()).toBe(MINIMAL.length);
    const closed = receiver.server.close();
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    socket.write(MINIMAL);
    await Promise.all([closed, once(socket, "close")]);
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
  });
});

describe("the files", () => {
  test("that belong together are taken", () => {
    const { certPath, keyPath, cert, key } = new Certificates().selfSigned("server");
    expect(readTlsFiles({ certPath, keyPath, clientCaPath: certPath })).toEqual({
      kind: "ok",
      files: { cert, key, clientCa: cert },
    });
  });

  test("that are missing or are something else are named, each with its setting and all at once", () => {
    const certificates = new Certificates();
    const missing = `${certificates.folder}/missing.pem`;
    const text = certificates.file("text.pem", "hello");
    expect(readTlsFiles({ certPath: missing, keyPath: text, clientCaPath: text })).toEqual({
      kind: "invalid",
      problems: [
        `TOCSIN_TLS_CERT: ${missing} cannot be read (ENOENT)`,
        `TOCSIN_TLS_KEY: ${text} holds no unencrypted private key in PEM`,
        `TOCSIN_TLS_CLIENT_CA: ${text} holds no certificate in PEM`,
      ],
    });
  });

  test("that do not belong together are refused", () => {
    const certificates = new Certificates();
    const { certPath } = certificates.selfSigned("one");
    const { keyPath } = certificates.selfSigned("other");
    expect(readTlsFiles({ certPath, keyPath, clientCaPath: null })).toEqual({
      kind: "invalid",
      problems: ["TOCSIN_TLS_KEY does not belong to TOCSIN_TLS_CERT"],
    });
  });
});
