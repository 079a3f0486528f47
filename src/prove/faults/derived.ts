import { create, type DescMethod, type Message } from "@bufbuild/protobuf";
import { setTimeout as sleep } from "node:timers/promises";
import { METHOD_KEYS, METHODS, type MethodKey, type RpcName } from "../../cri/methods.js";
import { CODE_NUMBERS } from "../../cri/rpc-error.js";
import { CallStatus } from "../proxy/call-status.js";
import type { InterceptedCall, Interceptor } from "../proxy/intercepted-call.js";
import { areaOf } from "./area.js";
import type { Fault, FaultInfo } from "./fault.js";
import { fieldPaths, forEachHolder, isEmpty, leafName, pathName, type FieldPath } from "./field-path.js";
import { canBeWrong, putWrongValue } from "./wrong-value.js";

/** A StopContainer with its default grace period may take this long, so that nothing less is surely late. */
const LATE_MS = 10_000;

/** The faults that follow from the contract alone: for every field and every RPC the ways in which it can be wrong. */
export function derivedFaults(): Fault[] {
  return METHOD_KEYS.flatMap((key) => {
    const method: DescMethod = METHODS[key];
    return [
      ...fieldPaths(method.input, isSandboxConfig).map((path) => ignored(key, method, path)),
      ...fieldPaths(method.output).flatMap((path) => [
        omitted(key, method, path),
        ...(canBeWrong(path.at(-1)!) ? [wrong(key, method, path)] : []),
      ]),
      ...wholeCall(key, method),
    ];
  });
}

/** The sandbox has its configuration since RunPodSandbox; later requests repeat it, to be taken or left as a whole. */
function isSandboxConfig(path: FieldPath): boolean {
  return path.at(-1)?.name === "sandbox_config";
}

/** The request's field never reaches the runtime. */
function ignored(key: MethodKey, method: DescMethod, path: FieldPath): Fault {
  const name = pathName(path);
  return {
    ...info("ignored", method, name, `${method.name} ignores ${name} of its request`),
    reach: { rpcs: [method.name as RpcName], sent: `${method.name}.${name}` },
    make: (hit) => ({
      interceptors: {
        [key]: withRequest((request) => {
          if (clear(request, path)) hit();
        }),
      },
    }),
  };
}

/** The reply's field never reaches the client. */
function omitted(key: MethodKey, method: DescMethod, path: FieldPath): Fault {
  const name = pathName(path);
  return {
    ...info("omitted", method, name, `${method.name} leaves ${name} out of its reply`),
    reach: { rpcs: [method.name as RpcName], received: `${method.name}.${name}`, read: leafName(path) },
    make: (hit) => ({
      interceptors: {
        [key]: withReplies(method, (reply) => {
          if (clear(reply, path)) hit();
        }),
      },
    }),
  };
}

/** The reply's field has another value than the runtime gave it. */
function wrong(key: MethodKey, method: DescMethod, path: FieldPath): Fault {
  const name = pathName(path);
  const field = path.at(-1)!;
  // An empty list or map stays as it is; any other field has a wrong value also where it is not set.
  const isCollection = field.fieldKind === "list" || field.fieldKind === "map";
  const there = (isCollection ? path : path.slice(0, -1)).map(({ name: part }) => `.${part}`);
  return {
    ...info("wrong", method, name, `${method.name} answers a wrong ${name}`),
    reach: {
      rpcs: [method.name as RpcName],
      ...(there.length > 0 && { received: `${method.name}${there.join("")}` }),
      read: leafName(path),
    },
    make: (hit) => ({
      interceptors: {
        [key]: withReplies(method, (reply) => {
          forEachHolder(reply, path, (holder) => {
            if (putWrongValue(holder, field)) hit();
          });
        }),
      },
    }),
  };
}

