import { constants } from "node:http2";
import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";

import type { Clock } from "../clock.ts";
import type { Refusal } from "./admission.ts";
import { framed } from "./grpc-message.ts";
import { grpcStatus } from "./grpc-status.ts";

/** What a message may be compressed with, as a refusal of another coding offers it. */
export const GRPC_ACCEPT_ENCODING = "identity, gzip, deflate, zstd, snappy";

const LINGER_MS = 5_000;

const HEAD: OutgoingHttpHeaders = {
  ":status": 200,
  "content-type": "application/grpc",
  "grpc-accept-encoding": GRPC_ACCEPT_ENCODING,
};
const OK_TRAILERS: OutgoingHttpHeaders = { "grpc-status": "0" };

/** Whether the client still waits for an answer. */
function answerable(stream: ServerHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed && !stream.headersSent;
}

/** Sends the response message and `OK`. */
export function answerOk(stream: ServerHttp2Stream, message: Buffer): void {
  if (!answerable(stream)) return;
  stream.respond(HEAD, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(OK_TRAILERS));
  stream.end(framed(message));
}

/** Sends a status without a message, and throws away what is still on its way. */
export function answerRefusal(stream: ServerHttp2Stream, refusal: Refusal, clock: Clock): void {
  const { code, message, details } = grpcStatus(refusal);
  const headers: OutgoingHttpHeaders = { ...HEAD, "grpc-status": String(code), "grpc-message": message };
  if (details !== null) headers["grpc-status-details-bin"] = details;
  answerWithout(stream, headers, clock);
}

/** For what is no gRPC at all: an HTTP status alone, as the gRPC specification has it. */
export function answerHttp(stream: ServerHttp2Stream, status: 405 | 415, clock: Clock): void {
  answerWithout(stream, status === 405 ? { ":status": status, allow: "POST" } : { ":status": status }, clock);
}

function answerWithout(stream: ServerHttp2Stream, headers: OutgoingHttpHeaders, clock: Clock): void {
  if (!answerable(stream)) return;
  stream.respond(headers, { endStream: true });
  stream.resume();
  if (!stream.readableEnded) linger(stream, clock);
}

/** A reset at once would overtake the answer: a client that goes on sending after it is cut only later. */
function linger(stream: ServerHttp2Stream, clock: Clock): void {
  const ended = new AbortController();
  stream.once("close", () => ended.abort());
  void clock.sleep(LINGER_MS, ended.signal).then(() => {
    if (!ended.signal.aborted) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}
