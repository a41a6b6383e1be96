import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiServer, type Answer } from "../support/api-server.ts";

const JSON_TYPE = { "content-type": "application/json" };

function posted(body: unknown): Promise<Answer> {
  return server.call("POST", "/changes", { headers: JSON_TYPE, body: JSON.stringify(body) });
}

let server: ApiServer;
beforeEach(async () => {
  server = await new ApiServer().start();
});
afterEach(async () => {
  await server.stop();
});

test("a posted change is kept redacted, with what it says and the time it came where it says none", async () => {
  const body = {
    kind: "deployment",
    service: "cart",
    commit: "abc1234",
    message: "password=hunter2",
    files: ["a.ts"],
  };
  expect(await posted(body)).toMatchObject({
    status: 202,
    json: { accepted: 1, rejected: 0, errors: [] },
  });
  expect(server.posted).toMatchObject([{ kind: "deploy", service: "cart", ref: "abc1234", files: ["a.ts"] }]);
  expect(JSON.stringify(server.posted)).not.toContain("hunter2");
  expect(await server.call("GET", "/changes")).toMatchObject({
    json: { changes: [{ kind: "deploy", service: "cart" }] },
  });
});

test("of several changes the good ones are taken, and the others are named", async () => {
  const changes = [
    { kind: "flag", ref: "new-cart" },
    { kind: "party" },
    7,
    { at: "yesterday", title: "x" },
    {},
  ];
  const { json, status } = await posted({ changes });
  expect(status).toBe(202);
  expect(json).toMatchObject({
    accepted: 1,
    rejected: 4,
    errors: [{ index: 1 }, { index: 2 }, { index: 3 }, { index: 4 }],
  });
});

test("what is no change at all is refused", async () => {
  expect((await posted({ changes: 1 })).status).toBe(400);
});
