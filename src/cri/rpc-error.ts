import { status as GrpcStatus } from "@grpc/grpc-js";

/** Name of a gRPC status code as the contract and Go write it, for instance `NotFound`. */
export type CodeName = keyof typeof CODE_NUMBERS;

/** gRPC status codes by their usual names (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const CODE_NUMBERS = {
  OK: GrpcStatus.OK,
  Canceled: GrpcStatus.CANCELLED,
  Unknown: GrpcStatus.UNKNOWN,
  InvalidArgument: GrpcStatus.INVALID_ARGUMENT,
  DeadlineExceeded: GrpcStatus.DEADLINE_EXCEEDED,
  NotFound: GrpcStatus.NOT_FOUND,
  AlreadyExists: GrpcStatus.ALREADY_EXISTS,
  PermissionDenied: GrpcStatus.PERMISSION_DENIED,
  ResourceExhausted: GrpcStatus.RESOURCE_EXHAUSTED,
  FailedPrecondition: GrpcStatus.FAILED_PRECONDITION,
  Aborted: GrpcStatus.ABORTED,
  OutOfRange: GrpcStatus.OUT_OF_RANGE,
  Unimplemented: GrpcStatus.UNIMPLEMENTED,
  Internal: GrpcStatus.INTERNAL,
  Unavailable: GrpcStatus.UNAVAILABLE,
  DataLoss: GrpcStatus.DATA_LOSS,
  Unauthenticated: GrpcStatus.UNAUTHENTICATED,
} as const;

const NAMES = new Map<number, CodeName>(Object.entries(CODE_NUMBERS).map(([name, code]) => [code, name as CodeName]));

/** The name of a status code; codes outside gRPC's range keep their number. */
export function codeName(code: number): CodeName | `Code(${number})` {
  return NAMES.get(code) ?? `Code(${code})`;
}

/** A call that ended with a status other than OK. */
export class RpcError extends Error {
  override name = "RpcError";
  readonly codeName: CodeName | `Code(${number})`;

  constructor(
    /** RPC as the contract names it, for instance `StopContainer`. */
    readonly method: string,
    /** gRPC status code. */
    readonly code: number,
    /** The runtime's own message, unescaped: escape it before printing. */
    readonly details: string,
    /** True where this client ended the call itself (its deadline or its signal). */
    readonly local: boolean,
  ) {
    super(`${method}: ${codeName(code)} (${code}): ${details}`);
    this.codeName = codeName(code);
  }

  /** True when the status is one of the given ones. */
  is(...names: CodeName[]): boolean {
    return names.some((name) => Number(CODE_NUMBERS[name]) === this.code);
  }
}

/** For what may fail because of the runtime: lets an RpcError pass, and throws anything else again. */
export function ignoreRpcError(error: unknown): void {
  if (!(error instanceof RpcError)) throw error;
}
