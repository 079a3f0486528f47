import { writeFile } from "node:fs/promises";
import { answerOf, behaviour, CdiFolder, expect, expectError, RpcError, sh, until } from "../../src/harness/index.js";

behaviour(
  "MNT-017",
  {
    title: "CDI devices are resolved and injected",
    level: "optional",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause:
      "ContainerConfig.CDI_devices: what the node's files say of a device is applied; an unknown one fails CreateContainer",
    needs: ["node-root", "cdi"],
  },
  async ({ runtime, probe, names, tempFolder, defer, notApplicable }) => {
    const folder = CdiFolder.of(probe.status.info) ?? notApplicable("Status names no folder of CDI files");
    const name = names.next();
    const kind = `${name}.test/dev`;
    const hostPath = await tempFolder("device");
    await writeFile(`${hostPath}/file`, "content");
    // How a device plugin describes a device (Container Device Interface, SPEC.md).
    const write = async (value: string): Promise<void> => {
      const containerEdits = {
        env: [`CDI_ONE=${value}`],
        mounts: [{ hostPath, containerPath: "/cdi", options: ["rbind", "ro"] }],
      };
      const content = { cdiVersion: "0.5.0", kind, devices: [{ name: "one", containerEdits }] };
      defer(await folder.write(`${name}.json`, JSON.stringify(content)));
    };
    const sandbox = await runtime.borrowSandbox();
    const seen = async (): Promise<string> => {
      const container = await sandbox.startContainer({ CDIDevices: [{ name: `${kind}=one` }] });
      return container.output(sh("echo $CDI_ONE; cat /cdi/file"));
    };

    // Runtimes watch the folder, and learn of a file a moment after it was written.
    const untilSeen = async (wanted: string): Promise<void> => {
      let last = "";
      await until(
        `$CDI_ONE and /cdi/file to be ${JSON.stringify(wanted)}`,
        async () => {
          const answer = await answerOf(seen());
          last = answer instanceof RpcError ? answer.message : answer;
          return last === wanted;
        },
        { seen: () => last },
      );
    };

    await write("1");
    await untilSeen("1\ncontent");

    await write("2");
    await untilSeen("2\ncontent");

    defer(await folder.write(`${name}-broken.json`, "{"));
    expect(await seen(), "$CDI_ONE and /cdi/file beside a broken description of another device").to.equal("2\ncontent");

    const missing = `${kind}=missing`;
    const refusal = await expectError(
      sandbox.createContainer({ CDIDevices: [{ name: missing }] }),
      "any",
      "CreateContainer with a CDI device that nothing describes",
    );
    expect(refusal?.details, "message of the error").to.include(missing);
  },
);
