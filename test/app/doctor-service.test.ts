import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { checkService } from "../../src/app/doctor-service.ts";
import type { Finding } from "../../src/app/doctor.ts";

let server: Server | null = null;

afterEach(() => {
  server?.close();
  server = null;
});

async function asked(body: string): Promise<Finding> {
  const answering = createServer((_request, response) => {
    response.writeHead(503, { "content-type": "application/json" }).end(body);
  });
  server = answering;
  await new Promise<void>((resolve) => {
    answering.listen(0, "127.0.0.1", resolve);
  });
  const { port } = answering.address() as AddressInfo;
  return checkService({ api: { host: "127.0.0.1", port, token: null, publicUrl: null } });
}

test("what the running service cannot do is a failure with its reason", async () => {
  const slack = { state: "down", reason: "channel_not_found (#payments)" };
  const finding = await asked(
    JSON.stringify({ dependencies: { slack, redis: { state: "unused", reason: null } } }),
  );
  expect(finding).toEqual({
    name: "service",
    state: "failed",
    detail: "the running service says down: slack (channel_not_found (#payments))",
  });
});

test("a service with nothing down is well; none, or something else on its port, is no failure", async () => {
  expect(await asked('{"dependencies":{"slack":{"state":"up","reason":null}}}')).toMatchObject({
    state: "ok",
  });
  expect(await asked("<html>")).toMatchObject({ state: "unused" });
  const nobody = { api: { host: "127.0.0.1", port: 1, token: null, publicUrl: null } };
  expect(await checkService(nobody)).toMatchObject({ state: "unused" });
});
