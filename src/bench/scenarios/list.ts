import type { Laps } from "../core/laps.js";
import type { Scenario } from "../core/scenario.js";
import { forEachInParallel, runPod, type RunningPod } from "./running-pod.js";

/** Numbers of pods that the calls are measured with; the growth from one to the next is the point. */
const SIZES = [1, 10, 100, 500];

/** Pods made or removed at the same time, off the clock: more make a small host no faster. */
const SET_UP_CONCURRENCY = 4;

/** The kubelet's periodic questions on a node with so many pods of one running container each. */
function listScenario(size: number): Scenario {
  return {
    name: `list-${size}`,
    title: `ListPodSandbox, ListContainers, ListContainerStats with ${size} pods of one running container each`,
    phases: ["pods", "containers", "stats"],
    async setUp(context) {
      const { rpc } = context;
      const pods: RunningPod[] = [];
      const cleanUp = () => forEachInParallel(pods, SET_UP_CONCURRENCY, (pod) => pod.remove());
      const addPod = async () => {
        context.signal.throwIfAborted();
        const pod = await runPod(context);
        pods.push(pod);
        await pod.startContainer("idle");
      };
      try {
        await forEachInParallel([...Array(size).keys()], SET_UP_CONCURRENCY, addPod);
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
        for (const [name, seen] of Object.entries({ items, containers, stats })) {
          if (seen.length < size) throw new Error(`${name}: ${seen.length} instead of at least ${size} were listed`);
        }
      };
      const attempt = { measure, conclude: () => Promise.resolve() };
      return { prepare: () => Promise.resolve(attempt), cleanUp };
    },
  };
}

export const listScenarios: readonly Scenario[] = SIZES.map(listScenario);
