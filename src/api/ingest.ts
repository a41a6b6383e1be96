import { json } from "express";
import type { Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { LogBatch } from "../log/batch.ts";
import type { AcceptOutcome, LogSink } from "../log/sink.ts";
import type { EpochMs } from "../log/time.ts";
import { parseIngestBody } from "../source/ingest.ts";
import { describeError } from "./error-handler.ts";
import { fail, failureOf } from "./failure.ts";
import { hasTooManyContainers, TooManyContainers } from "./json-bound.ts";
import type { RequestObservation } from "./metrics.ts";
import type { BodyBudget } from "./ports.ts";
import type { Route } from "./route.ts";

export interface IngestPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly sink: LogSink;
  readonly maxBodyBytes: number;
  readonly budget: BodyBudget | null;
  readonly observe: (request: RequestObservation) => void;
}

/** JSON text shrinks about so much; a body of unknown length reserves as much as it may come to. */
const COMPRESSION_RATIO = 16;

interface Counts {
  accepted: number;
  rejected: number;
  late: number;
  wireBytes: number;
  bodyBytes: number;
}

/** What a request has come to, from its first handler to its observation. */
const countsOf = new WeakMap<Request, Counts>();

function counts(req: Request): Counts {
  let found = countsOf.get(req);
  if (found === undefined) {
    found = { accepted: 0, rejected: 0, late: 0, wireBytes: 0, bodyBytes: 0 };
    countsOf.set(req, found);
  }
  return found;
}

function encodingOf(req: Request): string {
  return (req.get("content-encoding") ?? "identity").trim().toLowerCase();
}

function announcedBytes(req: Request): number | null {
  const length = req.get("content-length");
  return length === undefined ? null : Number(length);
}

function observed(ports: IngestPorts): RequestHandler {
  return (req, res, next) => {
    const startMs = ports.clock.now();
    const encoding = encodingOf(req);
    res.once("close", () => {
      const durationMs = Math.max(0, ports.clock.now() - startMs);
      const tally = counts(req);
      const reason = failureOf(res) ?? (tally.rejected > 0 ? "partial" : "ok");
      const ended = res.writableFinished
        ? { status: res.statusCode, reason }
        : { status: 0, reason: "aborted" };
      ports.observe({
        ...ended,
        transport: "http",
        encoding,
        contentType: "ingest",
        durationMs,
        ...tally,
      });
    });
    next();
  };
}

const jsonOnly: RequestHandler = (req, res, next) => {
  const is = req.is("application/json");
  if (is === null) fail(res, "bad_request", 'a body is needed: {"logs": [ … ]}');
  else if (is === false) fail(res, "unsupported_media_type", "the content type must be application/json");
  else next();
};

/** The parser bounds what comes out of a body; this bounds what goes in, since empty gzip members hide any amount. */
function boundedWire(maxBodyBytes: number): RequestHandler {
  return (req, res, next) => {
    if ((announcedBytes(req) ?? 0) > maxBodyBytes) {
      fail(res, "payload_too_large", "the body is too large");
      return;
    }
    const tally = counts(req);
    req.on("data", (chunk: Buffer) => {
      tally.wireBytes += chunk.length;
      if (tally.wireBytes > maxBodyBytes && !res.headersSent) req.destroy();
    });
    next();
  };
}

function reservationBytes(req: Request, maxBodyBytes: number): number {
  const announced = announcedBytes(req);
  if (announced === null) return maxBodyBytes;
  return Math.min(maxBodyBytes, encodingOf(req) === "identity" ? announced : announced * COMPRESSION_RATIO);
}

const UNBOUNDED: ReturnType<BodyBudget["lease"]> = {
  limitBytes: Infinity,
  grow: () => true,
  shrink: () => {},
  release: () => {},
};

function withinBudget({ budget, maxBodyBytes }: IngestPorts): RequestHandler {
  return (req, res, next) => {
    const lease = budget?.lease() ?? UNBOUNDED;
    if (!lease.grow(reservationBytes(req, maxBodyBytes)))
      fail(res, "overloaded", "too many bytes are being read; try again soon");
    else {
      res.once("close", () => lease.release());
      next();
    }
  };
}

function jsonBody(maxBodyBytes: number): RequestHandler {
  return json({
    limit: maxBodyBytes,
    inflate: true,
    type: "application/json",
    verify(req, _res, body) {
      counts(req as Request).bodyBytes = body.length;
      if (hasTooManyContainers(body)) throw new TooManyContainers();
    },
  });
}

/** A sender repeats after 503 and gives up after 500: a bug of ours must not cost it its records. */
function accept({ sink, logger }: IngestPorts, batch: LogBatch, nowMs: EpochMs): AcceptOutcome | null {
  try {
    return sink.accept(batch, nowMs);
  } catch (error) {
    logger.error(describeError(error), "records could not be taken in");
    return null;
  }
}

function take(ports: IngestPorts): RequestHandler {
  return (req, res) => {
    const nowMs = ports.clock.now();
    const parsed = parseIngestBody(req.body, nowMs);
    if (parsed.kind === "invalid") {
      fail(res, "bad_request", parsed.reason);
      return;
    }
    const outcome = accept(ports, parsed.batch, nowMs);
    if (outcome === null) {
      fail(res, "unavailable", "the records could not be taken in; try again soon");
      return;
    }
    if (outcome.kind === "overloaded") {
      fail(res, "overloaded", "no memory is left for more; try again soon", {
        "Retry-After": String(outcome.retryAfterS),
      });
      return;
    }
    answer(
      req,
      res,
      { accepted: outcome.accepted, late: outcome.late, rejected: parsed.rejected },
      parsed.errors,
    );
  };
}

function answer(
  req: Request,
  res: Response,
  taken: Pick<Counts, "accepted" | "late" | "rejected">,
  errors: readonly { readonly index: number; readonly reason: string }[],
): void {
  Object.assign(counts(req), taken);
  res.status(202).json({ ...taken, errors });
}

/** `POST /logs/ingest`: every handler before the body is read costs no memory. */
export function ingestRoutes(ports: IngestPorts): readonly Route[] {
  const { maxBodyBytes } = ports;
  return [
    {
      method: "post",
      path: "/logs/ingest",
      access: "ingest",
      before: [observed(ports)],
      handlers: [
        jsonOnly,
        withinBudget(ports),
        boundedWire(maxBodyBytes),
        jsonBody(maxBodyBytes),
        take(ports),
      ],
    },
  ];
}