/** What can be wrong with an RPC whatever is in its messages. */
function wholeCall(key: MethodKey, method: DescMethod): Fault[] {
  const rpc = method.name as RpcName;
  const fault = (kind: string, title: string, course: Course, extra: Partial<Fault> = {}): Fault => ({
    ...info(kind, method, undefined, title),
    reach: { rpcs: [rpc] },
    make: (hit) => ({ interceptors: { [key]: callInCourse(method, course, hit) } }),
    ...extra,
  });
  const ofRefusals = { reach: { rpcs: [rpc], refused: true } } as const;
  return [
    fault("noop", `${rpc} answers success and does nothing`, { skipped: true }),
    fault("fails", `${rpc} does what it shall and answers an error`, {
      after: () => Promise.reject(CallStatus.of("Unknown", "something went wrong")),
    }),
    fault(
      "wrong-code",
      `${rpc} answers NotFound for other errors, and Unknown for NotFound`,
      { refused: (status) => status.withCode(status.code === Number(CODE_NUMBERS.NotFound) ? "Unknown" : "NotFound") },
      ofRefusals,
    ),
    fault("swallowed", `${rpc} answers success where it failed`, { refused: () => undefined }, ofRefusals),
    fault(
      "late",
      `${rpc} answers ${LATE_MS / 1000} s late`,
      { after: (call) => sleep(LATE_MS, undefined, { signal: call.signal }).catch(() => undefined) },
      { delayMs: LATE_MS, maxSpecs: 3 },
    ),
  ];
}

/** How a call goes that is wrong as a whole. */
interface Course {
  /** The runtime is not asked. */
  skipped?: true;
  /** Before the reply is passed on, or the first message of a stream. */
  after?: (call: InterceptedCall) => Promise<void>;
  /** Makes another status of a refusal, or none. */
  refused?: (status: CallStatus) => CallStatus | undefined;
}

function callInCourse(method: DescMethod, { skipped, after, refused }: Course, hit: () => void): Interceptor {
  const replies = async function* (call: InterceptedCall): AsyncGenerator<Message> {
    if (skipped) {
      hit();
      return;
    }
    const reached = async (): Promise<void> => {
      if (after) hit();
      await after?.(call);
    };
    try {
      if (method.methodKind !== "unary") {
        await reached();
        yield* call.forwardStream();
        return;
      }
      const reply = await call.forward();
      await reached();
      yield reply;
    } catch (error) {
      if (!refused || !(error instanceof CallStatus)) throw error;
      hit();
      const status = refused(error);
      if (status) throw status;
    }
  };
  if (method.methodKind !== "unary") return replies;
  return async (call) => {
    for await (const reply of replies(call)) return reply;
    return create(method.output);
  };
}

function withRequest(edit: (request: Message) => void): Interceptor {
  return (call) => {
    edit(call.request);
    return call.method.methodKind === "unary" ? call.forward() : call.forwardStream();
  };
}

function withReplies(method: DescMethod, edit: (reply: Message) => void): Interceptor {
  if (method.methodKind === "unary") {
    return async (call) => {
      const reply = await call.forward();
      edit(reply);
      return reply;
    };
  }
  return async function* (call) {
    for await (const reply of call.forwardStream()) {
      edit(reply);
      yield reply;
    }
  };
}

function clear(message: Message, path: FieldPath): boolean {
  const field = path.at(-1)!;
  let changed = false;
  forEachHolder(message, path, (holder) => {
    if (isEmpty(holder[field.localName])) return;
    const blank = create(field.parent) as unknown as Record<string, unknown>;
    holder[field.localName] = blank[field.localName];
    changed = true;
  });
  return changed;
}

function info(kind: string, { name }: DescMethod, path: string | undefined, title: string): FaultInfo {
  return {
    id: `${kind}:${name}${path === undefined ? "" : `.${path}`}`,
    family: "derived",
    kind,
    title,
    area: areaOf(name as RpcName),
    rpc: name as RpcName,
    ...(path !== undefined && { path }),
  };
}
