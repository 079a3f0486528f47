import { writeFile } from "node:fs/promises";
import { behaviour, expect, findInfo, parseInfo } from "../../src/harness/index.js";

behaviour(
  "NRI-011",
  {
    title: "Plugin adjustments reach the container",
    level: "optional",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync", "ContainerStatus"],
    clause: "NRI ContainerAdjustment: environment, mounts, annotations, devices and resources of the OCI configuration",
    needs: ["nri", "node-files"],
    locks: ["whole-node"],
  },
  async ({ runtime, tempFolder, connectNri }) => {
    const nri = await connectNri();
    const folder = await tempFolder("nri");
    const own = await tempFolder("own");
    await writeFile(`${folder}/file`, "from a plugin");
    nri.adjustment = {
      env: [{ key: "TEST_VAR", value: "x" }],
      mounts: [{ destination: "/nri", type: "bind", source: folder, options: ["bind", "ro"] }],
      annotations: { "critique.dev/nri": "adjusted" },
      linux: {
        devices: [
          {
            path: "/dev/pie",
            type: "c",
            major: 31n,
            minor: 41n,
            fileMode: { value: 0o664 },
            uid: { value: 11 },
            gid: { value: 22 },
          },
        ],
        resources: { cpu: { cpus: "0" } },
      },
    };
    const annotations = { "critique.dev/own": "1" };

    const container = await runtime.startContainer({
      pod: {},
      annotations,
      mounts: [{ containerPath: "/own", hostPath: own }],
    });

    const environment = (await container.output(["/bin/cat", "/proc/1/environ"])).split("\0");
    expect(environment, "environment of the main process").to.include("TEST_VAR=x");
    expect(await container.output(["/bin/cat", "/nri/file"]), "the file that the plugin mounted").to.equal(
      "from a plugin",
    );
    const device = await container.output(["/bin/stat", "-c", "%F %t:%T %a %u:%g", "/dev/pie"]);
    expect(device.trim(), "type, numbers, mode and owner of the plugin's device").to.equal(
      `character special file ${(31).toString(16)}:${(41).toString(16)} 664 11:22`,
    );
    const status = await container.output(["/bin/cat", "/proc/1/status"]);
    expect(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1], "processors the main process may use").to.equal("0");

    const reply = await container.statusResponse(true);
    const configuration = findInfo(parseInfo(reply.info), "runtimeSpec") as { annotations?: object } | undefined;
    if (configuration) {
      expect(configuration.annotations, "annotations of the OCI configuration").to.include({
        "critique.dev/nri": "adjusted",
      });
    }
    expect(reply.status?.annotations, "ContainerStatus.annotations").to.deep.equal(annotations);
    const mounted = reply.status?.mounts.filter(({ containerPath }) => containerPath === "/own");
    expect(mounted, "the client's own mount in ContainerStatus.mounts").to.have.length(1);
    expect(mounted?.[0], "the client's own mount").to.have.fields({ hostPath: own });
  },
);
