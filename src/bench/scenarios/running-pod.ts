import { RpcError } from "../../cri/rpc-error.js";
import type { PodPlan } from "../core/pod-ledger.js";
import type { ScenarioContext } from "../core/scenario.js";
import { FirstLineWatch } from "./first-line.js";

/**
 * A process that does nothing and ends at once when asked to, so that stopping it measures the runtime alone. The first
 * process of a container ignores SIGTERM until it has said what to do with it: it prints a line when it has.
 */
const IDLE_COMMAND = ["sh", "-c", "trap 'exit 0' TERM; echo ready; sleep 86400 & wait"];

/** Grace period of measured stops: the idle process needs a moment of it, and a hang would show as this value. */
export const GRACE_PERIOD_S = 10n;

/** From StartContainer's answer to a process's first line: a VM that boots slowly stays well below it. */
export const FIRST_LINE_TIMEOUT_MS = 30_000;

type PodContext = Pick<ScenarioContext, "rpc" | "pods" | "image" | "signal">;

/** How a container differs from the usual idle one. */
export interface ContainerChanges {
  /** Prints a line when it is ready. */
  command?: string[];
  /** Keeps stdin open for attaching. */
  stdin?: boolean;
}

/** A pod made off the clock for others to be measured in. */
export class RunningPod {
  constructor(
    private readonly context: PodContext,
    readonly plan: PodPlan,
    readonly podSandboxId: string,
  ) {}

  /**
   * Creates a container with the idle process.
   */
  async createContainer(name: string, changes: ContainerChanges = {}): Promise<string> {
    const { rpc, pods, image } = this.context;
    const config = { ...pods.container(name, image, IDLE_COMMAND), ...changes };
    const { containerId } = await rpc.createContainer({
      podSandboxId: this.podSandboxId,
      config,
      sandboxConfig: this.plan.config,
    });
    return containerId;
  }

  /** Creates and starts a container, and waits until its process is ready; see {@link createContainer}. */
  async startContainer(name: string, changes: ContainerChanges = {}): Promise<string> {
    const containerId = await this.createContainer(name, changes);
    await this.context.rpc.startContainer({ containerId });
    await this.untilReady(name);
    return containerId;
  }

  /** Waits until a container's process has printed its line: the idle one may be stopped then. */
  async untilReady(name: string): Promise<void> {
    const watch = new FirstLineWatch(this.plan.logFolder, `${name}.log`);
    try {
      await watch.wait(FIRST_LINE_TIMEOUT_MS, this.context.signal);
    } finally {
      watch.close();
    }
  }

  /** Removes the pod with everything in it. */
  async remove(): Promise<void> {
    await this.context.pods.remove(this.podSandboxId);
    await this.context.pods.removeLogs(this.plan);
  }
}

/** Runs a pod without containers. */
export async function runPod(context: PodContext): Promise<RunningPod> {
  const plan = await context.pods.plan();
  const { podSandboxId } = await context.rpc.runPodSandbox({
    config: plan.config,
    runtimeHandler: plan.runtimeHandler,
  });
  return new RunningPod(context, plan, podSandboxId);
}

/** Does something for each item, so many at a time, and waits for all of them; the first error is thrown then. */
export async function forEachInParallel<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, worker));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}

/** True for the status of a call that the runtime does not have. */
export function isUnimplemented(error: unknown): boolean {
  return error instanceof RpcError && error.is("Unimplemented");
}
