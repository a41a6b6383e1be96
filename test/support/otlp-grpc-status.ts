import protobuf from "protobufjs";

const { root } = protobuf.parse(`
syntax = "proto3";
message Any { string type_url = 1; bytes value = 2; }
message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
message Duration { int64 seconds = 1; int32 nanos = 2; }
message RetryInfo { Duration retry_delay = 1; }
message FieldViolation { string field = 1; string description = 2; }
message BadRequest { repeated FieldViolation field_violations = 1; }
`);

const StatusType = root.lookupType("Status");
const PLAIN: protobuf.IConversionOptions = { longs: Number, arrays: true };

/** `grpc-status-details-bin`, with the details that we send spelt out. */
export interface GrpcDetails {
  readonly code: number;
  readonly message: string;
  readonly retryAfterS: number | null;
  readonly violations: readonly { readonly field?: string; readonly description: string }[];
}

interface PlainStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly typeUrl: string; readonly value: Buffer }[];
}

export function detailsOf(bytes: Uint8Array): GrpcDetails {
  const status = StatusType.toObject(StatusType.decode(bytes), PLAIN) as PlainStatus;
  let retryAfterS: number | null = null;
  const violations: { field?: string; description: string }[] = [];
  for (const { typeUrl, value } of status.details) {
    const name = /^type\.googleapis\.com\/google\.rpc\.(RetryInfo|BadRequest)$/.exec(typeUrl)?.[1];
    if (name === undefined) throw new Error(`unknown detail ${typeUrl}`);
    const type = root.lookupType(name);
    const plain = type.toObject(type.decode(value), PLAIN);
    if (name === "RetryInfo") retryAfterS = (plain as { retryDelay: { seconds: number } }).retryDelay.seconds;
    else violations.push(...(plain as { fieldViolations: typeof violations }).fieldViolations);
  }
  return { code: status.code, message: status.message, retryAfterS, violations };
}
