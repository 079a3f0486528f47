import { setTimeout } from "node:timers/promises";
import { cgroupMemoryBytes } from "../cost/cgroup-memory.js";
import { findListener } from "../cost/daemon.js";
import { listProcesses, processesOf, readPssBytes, roleOf, type ProcessFacts } from "../cost/processes.js";
import { nowNs, nsToS } from "../core/clock.js";
import { readAvailableMemoryBytes } from "../core/environment.js";
import { NotApplicableError, type CostScenario, type Observation, type ScenarioContext } from "../core/scenario.js";
import { forEachInParallel, runPod, type RunningPod } from "./running-pod.js";

/** Numbers of pods held at the same time. Shared pages are divided among more owners the more there are. */
const SIZES = [10, 50];

const SET_UP_CONCURRENCY = 4;

/** How long idle pods are observed: long enough for timers that fire every few seconds. */
const HOLD_MS = 10_000;

/** Length of a clock tick in /proc (USER_HZ is 100 on every architecture of Linux that runs containers). */
const NS_PER_TICK = 10_000_000;

const METHOD =
  "Memory is the proportional set size of all processes with the pod's or its container's id in their command line or " +
  "cgroup, and their descendants; of the daemon, its growth by pod. It does not see kernel memory, page cache of files, " +
  "or daemons that serve all pods under another name; memoryHost, the fall of MemAvailable by pod, sees all of these and " +
  "everything else on the host. CPU time counts ended children only once their parent has waited for them.";

interface HeldPod {
  pod: RunningPod;
  ids: string[];
}

function densityScenario(size: number): CostScenario {
  return {
    name: `density-${size}`,
    title: `memory and CPU time that each of ${size} idle pods with one container costs`,
    method: METHOD,
    async observe(context) {
      const daemonPid = await findDaemon(context);
      const before = await lookAt([], daemonPid);
      const pods: HeldPod[] = [];
      const addPod = async () => {
        context.signal.throwIfAborted();
        const pod = await runPod(context);
        const held: HeldPod = { pod, ids: [pod.podSandboxId] };
        pods.push(held);
        held.ids.push(await pod.startContainer("idle"));
      };
      try {
        await forEachInParallel([...Array(size).keys()], SET_UP_CONCURRENCY, addPod);
        const started = await lookAt(pods, daemonPid);
        await setTimeout(HOLD_MS, undefined, { signal: context.signal });
        return await report(pods, before, started, await lookAt(pods, daemonPid));
      } finally {
        await forEachInParallel(pods, SET_UP_CONCURRENCY, ({ pod }) => pod.remove());
      }
    },
  };
}

async function findDaemon({ runtimeSocket }: ScenarioContext): Promise<number | undefined> {
  const pid = runtimeSocket === undefined ? undefined : await findListener(runtimeSocket);
  const ownPss = await readPssBytes(process.pid);
  if (runtimeSocket !== undefined && ownPss !== undefined) return pid;
  throw new NotApplicableError("memory is read from /proc of the runtime's host, which needs a UNIX socket and Linux");
}

/** The state of the host and of the pods at one moment. */
interface Look {
  atNs: number;
  availableBytes: number;
  daemonPssBytes: number;
  daemonTicks: number;
  /** Processes of each pod. */
  processes: ProcessFacts[][];
}

async function lookAt(pods: readonly HeldPod[], daemonPid: number | undefined): Promise<Look> {
  const all = await listProcesses();
  const daemon = all.find(({ pid }) => pid === daemonPid);
  return {
    atNs: nowNs(),
    availableBytes: readAvailableMemoryBytes(),
    daemonPssBytes: (daemonPid !== undefined && (await readPssBytes(daemonPid))) || 0,
    daemonTicks: daemon?.cpuTicks ?? 0,
    processes: pods.map(({ ids }) => processesOf(ids, all)),
  };
}

async function report(pods: readonly HeldPod[], before: Look, started: Look, held: Look): Promise<Observation[]> {
  const perPod = (total: number) => Math.max(0, Math.round(total / pods.length));
  const ticksOf = ({ processes, daemonTicks }: Look) =>
    processes.flat().reduce((sum, { cpuTicks }) => sum + cpuTicks, daemonTicks);
  const holdS = nsToS(held.atNs - started.atNs);
  const startNs = (ticksOf(started) - before.daemonTicks) * NS_PER_TICK;
  const idleNs = ((ticksOf(held) - ticksOf(started)) * NS_PER_TICK) / holdS;
  return [
    ...(await memoryOf(pods, held)),
    bytes("memoryDaemon", [perPod(held.daemonPssBytes - before.daemonPssBytes)]),
    bytes("memoryHost", [perPod(before.availableBytes - held.availableBytes)]),
    { metric: "cpuStart", unit: "ns", values: [perPod(startNs)] },
    { metric: "cpuIdlePerS", unit: "ns", values: [perPod(idleNs)] },
  ];
}

/** One value per pod: all its processes, then those of each role, then its control groups where it has any. */
async function memoryOf(pods: readonly HeldPod[], { processes }: Look): Promise<Observation[]> {
  const byMetric = new Map<string, number[]>();
  for (const [index, own] of processes.entries()) {
    const add = (metric: string, value: number) => {
      const values = byMetric.get(metric) ?? new Array<number>(pods.length).fill(0);
      values[index]! += value;
      byMetric.set(metric, values);
    };
    for (const process of own) {
      const pssBytes = await readPssBytes(process.pid);
      if (pssBytes === undefined) continue;
      add("memory", pssBytes);
      add(`memory${capitalized(roleOf(process))}`, pssBytes);
    }
    const chargedBytes = await cgroupMemoryBytes(own, pods[index]!.ids);
    if (chargedBytes !== undefined) add("memoryCgroup", chargedBytes);
  }
  if (!byMetric.has("memory")) {
    throw new NotApplicableError("no process of the pods can be read in /proc: it needs root, on the runtime's host");
  }
  return [...byMetric].map(([metric, values]) => bytes(metric, values));
}

const bytes = (metric: string, values: number[]): Observation => ({ metric, unit: "bytes", values });

const capitalized = (word: string): string => word[0]!.toUpperCase() + word.slice(1);

export const densityScenarios: readonly CostScenario[] = SIZES.map(densityScenario);
