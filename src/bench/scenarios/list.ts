import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { forEachInParallel, runPod, type RunningPod } from "./running-pod.js";

/** Numbers of containers that the calls are measured with; the growth from one to the next is the point. */
const SIZES = [1, 10, 100, 500];

/** A kubelet takes 110 pods unless told otherwise, and a node's subnet often has 254 addresses: more go into the same pods. */
const MAX_PODS = 100;

/** Pods made or removed at the same time, off the clock: more make a small host no faster. */
const SET_UP_CONCURRENCY = 4;

/** The kubelet's periodic questions on a node with so many running containers. */
function listScenario(size: number): Scenario {
  const podCount = Math.min(size, MAX_PODS);
  const containersPerPod = size / podCount;
  return {
    name: `list-${size}`,
    title: `ListPodSandbox, ListContainers, ListContainerStats with ${size} running containers in ${podCount} pods`,
    phases: ["pods", "containers", "stats"],
    async setUp(context) {
      const { rpc } = context;
      const pods: RunningPod[] = [];
      const cleanUp = () => forEachInParallel(pods, SET_UP_CONCURRENCY, (pod) => pod.remove());
      const addPod = async () => {
        context.signal.throwIfAborted();
        const pod = await runPod(context);
        pods.push(pod);
        for (let index = 0; index < containersPerPod; index++) await pod.startContainer(`idle-${index}`);
      };
      try {
        await forEachInParallel([...Array(podCount).keys()], SET_UP_CONCURRENCY, addPod);
      } catch (error) {
        await cleanUp();
        throw error;
      }
      const measure = async (laps: Laps) => {
        const { items } = await rpc.listPodSandbox({});
        laps.mark("pods");
        const { containers } = await rpc.listContainers({});
        laps.mark("containers");
        const { stats } = await rpc.listContainerStats({});
        laps.mark("stats");
        const listed = [
          ["pods", items.length, podCount],
          ["containers", containers.length, size],
          ["stats", stats.length, size],
        ] as const;
        for (const [name, seen, wanted] of listed) {
          if (seen < wanted) throw new Error(`${name}: ${seen} instead of at least ${wanted} were listed`);
        }
      };
      const attempt = { measure, conclude: () => Promise.resolve() };
      return { prepare: () => Promise.resolve(attempt), cleanUp };
    },
  };
}

export const listScenarios: readonly Scenario[] = SIZES.map(listScenario);
