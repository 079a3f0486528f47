import { existsSync, statSync } from "node:fs";
import {
  behaviour,
  ContainerState,
  expect,
  patience,
  remains,
  RpcError,
  sh,
  until,
  type ContainerOptions,
} from "../../src/harness/index.js";
import { loggedLines, untilLogged } from "./logged.js";

/**
 * Process 1 that outlives any SIGTERM: `/seen/ready` says that it runs, `/seen/term` that it got one, and `/seen/alive` is written
 * all along. The shell makes them by itself: starting `touch` takes gVisor seconds on a busy node.
 * @param folder on the node, where the files appear
 */
const stubborn = (folder: string): ContainerOptions => ({
  command: sh("trap 'echo > /seen/term' TERM; echo > /seen/ready; while :; do echo >> /seen/alive; sleep 0.1; done"),
  mounts: [{ containerPath: "/seen", hostPath: folder }],
});

/** How long a {@link stubborn} process lived on after SIGTERM, in milliseconds, whatever the runtime did before and after. */
const outlivedMs = (folder: string): number => statSync(`${folder}/alive`).mtimeMs - statSync(`${folder}/term`).mtimeMs;

/** Waits for a file that a container makes. */
const appeared = (file: string): Promise<boolean> => until(`${file} to appear`, () => existsSync(file));

behaviour(
  "CTR-027",
  {
    title: "A process that does not end on SIGTERM gets the whole grace period before SIGKILL",
    level: "required",
    rpcs: ["StopContainer", "ContainerStatus"],
    clause: "StopContainerRequest.timeout: grace period in seconds between the stop signal and SIGKILL",
    needs: ["node-files"],
    waits: true,
  },
  async ({ runtime, tempFolder }) => {
    // Enough for the trap to show that SIGTERM came: on two busy processors gVisor took up to 3 s, and once more than 4 s.
    const gracePeriodsS = [4, 10].map((usualS) => Math.ceil(usualS * patience()));
    await Promise.all(
      gracePeriodsS.map(async (gracePeriodS) => {
        const folder = await tempFolder("seen");
        const container = await runtime.startContainer(stubborn(folder));
        await appeared(`${folder}/ready`);

        const elapsedMs = await container.stop({ gracePeriodS });

        // Killing comes on top; a runtime that asks for the process's end now and then takes some seconds more.
        const [leastMs, mostMs] = [gracePeriodS * 1000 - 200, gracePeriodS * 1000 + 10_000];
        expect(elapsedMs, `duration of StopContainer with ${gracePeriodS} s in ms`).to.be.within(leastMs, mostMs);
        expect(existsSync(`${folder}/term`), "the process got SIGTERM first").to.equal(true);
        // On two busy processors StopContainer took up to 4.7 s more than the period. Room for that, but not for the other period.
        const longestMs = gracePeriodS * 1500 + 2_000;
        expect(outlivedMs(folder), `ms that the process outlived SIGTERM with ${gracePeriodS} s`).to.be.within(
          0,
          longestMs,
        );
        expect(await container.status(), "ContainerStatus").to.have.fields({
          state: ContainerState.CONTAINER_EXITED,
          exitCode: 137,
        });
      }),
    );
  },
);

behaviour(
  "CTR-028",
  {
    title: "StopContainer without a grace period kills at once",
    level: "required",
    rpcs: ["StopContainer", "ContainerStatus"],
    clause: "StopContainerRequest.timeout: 0 kills at once",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const folder = await tempFolder("seen");
    const container = await runtime.startContainer(stubborn(folder));
    await appeared(`${folder}/ready`);

    const stopMs = await container.stop({ gracePeriodS: 0 });

    // The shortest default grace period of any runtime is 10 s.
    expect(stopMs, "duration of StopContainer in ms").to.be.below(8_000);
    expect(await container.status(), "ContainerStatus").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode: 137,
    });
    expect(existsSync(`${folder}/term`), "the process had time to handle a SIGTERM").to.equal(false);
  },
);

