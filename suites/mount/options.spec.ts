import { writeFile } from "node:fs/promises";
import { behaviour, expect, expectError, mountsOf } from "../../src/harness/index.js";

behaviour(
  "MNT-019",
  {
    title: "mount_options are applied",
    level: "optional",
    rpcs: ["CreateContainer", "ExecSync", "Status"],
    clause:
      "Mount.mount_options: further options of the mount, which a runtime with RuntimeFeatures.mount_options honours",
    needs: ["node-files", "mount-options"],
  },
  async ({ runtime, tempFolder }) => {
    const options = ["noexec", "nodev", "nosuid"];
    const hostPath = await tempFolder("volume");
    await writeFile(`${hostPath}/program`, "#!/bin/sh\necho ran\n", { mode: 0o755 });
    const sandbox = await runtime.borrowSandbox();

    const container = await sandbox.startContainer({
      mounts: [
        { hostPath, containerPath: "/restricted", mountOptions: options },
        { hostPath, containerPath: "/plain" },
      ],
    });

    const mounted = (await mountsOf(container)).find(({ path }) => path === "/restricted");
    expect(mounted?.options, "options of the mount").to.include.members(options);
    expect((await container.execSync(["/plain/program"])).stdout, "a program without noexec").to.equal("ran\n");
    // The shell tells a program that may not be run by an exit code of its own; POSIX.1, Shell Command Language, 2.8.2.
    const { exitCode } = await container.execSync(["/bin/sh", "-c", "/restricted/program"]);
    expect(exitCode, "exit code of running a program from it").to.equal(126);

    await expectError(
      sandbox.createContainer({ mounts: [{ hostPath, containerPath: "/mnt", mountOptions: ["bogus"] }] }),
      "any",
      "CreateContainer with an option that does not exist",
    );
  },
);
