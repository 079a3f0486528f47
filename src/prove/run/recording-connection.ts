import { CriConnection, type CallRecord, type CallScope, type CriRpc } from "../../cri/client.js";
import type { Endpoint } from "../../cri/endpoint.js";
import { setPaths } from "../faults/field-path.js";

/** What one spec did through a connection: which RPCs it called, and which fields went over the wire. */
export class Trace {
  readonly calls: Record<string, { count: number; refused: number }> = {};
  /** `RPC.path` of every field set in a request. */
  readonly sent = new Set<string>();
  /** `RPC.path` of every field set in a reply. */
  readonly received = new Set<string>();

  add({ method, desc, code, request, responses }: CallRecord): void {
    const calls = (this.calls[method] ??= { count: 0, refused: 0 });
    calls.count++;
    if (code !== 0) calls.refused++;
    setPaths(desc.input, request, method, this.sent);
    for (const response of responses) setPaths(desc.output, response, method, this.received);
  }
}

/** A connection that notes what its user calls, sends and receives. */
export class RecordingConnection extends CriConnection {
  constructor(
    endpoint: Endpoint,
    private readonly trace: Trace,
  ) {
    super(endpoint);
  }

  override rpc(scope: CallScope = {}): CriRpc {
    const onCall = (call: CallRecord): void => {
      this.trace.add(call);
      scope.onCall?.(call);
    };
    return super.rpc({ ...scope, onCall });
  }
}
