import { writeFile } from "node:fs/promises";
import { behaviour, expect, sh } from "../../src/harness/index.js";
import { write } from "./writing.js";

/** What the image declares as a volume, and what the image has there. */
const VOLUME = "/data/volume";
const CONTENT = [
  `750 65534:65534 ${VOLUME}`,
  `640 65534:65534 ${VOLUME}/readable`,
  `700 65534:65534 ${VOLUME}/folder`,
  `600 65534:65534 ${VOLUME}/folder/private`,
];

behaviour(
  "MNT-018",
  {
    title: "Volumes declared in the image get the image content and ownership",
    level: "recommended",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Image config Volumes (OCI image-spec, config.md): data of the container's own, initialised from the image",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const hostPath = await tempFolder("volume");
    await writeFile(`${hostPath}/mounted`, "");
    const sandbox = await runtime.borrowSandbox();

    const first = await sandbox.startContainer({ image: "volume" });
    const second = await sandbox.startContainer({ image: "volume" });
    const mounted = await sandbox.startContainer({
      image: "volume",
      mounts: [{ hostPath, containerPath: VOLUME }],
    });

    const content = await first.output(sh(`find ${VOLUME} -exec stat -c '%a %u:%g %n' {} +`));
    expect(content.trim().split("\n"), "modes, owners and paths in the volume").to.have.members(CONTENT);
    expect(await first.output(["cat", `${VOLUME}/readable`]), "content of a file in it").to.equal("readable\n");
    expect(await write(first, `${VOLUME}/own`), "writing a file in it").to.equal("written");
    expect(await second.output(["ls", VOLUME]), "the volume of another container").to.equal("folder\nreadable\n");
    expect(await mounted.output(["ls", VOLUME]), "a mount in the volume's place").to.equal("mounted\n");
  },
);
