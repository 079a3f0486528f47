import type { DescMethod, Message } from "@bufbuild/protobuf";
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

  /** Notes a reply or a message of a stream. Every one counts: what a spec waits for is often a late one. */
  addReply({ desc, message }: { desc: DescMethod; message: Message }): void {
    setPaths(desc.output, message, desc.name, this.received);
  }

  /** Notes a call that has ended. */
  add({ method, desc, code, local, request }: CallRecord): void {
    const calls = (this.calls[method] ??= { count: 0, refused: 0 });
    calls.count++;
    if (code !== 0 && !local) calls.refused++;
    setPaths(desc.input, request, method, this.sent);
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
    const onReply: CallScope["onReply"] = (reply) => {
      this.trace.addReply(reply);
      scope.onReply?.(reply);
    };
    return super.rpc({ ...scope, onCall, onReply });
  }
}