behaviour(
  "CTR-029",
  {
    title: "A process that handles SIGTERM ends in its own time within the grace period",
    level: "required",
    rpcs: ["StopContainer", "ContainerStatus"],
    clause: "StopContainerRequest.timeout: the runtime kills only after the grace period",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      command: sh("trap 'echo bye; sleep 1; exit 7' TERM; echo ready; while :; do sleep 0.1; done"),
    });
    await untilLogged(container, "ready");

    const stopMs = await container.stop({ gracePeriodS: 30 });

    // The process needs one second; a runtime that sits out the grace period takes thirty.
    expect(stopMs, "duration of StopContainer in ms").to.be.within(900, 12_000);
    expect(await container.status(), "ContainerStatus").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode: 7,
    });
    await untilLogged(container, "bye");
    expect(await loggedLines(container), "lines of the log").to.deep.equal(["ready", "bye"]);
  },
);

behaviour(
  "CTR-033",
  {
    title: "A StopContainer that its caller gives up does not shorten the grace period",
    level: "recommended",
    rpcs: ["StopContainer", "ContainerStatus"],
    clause: "StopContainerRequest.timeout: the runtime kills only after the grace period",
    needs: ["node-files"],
  },
  async ({ runtime, rpc, tempFolder }) => {
    const folder = await tempFolder("seen");
    const container = await runtime.startContainer(stubborn(folder));
    await appeared(`${folder}/ready`);
    const caller = new AbortController();
    const stop = rpc.stopContainer({ containerId: container.id, timeout: 30n }, { signal: caller.signal });
    const givenUp = stop.then(
      () => "OK",
      (error: unknown) => (error instanceof RpcError && error.local ? "given up" : String(error)),
    );
    await appeared(`${folder}/term`);

    caller.abort();

    expect(await givenUp, "StopContainer that its caller gives up").to.equal("given up");
    let state = ContainerState.CONTAINER_RUNNING;
    await remains(
      "ContainerStatus.state to stay CONTAINER_RUNNING",
      async () => (state = (await container.status()).state) === ContainerState.CONTAINER_RUNNING,
      // A runtime that takes the end of the call for the end of the grace period kills within milliseconds.
      { forMs: 1_500, seen: () => ContainerState[state] },
    );
    await container.stop({ gracePeriodS: 1 });
    expect(await container.status(), "ContainerStatus after a second StopContainer").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode: 137,
    });
  },
);

behaviour(
  "CTR-034",
  {
    title: "A later StopContainer with a shorter grace period shortens the wait",
    level: "recommended",
    rpcs: ["StopContainer", "ContainerStatus"],
    clause:
      "StopContainerRequest.timeout: grace period of this call; the kubelet shortens it when a pod is deleted by force",
    needs: ["node-files"],
  },
  async ({ runtime, rpc, tempFolder }) => {
    const folder = await tempFolder("seen");
    const container = await runtime.startContainer(stubborn(folder));
    await appeared(`${folder}/ready`);
    // Whether the first call ends with OK or an error is the runtime's affair.
    const patient = rpc
      .stopContainer({ containerId: container.id, timeout: 3600n })
      .catch((error: unknown) => {
        if (!(error instanceof RpcError) || error.local) throw error;
      })
      .then(() => performance.now());
    await appeared(`${folder}/term`);

    const stopMs = await container.stop({ gracePeriodS: 0 });
    const stoppedMs = performance.now();

    // The first call would wait for an hour; killing takes a moment.
    expect(stopMs, "duration of the second StopContainer in ms").to.be.below(10_000);
    expect(await container.status(), "ContainerStatus").to.have.fields({
      state: ContainerState.CONTAINER_EXITED,
      exitCode: 137,
    });
    expect((await patient) - stoppedMs, "ms until the first StopContainer returned").to.be.below(10_000);
  },
);
