import { describe, expect, test } from "vitest";

import { refusal, retryLater } from "../../src/otlp/admission.ts";
import type { Refusal } from "../../src/otlp/admission.ts";
import { grpcStatus } from "../../src/otlp/grpc-status.ts";
import { detailsOf } from "../support/otlp-grpc-status.ts";

describe("a refusal in gRPC's words", () => {
  test.for<[Refusal["status"], number]>([
    [400, 3],
    [401, 16],
    [404, 12],
    [413, 8],
    [415, 12],
    [503, 14],
  ])("HTTP's %i is code %i", ([status, code]) => {
    expect(grpcStatus(refusal(status, "failed", "why")).code).toBe(code);
  });

  test("RetryInfo says the same as Retry-After", () => {
    const { details } = grpcStatus(retryLater("overloaded", "busy", 17));
    expect(detailsOf(Buffer.from(details ?? "", "base64"))).toEqual({
      code: 14,
      message: "busy",
      retryAfterS: 17,
      violations: [],
    });
  });

  test("a violation is a BadRequest that names the field", () => {
    const violation = { field: "resource_logs[0]", description: "length beyond the end" };
    const { details } = grpcStatus({ ...refusal(400, "undecodable", "bad"), violation });
    expect(detailsOf(Buffer.from(details ?? "", "base64"))).toMatchObject({
      code: 3,
      violations: [violation],
    });
  });

  test.for<[string, string, string]>([
    ["plain text stays", "no such thing: 12 %", "no such thing: 12 %25"],
    ["line ends cannot break the header", "a\r\nb", "a%0D%0Ab"],
    ["other characters are UTF-8, percent-encoded", "ü€𝄞", "%C3%BC%E2%82%AC%F0%9D%84%9E"],
    ["half a surrogate pair is replaced", "\ud834", "%EF%BF%BD"],
  ])("%s", ([, message, encoded]) => {
    expect(grpcStatus(refusal(400, "malformed", message)).message).toBe(encoded);
  });

  test("the details are base64 without padding, as the specification wants metadata", () => {
    for (const message of ["a", "ab", "abc"]) {
      expect(grpcStatus(retryLater("failed", message, 1)).details).toMatch(/^[A-Za-z0-9+/]+$/);
    }
  });
});
