import { setTimeout as delay } from "node:timers/promises";
import { behaviour, type Container, expect, until } from "../../src/harness/index.js";

/** A creation that nothing holds up takes less than this; one that waits for the plugin would wait for ever. */
const OVERLAP_MS = 300;

behaviour(
  "NRI-010",
  {
    title: "Synchronize gives a late plugin the existing state without losing anything",
    level: "optional",
    rpcs: ["RunPodSandbox", "CreateContainer"],
    clause: "NRI Synchronize: with the events after it, a plugin knows every pod and container exactly once",
    needs: ["nri"],
    locks: ["whole-node"],
    critest: [
      "[k8s.io] NRI plugin synchronization should synchronize a newly connected plugin with existing pods and containers",
      "[k8s.io] NRI plugin synchronization should receive a callback for container created during the Synchronize call",
      "[k8s.io] NRI plugin synchronization should receive information about all containers without the race condition during initialization",
    ],
  },
  async ({ runtime, connectNri }) => {
    const sandbox = await runtime.runSandbox();
    const create = (count: number): Promise<Container[]> =>
      Promise.all(Array.from({ length: count }, () => sandbox.createContainer()));
    const before = await create(2);
    const told: { pods: string[]; containers: string[] } = { pods: [], containers: [] };
    let duringSynchronize: Promise<Container[]> = Promise.resolve([]);

    const nri = await connectNri({
      onSynchronize: async (pods, containers) => {
        told.pods = pods.map(({ id }) => id);
        told.containers = containers.map(({ id }) => id);
        duringSynchronize = create(3);
        duringSynchronize.catch(() => undefined); // awaited below
        await Promise.race([duringSynchronize, delay(OVERLAP_MS)]);
      },
    });
    const during = await duringSynchronize;
    const after = await create(2);

    const created = [...before, ...during, ...after].map(({ id }) => id);
    const callbacks = () => nri.events.flatMap(({ container }) => (container ? [container.id] : []));
    const known = () => new Set([...told.containers, ...callbacks()]);
    await until("the plugin to know as many containers as were created", () => known().size >= created.length, {
      timeoutMs: 15_000,
      seen: () => `${told.containers.length} from Synchronize, ${new Set(callbacks()).size} from events`,
    });
    expect(told.pods, "pods of Synchronize").to.deep.equal([sandbox.id]);
    expect(told.containers, "containers of Synchronize").to.include.members(before.map(({ id }) => id));
    expect([...known()], "containers that the plugin knows").to.have.members(created);
  },
);
