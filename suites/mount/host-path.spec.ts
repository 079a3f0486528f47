import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { answerOf, behaviour, expect, expectError, mountsOf, RpcError, sh } from "../../src/harness/index.js";

behaviour(
  "MNT-001",
  {
    title: "A host directory is mounted into the container",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Mount.host_path, container_path: the folder of the node appears in the container, for both to write to",
    needs: ["node-files"],
    critest:
      "[k8s.io] Container runtime should support adding volume and device runtime should support starting container with volume [Conformance]",
  },
  async ({ runtime, tempFolder }) => {
    const hostPath = await tempFolder("volume");
    const before = randomBytes(1_000);
    await writeFile(`${hostPath}/before`, before);

    const container = await runtime.startContainer({ mounts: [{ hostPath, containerPath: "/mnt" }] });

    expect(await container.output(["ls", "/mnt"]), "`ls /mnt` in the container").to.equal("before\n");
    const seen = await container.execSync(["cat", "/mnt/before"]);
    expect(seen.stdoutBytes.equals(before) || seen, "bytes of a file that was there").to.equal(true);
    await container.output(sh(String.raw`printf '\000\377inside' > /mnt/inside`));
    expect(await readFile(`${hostPath}/inside`, "latin1"), "file written in the container, on the node").to.equal(
      "\0\xffinside",
    );
    await writeFile(`${hostPath}/later`, "written later");
    expect(await container.output(["cat", "/mnt/later"]), "file written on the node later, in the container").to.equal(
      "written later",
    );
  },
);

behaviour(
  "MNT-002",
  {
    title: "Symlinked host paths are followed",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Mount.host_path: a symbolic link is followed, and what it leads to is mounted",
    needs: ["node-files"],
    critest:
      "[k8s.io] Container runtime should support adding volume and device runtime should support starting container with volume when host path is a symlink [Conformance]",
  },
  async ({ runtime, tempFolder }) => {
    const folder = await tempFolder("volume");
    await mkdir(`${folder}/real`);
    await writeFile(`${folder}/real/file`, "content");
    await symlink("real", `${folder}/to-folder`);
    await symlink(`${folder}/real/file`, `${folder}/to-file`);

    const container = await runtime.startContainer({
      mounts: [
        { hostPath: `${folder}/to-folder`, containerPath: "/mnt/folder" },
        { hostPath: `${folder}/to-file`, containerPath: "/mnt/file" },
      ],
    });

    const kinds = await container.output(["stat", "-c", "%F", "/mnt/folder", "/mnt/file"]);
    expect(kinds, "kinds of the two container paths").to.equal("directory\nregular file\n");
    expect(await container.output(["cat", "/mnt/folder/file"]), "file in the mounted folder").to.equal("content");
    expect(await container.output(["cat", "/mnt/file"]), "the mounted file").to.equal("content");
  },
);

behaviour(
  "MNT-003",
  {
    title: "Single files can be mounted, including over runtime generated files",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause:
      "Mount.container_path: what the caller mounts goes before what the runtime generates; the kubelet mounts /etc/hosts",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const folder = await tempFolder("files");
    const targets = ["/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/cfg/app.conf"];
    const mounts = targets.map((containerPath, index) => ({ containerPath, hostPath: `${folder}/${index}` }));
    for (const { containerPath, hostPath } of mounts) await writeFile(hostPath, `# ${containerPath} of the caller\n`);

    const container = await runtime.startContainer({ mounts });

    const mounted = (await mountsOf(container)).map(({ path }) => path);
    for (const { containerPath, hostPath } of mounts) {
      expect(await container.output(["cat", containerPath]), containerPath).to.equal(await readFile(hostPath, "utf8"));
      expect(
        mounted.filter((path) => path === containerPath),
        `mounts at ${containerPath}`,
      ).to.deep.equal([containerPath]);
    }
  },
);

behaviour(
  "MNT-011",
  {
    title: "A missing host path is an error",
    level: "recommended",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "Mount.host_path: the runtime should report an error where it does not exist",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const hostPath = `${await tempFolder("volume")}/no/such/folder`;
    const sandbox = await runtime.borrowSandbox();

    // Either step may find out.
    const created = await answerOf(sandbox.createContainer({ mounts: [{ hostPath, containerPath: "/mnt" }] }));
    if (!(created instanceof RpcError)) await expectError(created.start(), "any", "a mount of a missing host path");

    expect(existsSync(hostPath), "whether the host path exists afterwards").to.equal(false);
  },
);

behaviour(
  "MNT-012",
  {
    title: "Nested mounts work independent of their order in the request",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause:
      "ContainerConfig.mounts: a mount at a path inside another one is not covered by it, whichever is listed first",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder }) => {
    const outer = await tempFolder("outer");
    const inner = await tempFolder("inner");
    await mkdir(`${outer}/sub`);
    await writeFile(`${outer}/which`, "outer");
    await writeFile(`${inner}/which`, "inner");
    const mounts = [
      { hostPath: inner, containerPath: "/data/sub" },
      { hostPath: outer, containerPath: "/data" },
    ];
    const sandbox = await runtime.borrowSandbox();

    for (const [order, listed] of [
      ["the inner mount listed first", mounts],
      ["the outer mount listed first", mounts.toReversed()],
    ] as const) {
      const container = await sandbox.startContainer({ mounts: listed });
      expect(await container.output(sh("cat /data/which")), `/data/which, ${order}`).to.equal("outer");
      expect(await container.output(sh("cat /data/sub/which")), `/data/sub/which, ${order}`).to.equal("inner");
    }
  },
);

behaviour(
  "MNT-013",
  {
    title: "Missing container paths are created and image symlinks cannot redirect mounts to the host",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Mount.container_path: a path inside the container's root file system, created when missing",
    needs: ["node-files"],
  },
  async ({ runtime, tempFolder, names, deferLast }) => {
    const hostPath = await tempFolder("volume");
    await writeFile(`${hostPath}/which`, "volume");
    // In the image /link leads to /etc and /relative to ../../etc.
    const throughAbsolute = names.next();
    const throughRelative = names.next();
    const onNode = [throughAbsolute, throughRelative].map((name) => `/etc/${name}`);
    deferLast(async () => {
      for (const path of onNode) await rm(path, { recursive: true, force: true });
    });

    const container = await runtime.startContainer({
      image: "symlink",
      mounts: ["/a/b/c", `/link/${throughAbsolute}`, `/relative/${throughRelative}`].map((containerPath) => ({
        hostPath,
        containerPath,
      })),
    });

    for (const path of ["/a/b/c", ...onNode]) {
      expect((await container.execSync(["cat", `${path}/which`])).stdout, `${path}/which in the container`).to.equal(
        "volume",
      );
    }
    expect(
      onNode.filter((path) => existsSync(path)),
      "mount points on the node",
    ).to.deep.equal([]);
  },
);
