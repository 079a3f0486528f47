import { open } from "node:fs/promises";
import { constants } from "node:fs";
import {
  ContainerState,
  type ContainerStatus,
  type ContainerStatusResponse,
  type ExecSyncResponse,
} from "../cri/gen/runtime/v1/api_pb.js";
import { sh } from "./commands.js";
import { parseContainerLog, type ParsedLog } from "./container-log.js";
import type { CriRpc } from "../cri/client.js";
import { EnvironmentError, ExpectationFailed } from "./outcome.js";
import type { ContainerInit, PodSandboxInit } from "./pod-options.js";
import { until } from "./until.js";

/** What ExecSync returned, with its output as text too. */
export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Buffer;
  readonly stderrBytes: Buffer;
  readonly exitCode: number;
}

/** Reads the reply only where the result is read: what nobody looks at counts as looked at by nobody. */
function execResult(reply: ExecSyncResponse): ExecResult {
  const bytes = (stream: "stdout" | "stderr"): Buffer => Buffer.from(reply[stream]);
  return {
    get stdout() {
      return bytes("stdout").toString("utf8");
    },
    get stderr() {
      return bytes("stderr").toString("utf8");
    },
    get stdoutBytes() {
      return bytes("stdout");
    },
    get stderrBytes() {
      return bytes("stderr");
    },
    get exitCode() {
      return reply.exitCode;
    },
  };
}

/** More of a log than this is not read: the file's size is in the hands of a container. */
const MAX_LOG_BYTES = 256 * 1024 * 1024;

/** A container that a spec made. */
export class Container {
  constructor(
    private readonly rpc: CriRpc,
    /** The sandbox it is in. */
    readonly sandbox: { readonly id: string; readonly config: PodSandboxInit },
    readonly id: string,
    readonly config: ContainerInit,
  ) {}

  /** StartContainer. */
  async start(): Promise<void> {
    await this.rpc.startContainer({ containerId: this.id });
  }

  /** StopContainer; returns how long the call took, in milliseconds. */
  async stop({ gracePeriodS = 0 }: { gracePeriodS?: number } = {}): Promise<number> {
    const startedMs = performance.now();
    await this.rpc.stopContainer({ containerId: this.id, timeout: BigInt(gracePeriodS) });
    return performance.now() - startedMs;
  }

  /** RemoveContainer. */
  async remove(): Promise<void> {
    await this.rpc.removeContainer({ containerId: this.id });
  }

  /** ContainerStatus, whole. */
  statusResponse(verbose = false): Promise<ContainerStatusResponse> {
    return this.rpc.containerStatus({ containerId: this.id, verbose });
  }

  /** ContainerStatus.status. */
  async status(): Promise<ContainerStatus> {
    const { status } = await this.statusResponse();
    if (!status)
      throw new ExpectationFailed({
        subject: "ContainerStatusResponse.status",
        expected: "to be present",
        seen: "absent",
      });
    return status;
  }

  /** Waits until the container has exited and returns its status. */
  async exited({ timeoutMs = 30_000 }: { timeoutMs?: number } = {}): Promise<ContainerStatus> {
    let last: ContainerStatus | undefined;
    return until(
      "ContainerStatus.state to be CONTAINER_EXITED",
      async () => {
        last = await this.status();
        return last.state === ContainerState.CONTAINER_EXITED && last;
      },
      { timeoutMs, seen: () => (last ? ContainerState[last.state] : "no status") },
    );
  }

  /** ExecSync; a non-zero exit code is a result, not an error. */
  async execSync(cmd: string[], { timeoutS = 0 }: { timeoutS?: number } = {}): Promise<ExecResult> {
    const reply = await this.rpc.execSync({ containerId: this.id, cmd, timeout: BigInt(timeoutS) });
    return execResult(reply);
  }

  /** ExecSync that must exit with 0; returns its stdout. */
  async output(cmd: string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await this.execSync(cmd);
    if (exitCode !== 0) {
      throw new ExpectationFailed({
        subject: `exit code of ${JSON.stringify(cmd)} in the container`,
        expected: "0",
        seen: `${exitCode}, stderr ${JSON.stringify(stderr.slice(0, 300))}`,
      });
    }
    return stdout;
  }

  /** What each of several shell scripts prints, without the end of the line: one ExecSync, in which each must succeed. */
  async outputs<Name extends string>(scripts: Record<Name, string>): Promise<Record<Name, string>> {
    const names = Object.keys(scripts) as Name[];
    const stdout = await this.output(sh(names.map((name) => `{ ${scripts[name]}; } && printf '\\0'`).join(" && ")));
    const texts = stdout.split("\0");
    return Object.fromEntries(names.map((name, index) => [name, texts[index]?.trimEnd()])) as Record<Name, string>;
  }

  /** Host path of the log file. */
  get logFile(): string {
    const { logDirectory } = this.sandbox.config;
    if (!logDirectory || !this.config.logPath)
      throw new EnvironmentError("This container was created without a log file.");
    return `${logDirectory}/${this.config.logPath}`;
  }

  /** The log file as it is now; a file that does not exist yet counts as empty. */
  async log(): Promise<ParsedLog> {
    return parseContainerLog(await readBounded(this.logFile));
  }
}

/**
 * Reads a log file. A link is followed: no container sees the log folder, so it is the runtime's, as those of cri-dockerd
 * to Docker's own logs.
 */
async function readBounded(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  });
  if (!file) return Buffer.alloc(0);
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > MAX_LOG_BYTES) {
      throw new ExpectationFailed({
        subject: `log file ${path}`,
        expected: `a regular file of at most ${MAX_LOG_BYTES} bytes`,
        seen: stat.isFile() ? `${stat.size} bytes` : "something else",
      });
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}
