import { encode, RequestType } from "./otlp-schema.ts";

/** 2018-12-13T14:51:00.300Z and its nanoseconds. */
export const TIME_MS = 1_544_712_660_300;
export const TIME_NANOS = "1544712660300000000";
export const TRACE_ID = "5b8efff798038103d269b633813fc60c";
export const SPAN_ID = "eee19b7ec3c1b174";

export type Json = Record<string, unknown>;

export function stringValue(text: string): Json {
  return { stringValue: text };
}

export function attribute(key: string, text: string): Json {
  return { key, value: stringValue(text) };
}

/** An OTLP/JSON request of one resource and scope. */
export function jsonRequest(records: readonly unknown[], resourceAttributes: readonly Json[] = []): Json {
  const attributes = resourceAttributes.length > 0 ? resourceAttributes : [attribute("service.name", "cart")];
  return {
    resourceLogs: [
      { resource: { attributes }, scopeLogs: [{ scope: { name: "scope" }, logRecords: records }] },
    ],
  };
}

export const MINIMAL_JSON_RECORD: Json = {
  timeUnixNano: TIME_NANOS,
  severityNumber: 17,
  severityText: "ERROR",
  body: stringValue("payment failed"),
  attributes: [attribute("order", "42")],
  traceId: TRACE_ID,
  spanId: SPAN_ID,
};

const MINIMAL_RECORD: Json = {
  ...MINIMAL_JSON_RECORD,
  traceId: Buffer.from(TRACE_ID, "hex"),
  spanId: Buffer.from(SPAN_ID, "hex"),
};

/** The protobuf request with these records, ids as bytes. */
export function protobufRequest(records: readonly Json[], resourceAttributes: readonly Json[] = []): Buffer {
  return encode(RequestType, jsonRequest(records, resourceAttributes));
}

/** One ERROR record of the service `cart`. */
export const MINIMAL = protobufRequest([MINIMAL_RECORD]);
export const MINIMAL_JSON = jsonRequest([MINIMAL_JSON_RECORD]);

/** What both minimal requests must decode to. */
export const MINIMAL_DECODED = {
  timeMs: TIME_MS,
  severity: 17,
  severityText: "ERROR",
  series: { environment: "production", namespace: "", service: "cart" },
  body: "payment failed",
  attributes: new Map([["order", "42"]]),
  resource: new Map([["service.name", "cart"]]),
  scope: "scope",
  traceId: TRACE_ID,
  spanId: SPAN_ID,
  eventName: "",
};
