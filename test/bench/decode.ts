import { decodeRequest } from "../../src/otlp/decode.ts";
import { RequestType } from "../support/otlp-schema.ts";
import { alone } from "./alone.ts";
import { COLLECTOR_BATCH, RequestTemplate } from "./corpus.ts";
import { median, spread } from "./stats.ts";
import { loadNote, type Measured, type Table } from "./table.ts";

/** Times protobufjs to objects. */
const BAR = 10;

function row(what: string, figures: readonly number[], against: Measured["against"]): Measured {
  return {
    what,
    value: median(figures),
    unit: "records/CPU-s",
    better: "higher",
    from: spread(figures),
    against,
  };
}

/** The decoder alone, on the same requests as two others. */
export async function* decode(): AsyncGenerator<Table> {
  const templates = [1, 2].map((seed) => new RequestTemplate(COLLECTOR_BATCH, seed));
  const bodies = templates.map((template) => template.plain(Date.now()));
  const texts = bodies.map((body) => JSON.stringify(RequestType.decode(body).toJSON()));
  const { records } = COLLECTOR_BATCH;
  const objects = alone(bodies, records, (body) =>
    RequestType.toObject(RequestType.decode(body), { longs: String }),
  );
  const messages = alone(bodies, records, (body) => RequestType.decode(body));
  const json = alone(texts, records, (text) => JSON.parse(text) as unknown);
  const selective = alone(bodies, records, (body) => decodeRequest("protobuf", body));
  const everyBody = alone(bodies, records, (body) => {
    const result = decodeRequest("protobuf", body);
    if (result.kind === "decoded") for (let i = 0; i < result.batch.size; i++) result.batch.body(i);
  });
  const everyRecord = alone(bodies, records, (body) => {
    const result = decodeRequest("protobuf", body);
    if (result.kind === "decoded") for (let i = 0; i < result.batch.size; i++) result.batch.record(i);
  });
  yield {
    title: "Decode: plain protobuf, 8,192 records a request, without HTTP and gunzip",
    rows: [
      row("Tocsin's decoder", selective, {
        name: `bar: ${BAR} x protobufjs to objects`,
        value: BAR * median(objects),
      }),
      row("Tocsin's decoder", selective, { name: "protobufjs, its own messages", value: median(messages) }),
      row("Tocsin's decoder", selective, { name: "JSON.parse of the same requests", value: median(json) }),
      row("  with every body as a string", everyBody, {
        name: "protobufjs to objects",
        value: median(objects),
      }),
      row("  with every record whole", everyRecord, {
        name: "protobufjs to objects",
        value: median(objects),
      }),
      row("protobufjs to objects", objects, null),
      row("protobufjs, its own messages", messages, null),
      row("JSON.parse", json, null),
    ],
    notes: [
      `${Math.round((bodies[0]?.length ?? 0) / records)} bytes a record as protobuf, ${Math.round((texts[0]?.length ?? 0) / records)} as JSON`,
      loadNote("at the end"),
    ],
  };
}
