import { randomUUID } from "node:crypto";
import { json } from "express";
import type { RequestHandler } from "express";
import type { Change } from "../alert/change.ts";
import { MAX_CHANGES_PER_REQUEST, parseChange } from "../analysis/change-input.ts";
import type { Clock } from "../clock.ts";
import { formatTime } from "../log/time.ts";
import { fail } from "./failure.ts";
import type { Route } from "./route.ts";

const MAX_BODY_BYTES = 2 * 1024 * 1024;
const DEFAULT_LIMIT = 50;

/** Where posted changes go. */
export interface ChangeSink {
  /** Resolves when they are kept; rejects where the store cannot be reached. */
  add(changes: readonly Change[]): Promise<void>;
  /** Newest first. */
  recent(limit: number): readonly Change[];
}

export interface ChangeView {
  readonly id: string;
  readonly kind: Change["kind"];
  readonly at: string;
  readonly service: string | null;
  readonly environment: string | null;
  readonly version: string | null;
  readonly ref: string | null;
  readonly title: string;
}

function changeView({ id, kind, atMs, service, environment, version, ref, title }: Change): ChangeView {
  return { id, kind, at: formatTime(Math.floor(atMs)), service, environment, version, ref, title };
}

function listOf(body: unknown): readonly unknown[] | null {
  if (typeof body !== "object" || body === null) return null;
  if (Array.isArray(body)) return body;
  const { changes } = body as { readonly changes?: unknown };
  if (changes === undefined) return [body];
  return Array.isArray(changes) ? changes : null;
}

function take(sink: ChangeSink, clock: Clock): RequestHandler {
  return async (req, res) => {
    const list = listOf(req.body);
    if (list === null || list.length > MAX_CHANGES_PER_REQUEST) {
      fail(
        res,
        "bad_request",
        `a change, or {"changes": […]} with at most ${MAX_CHANGES_PER_REQUEST} of them, is needed`,
      );
      return;
    }
    const parsed = list.map((value) => parseChange(value, randomUUID(), clock.now()));
    const changes = parsed.flatMap((one) => (one.kind === "change" ? [one.change] : []));
    const errors = parsed.flatMap((one, index) =>
      one.kind === "rejected" ? [{ index, reason: one.reason }] : [],
    );
    try {
      await sink.add(changes);
    } catch {
      fail(res, "unavailable", "the database is out of reach; try again soon");
      return;
    }
    res.status(202).json({ accepted: changes.length, rejected: errors.length, errors });
  };
}

/** `POST /changes`: deployments, configuration, flags and commits, as a CI system or a script knows them. */
export function changeRoutes(sink: ChangeSink, clock: Clock): readonly Route[] {
  return [
    {
      method: "post",
      path: "/changes",
      access: "api",
      handlers: [json({ limit: MAX_BODY_BYTES, type: "application/json" }), take(sink, clock)],
    },
    {
      method: "get",
      path: "/changes",
      access: "api",
      handlers: [
        (_req, res) => {
          res.json({ changes: sink.recent(DEFAULT_LIMIT).map(changeView) });
        },
      ],
    },
  ];
}
