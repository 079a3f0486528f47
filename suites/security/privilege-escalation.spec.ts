import { behaviour, expect, IDLE, joinLines, sh, until, type Container } from "../../src/harness/index.js";
import { processStatus, secured } from "./process.js";

behaviour(
  "SEC-030",
  {
    title: "no_new_privs blocks privilege escalation through setuid",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.no_new_privs: setuid files and file capabilities gain nothing",
    needs: ["node-files", "own-registry"],
    critest: [
      "[k8s.io] Security Context NoNewPrivs should not allow privilege escalation when true",
      "[k8s.io] Security Context NoNewPrivs should allow privilege escalation when false",
    ],
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const start = (noNewPrivs: boolean): Promise<Container> =>
      sandbox.startContainer({
        image: "setuid",
        command: sh(`/bin/effective-uid; ${IDLE[2] ?? ""}`),
        ...secured({ runAsUser: { value: 1000n }, noNewPrivs }),
      });

    const held = await start(true);
    const free = await start(false);

    for (const [container, noNewPrivs, uid] of [
      [held, "1", "1000"],
      [free, "0", "0"],
    ] as const) {
      const subject = `with no_new_privs ${noNewPrivs === "1"}`;
      const first = await until("the log to hold a line", async () => joinLines((await container.log()).entries)[0]);
      expect(first.trim(), `effective uid of a setuid program ${subject}`).to.equal(uid);
      const exec = (await container.output(["/bin/effective-uid"])).trim();
      expect(exec, `effective uid of a setuid program of ExecSync ${subject}`).to.equal(uid);
      const { NoNewPrivs } = await processStatus(container);
      if (NoNewPrivs === undefined) continue; // a kernel that does not show it
      expect(NoNewPrivs, `NoNewPrivs of the first process ${subject}`).to.equal(noNewPrivs);
    }
  },
);
