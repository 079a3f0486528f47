import { captureProcess } from "../../support/process.js";

/** What is known of a runtime handler's set-up. */
export interface HandlerFacts {
  /** Kind of shim, for instance `io.containerd.runc.v2`. */
  runtimeType?: string;
  /** The handler's own options in the runtime's configuration: no credentials are kept there. */
  options?: Record<string, unknown>;
  snapshotter?: string;
  /** First lines of what the handler's program says of its version, where it is found on this host. */
  version?: string;
}

/** Fields of a handler in containerd's configuration, as its verbose Status shows it. */
interface HandlerEntry {
  runtimeType?: string;
  options?: Record<string, unknown> | null;
  snapshotter?: string;
}

interface RuntimeConfiguration {
  containerd?: {
    defaultRuntimeName?: string;
    snapshotter?: string;
    runtimes?: Record<string, HandlerEntry>;
  };
}

/** Programs are asked for their version; one that hangs must not hold the benchmark up. */
const VERSION_TIMEOUT_MS = 3_000;

/**
 * Reads a handler's set-up from the runtime's verbose configuration, and asks its program for its version. Whatever
 * cannot be found out is left out.
 *
 * @param config `info.config` of a verbose Status
 * @param handler empty for the runtime's default
 */
export async function readHandlerFacts(config: string | undefined, handler: string): Promise<HandlerFacts> {
  const { containerd } = parse(config);
  const name = handler === "" ? (containerd?.defaultRuntimeName ?? "") : handler;
  const entry = containerd?.runtimes?.[name];
  const snapshotter = entry?.snapshotter ? entry.snapshotter : containerd?.snapshotter;
  const options = entry?.options ?? undefined;
  const binary = options?.["BinaryName"];
  const version = await versionOf(typeof binary === "string" && binary !== "" ? binary : name);
  return {
    ...(entry?.runtimeType !== undefined && { runtimeType: entry.runtimeType }),
    ...(options && { options }),
    ...(snapshotter !== undefined && { snapshotter }),
    ...(version !== undefined && { version }),
  };
}

function parse(config: string | undefined): RuntimeConfiguration {
  try {
    return (JSON.parse(config ?? "null") as RuntimeConfiguration | null) ?? {};
  } catch {
    return {};
  }
}

async function versionOf(program: string): Promise<string | undefined> {
  if (program === "") return undefined;
  try {
    const { exitCode, stdout } = await captureProcess(program, ["--version"], {
      timeoutMs: VERSION_TIMEOUT_MS,
      maxOutputBytes: 4096,
    });
    const lines = stdout.split("\n").filter((line) => line.trim() !== "");
    return exitCode === 0 && lines.length > 0 ? lines.slice(0, 2).join(", ") : undefined;
  } catch {
    return undefined;
  }
}
