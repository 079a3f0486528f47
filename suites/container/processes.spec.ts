import { writeFile } from "node:fs/promises";
import {
  behaviour,
  ContainerState,
  expect,
  heartbeat,
  NamespaceMode,
  sh,
  untilBeating,
  untilSilent,
  type Container,
} from "../../src/harness/index.js";

/** Leaves two children that write to the node for as long as they live, and goes on until `/alive/end` appears. */
const PARENT = sh(
  `(${heartbeat("/alive/one")}) & (${heartbeat("/alive/two")}) & while [ ! -e /alive/end ]; do sleep 0.1; done`,
);

behaviour(
  "CTR-035",
  {
    title: "No process of an exited container survives, whatever the PID namespace",
    level: "required",
    rpcs: ["StopContainer", "ContainerStatus"],
    clause: "StopContainer: the container has exited when the call has returned, its processes with it",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const exiting = async (pid: NamespaceMode, end: (container: Container, folder: string) => Promise<unknown>) => {
      const folder = await tempFolder("alive");
      const children = [`${folder}/one`, `${folder}/two`];
      const container = await runtime.startContainer({
        pod: { linux: { securityContext: { namespaceOptions: { pid } } } },
        command: PARENT,
        mounts: [{ containerPath: "/alive", hostPath: folder }],
      });
      await Promise.all(children.map(untilBeating));

      await end(container, folder);

      expect(await container.status(), `ContainerStatus with process namespace ${NamespaceMode[pid]}`).to.have.fields({
        state: ContainerState.CONTAINER_EXITED,
      });
      await Promise.all(children.map(untilSilent));
    };
    const stopped = (container: Container) => container.stop();
    const endedByItself = async (container: Container, folder: string) => {
      await writeFile(`${folder}/end`, "");
      await container.exited();
    };

    await Promise.all([
      exiting(NamespaceMode.CONTAINER, stopped),
      exiting(NamespaceMode.POD, stopped),
      exiting(NamespaceMode.NODE, stopped),
      exiting(NamespaceMode.NODE, endedByItself),
    ]);
  },
);
