import { credentials, Metadata } from "@grpc/grpc-js";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-grpc";
import { describe, expect, test } from "vitest";

import { Certificates } from "../support/otlp-certificates.ts";
import { RawClient, startGrpcReceiver } from "../support/otlp-grpc-receiver.ts";
import { MINIMAL } from "../support/otlp-requests.ts";
import { EIGHTH_RECORD, emitThrough } from "../support/otlp-sdk-emit.ts";

const UNAVAILABLE = 14;
/** A certificate is checked against a name; grpc-js takes no address for one. */
const BY_NAME = { "grpc.ssl_target_name_override": "localhost" };

describe("the SDK's own gRPC exporter", () => {
  test.for(["none", "gzip"] as const)("delivers every record with compression %s", async (compression) => {
    const receiver = await startGrpcReceiver({ token: "secret" });
    const metadata = new Metadata();
    metadata.set("authorization", "Bearer secret");
    const url = `http://127.0.0.1:${receiver.port}`;
    await emitThrough(new OTLPLogExporter({ url, metadata, compression } as never));
    expect(receiver.sink.records.length).toBe(101);
    expect(receiver.sink.records[7]).toMatchObject(EIGHTH_RECORD);
    const coding = compression === "gzip" ? "gzip" : "identity";
    expect(receiver.observations).toMatchObject([{ status: 200, reason: "ok", coding }]);
  });
});

describe("TLS", () => {
  test("a sender that trusts the certificate delivers; one that speaks plainly does not", async () => {
    const { cert, key } = new Certificates().selfSigned("server");
    const receiver = await startGrpcReceiver({ tls: { cert, key, clientCa: null } });
    const trusting = new RawClient(receiver.port, credentials.createSsl(cert), BY_NAME);
    expect(await trusting.call(MINIMAL)).toEqual({ code: 0, response: {} });
    const plain = new RawClient(receiver.port);
    expect((await plain.call(MINIMAL)).code).toBe(UNAVAILABLE);
    expect(receiver.sink.records.length).toBe(1);
    await expect.poll(() => receiver.observations.some(({ reason }) => reason === "handshake")).toBe(true);
  });

  test("with a client CA only senders with its certificate get in", async () => {
    const certificates = new Certificates();
    const [server, friend, stranger] = ["server", "friend", "stranger"].map((name) =>
      certificates.selfSigned(name),
    );
    if (server === undefined || friend === undefined || stranger === undefined)
      throw new Error("no certificate");
    const tls = { cert: server.cert, key: server.key, clientCa: friend.cert };
    const receiver = await startGrpcReceiver({ tls });
    const end = async (client: typeof friend | null): Promise<number> => {
      const channel = credentials.createSsl(server.cert, client?.key ?? null, client?.cert ?? null);
      return (await new RawClient(receiver.port, channel, BY_NAME).call(MINIMAL)).code;
    };
    expect([await end(friend), await end(stranger), await end(null)]).toEqual([0, UNAVAILABLE, UNAVAILABLE]);
    expect(receiver.sink.records.length).toBe(1);
  });
});
