import { behaviour, ContainerState, expect, sh, Signal } from "../../src/harness/index.js";
import { untilLogged } from "./logged.js";

behaviour(
  "CTR-030",
  {
    title: "The image's STOPSIGNAL stops a container whose configuration names none, and SIGTERM else",
    level: "recommended",
    rpcs: ["StopContainer", "ContainerStatus"],
    clause: "ContainerConfig.stop_signal: SIGNAL_RUNTIME_DEFAULT means the image's STOPSIGNAL, and else SIGTERM",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const command = sh("trap 'exit 11' USR1; trap 'exit 12' TERM; echo ready; while :; do sleep 0.1; done");
    const sandbox = await runtime.borrowSandbox();
    const cases = [
      { image: "stop-signal", what: "an image with STOPSIGNAL SIGUSR1", exitCode: 11, stopSignal: Signal.SIGUSR1 },
      { image: "busybox", what: "an image without STOPSIGNAL", exitCode: 12, stopSignal: Signal.SIGTERM },
    ];
    for (const { image, what, exitCode, stopSignal } of cases) {
      const container = await sandbox.startContainer({ image, command });
      await untilLogged(container, "ready");
      const said = await container.status();

      await container.stop({ gracePeriodS: 20 });

      expect(await container.status(), `ContainerStatus of ${what}`).to.have.fields({ exitCode });
      // A runtime need not say which signal it is.
      if (said.stopSignal !== Signal.RUNTIME_DEFAULT)
        expect(said, `ContainerStatus of ${what}`).to.have.fields({ stopSignal });
    }
  },
);

behaviour(
  "CTR-031",
  {
    title: "stop_signal of the configuration overrides the image's and the default",
    level: "recommended",
    rpcs: ["CreateContainer", "StopContainer", "ContainerStatus"],
    clause: "ContainerConfig.stop_signal: the signal that StopContainer sends first",
    needs: ["node-files"],
  },
  async ({ runtime, notApplicable }) => {
    const signals = [Signal.SIGUSR1, Signal.SIGUSR2, Signal.SIGHUP, Signal.SIGINT, Signal.SIGTERM];
    const traps = signals
      .map((signal) => Signal[signal].slice("SIG".length))
      .map((name) => `trap 'echo ${name}; exit 0' ${name};`);
    const command = sh(`${traps.join(" ")} echo ready; while :; do sleep 0.1; done`);
    const sandbox = await runtime.borrowSandbox();
    const probe = await sandbox.createContainer({ stopSignal: Signal.SIGUSR2 });
    if ((await probe.status()).stopSignal === Signal.RUNTIME_DEFAULT)
      notApplicable("the runtime does not know stop_signal: ContainerStatus.stop_signal is empty");

    await Promise.all(
      signals.map(async (stopSignal) => {
        const container = await sandbox.startContainer({ image: "stop-signal", command, stopSignal });
        await untilLogged(container, "ready");

        await container.stop({ gracePeriodS: 30 });

        const name = Signal[stopSignal];
        expect(await container.status(), `ContainerStatus of a container stopped by ${name}`).to.have.fields({
          state: ContainerState.CONTAINER_EXITED,
          exitCode: 0,
          stopSignal,
        });
        await untilLogged(container, name.slice("SIG".length));
      }),
    );
  },
);
