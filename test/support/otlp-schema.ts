import protobuf from "protobufjs";

/** opentelemetry-proto v1.11, as far as logs go; google.rpc for the error bodies. */
const PROTO = `
syntax = "proto3";
message AnyValue {
  oneof value {
    string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4;
    ArrayValue array_value = 5; KeyValueList kvlist_value = 6; bytes bytes_value = 7; int32 string_value_strindex = 8;
  }
}
message ArrayValue { repeated AnyValue values = 1; }
message KeyValueList { repeated KeyValue values = 1; }
message KeyValue { string key = 1; AnyValue value = 2; int32 key_strindex = 3; }
message InstrumentationScope {
  string name = 1; string version = 2; repeated KeyValue attributes = 3; uint32 dropped_attributes_count = 4;
}
message EntityRef { string schema_url = 1; string type = 2; repeated string id_keys = 3; }
message Resource { repeated KeyValue attributes = 1; uint32 dropped_attributes_count = 2; repeated EntityRef entity_refs = 3; }
message LogRecord {
  fixed64 time_unix_nano = 1; int32 severity_number = 2; string severity_text = 3; AnyValue body = 5;
  repeated KeyValue attributes = 6; uint32 dropped_attributes_count = 7; fixed32 flags = 8;
  bytes trace_id = 9; bytes span_id = 10; fixed64 observed_time_unix_nano = 11; string event_name = 12;
}
message ScopeLogs { InstrumentationScope scope = 1; repeated LogRecord log_records = 2; string schema_url = 3; }
message ResourceLogs { Resource resource = 1; repeated ScopeLogs scope_logs = 2; string schema_url = 3; }
message ExportLogsServiceRequest { repeated ResourceLogs resource_logs = 1; }
message ExportLogsPartialSuccess { int64 rejected_log_records = 1; string error_message = 2; }
message ExportLogsServiceResponse { ExportLogsPartialSuccess partial_success = 1; }
message Any { string type_url = 1; bytes value = 2; }
message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
message FieldViolation { string field = 1; string description = 2; }
message BadRequest { repeated FieldViolation field_violations = 1; }
`;

const { root } = protobuf.parse(PROTO);

export const RequestType = root.lookupType("ExportLogsServiceRequest");
export const LogRecordType = root.lookupType("LogRecord");
export const ResourceType = root.lookupType("Resource");
export const AnyValueType = root.lookupType("AnyValue");
const ResponseType = root.lookupType("ExportLogsServiceResponse");
const StatusType = root.lookupType("Status");
const BadRequestType = root.lookupType("BadRequest");

/** Encodes an object in lowerCamelCase, as `fromObject` takes it: ids and bytes as bytes, 64-bit numbers as strings. */
export function encode(type: protobuf.Type, object: Record<string, unknown>): Buffer {
  return Buffer.from(type.encode(type.fromObject(object)).finish());
}

const PLAIN: protobuf.IConversionOptions = { longs: String, arrays: false, oneofs: false };

export function decodeResponse(bytes: Uint8Array): unknown {
  return ResponseType.toObject(ResponseType.decode(bytes), PLAIN);
}

export interface PlainStatus {
  readonly code: number;
  readonly message: string;
  readonly violations: readonly { readonly field: string; readonly description: string }[];
}

/** A google.rpc.Status body of either encoding; throws where it is none. */
export function decodeStatus(contentType: string | undefined, bytes: Buffer): PlainStatus {
  if (contentType === "application/json") return statusOfJson(JSON.parse(bytes.toString()));
  if (contentType !== "application/x-protobuf") throw new Error(`no Status: ${contentType ?? "no type"}`);
  const status: unknown = StatusType.decode(bytes).toJSON();
  const { code, message, details } = status as {
    code: number;
    message: string;
    details?: { value: string }[];
  };
  const violations = (details ?? []).flatMap(({ value }) => {
    const plain: unknown = BadRequestType.toObject(BadRequestType.decode(Buffer.from(value, "base64")), {
      defaults: true,
    });
    return (plain as { fieldViolations: { field: string; description: string }[] }).fieldViolations;
  });
  return { code, message, violations };
}

function statusOfJson(value: unknown): PlainStatus {
  const status = value as {
    code: number;
    message: string;
    details?: { fieldViolations: { field: string; description: string }[] }[];
  };
  return {
    code: status.code,
    message: status.message,
    violations: (status.details ?? []).flatMap((detail) => detail.fieldViolations),
  };
}
