import { behaviour, expect, expectError, expectOk, hostArchitecture, sh, textLayer } from "../../src/harness/index.js";
import { expectAbsent, pull, statusOf } from "./calls.js";

behaviour(
  "IMG-033",
  {
    title: "Multi-arch index resolves to the host platform",
    level: "required",
    rpcs: ["PullImage", "ImageStatus", "CreateContainer", "StartContainer"],
    clause: "OCI image-spec, image-index.md: the manifest for the platform of the host",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images }) => {
    const image = await images.built("multi-platform");
    const { reference, repository, digestReference } = images.publish(image);
    const platform = image.platforms.find(({ platform: { architecture } }) => architecture === hostArchitecture);

    const byTag = await pull(rpc, reference);
    const container = await runtime.startContainer({ image: { image: reference } });

    expect((await container.output(["/bin/cat", "/architecture"])).trim(), "architecture of the pulled image").to.equal(
      hostArchitecture,
    );
    for (const byDigest of [digestReference, `${repository}@${platform?.manifest.digest}`]) {
      expect(await pull(rpc, byDigest), `image_ref of ${byDigest}`).to.equal(byTag);
      expect((await statusOf(rpc, byDigest))?.id, `ImageStatus(${byDigest}).image.id`).to.equal(byTag);
    }
  },
);

behaviour(
  "IMG-046",
  {
    title: "An index without the host's platform is refused",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause: "OCI image-spec, image-index.md: an image for another machine cannot run here",
    needs: ["own-registry"],
  },
  async ({ rpc, images }) => {
    const { reference } = await images.publishOwn({ architecture: hostArchitecture === "s390x" ? "amd64" : "s390x" });

    await expectError(pull(rpc, reference), "any", "PullImage of an image for another machine");

    await expectAbsent(rpc, { references: [reference] }, "after the refused pull");
  },
);

behaviour(
  "IMG-035",
  {
    title: "Layers are applied in order with whiteouts",
    level: "required",
    rpcs: ["PullImage", "CreateContainer", "StartContainer", "ExecSync"],
    clause: "OCI image-spec, layer.md: changes, whiteouts, opaque whiteouts, file attributes and links",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images }) => {
    const reference = images.reference("whiteouts");
    await pull(rpc, reference);
    const container = await runtime.startContainer({ image: { image: reference } });

    const seen = await container.outputs({
      replaced: "cat /a",
      opaque: "ls -A /d",
      whiteouts: "find / -xdev -name '.wh.*'",
      setuid: "stat -c %a /kept/setuid",
      owned: "stat -c '%u:%g, links %h' /kept/owned",
      symlink: "readlink /kept/symlink",
      inode: "stat -c %i /kept/owned",
      hardlinkInode: "stat -c %i /kept/hardlink",
      noted: "cat /kept/noted",
    });

    expect(seen.replaced, "file that a higher layer replaces").to.equal("layer 2");
    expect(seen.opaque, "directory that a higher layer replaces").to.equal("z");
    expect(seen.whiteouts, "files that are whiteouts").to.equal("");
    expect(seen.setuid, "mode of the setuid file").to.equal("4755");
    expect(seen.owned, "owner, group and number of hard links").to.equal("123:456, links 2");
    expect(seen.symlink, "target of the symbolic link").to.equal("owned");
    expect(seen.hardlinkInode, "inode of the hard link").to.equal(seen.inode);
    expect(seen.noted, "file with an extended attribute").to.equal("noted");
  },
);

/** Declared images and what their file /format says. */
const FORMATS = {
  "gzip-layers": "gzip",
  "zstd-layers": "zstd",
  "plain-layers": "plain",
  "docker-manifest": "docker",
  "docker-manifest-list": "docker list",
};

behaviour(
  "IMG-036",
  {
    title: "gzip and zstd compressed and uncompressed layers are supported",
    level: "recommended",
    rpcs: ["PullImage", "CreateContainer"],
    clause: "OCI image-spec, media-types.md: layers of every media type, and Docker's schema 2",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images }) => {
    const sandbox = await runtime.borrowSandbox();

    for (const [name, format] of Object.entries(FORMATS)) {
      const image = images.reference(name);
      if (!(await expectOk(pull(rpc, image), `PullImage of ${name}`))) continue;
      const container = await sandbox.startContainer({ image: { image } });
      expect((await container.output(["/bin/cat", "/format"])).trim(), `/format of ${name}`).to.equal(format);
    }
  },
);

behaviour(
  "IMG-054",
  {
    title: "An image of 64 layers runs with the content of all of them",
    level: "required",
    rpcs: ["PullImage", "CreateContainer", "StartContainer", "ExecSync"],
    clause: "OCI image-spec, manifest.md: layers, without a limit; images of dozens of layers are common",
    needs: ["own-registry"],
  },
  async ({ runtime, rpc, images }) => {
    // The folders of so many layers, named in full, do not fit into the one page that mount(2) takes as options.
    const count = 63;
    const layers = Array.from({ length: count }, (_, index) => {
      const { entries } = textLayer(`layers/${index}`, `${index}\n`);
      return { entries: [...entries, ...textLayer("last", `${index}`).entries] };
    });
    const { reference } = await images.publishOwn({ withBusybox: true, layers });
    await pull(rpc, reference);

    const container = await runtime.startContainer({ image: { image: reference } });

    expect(await container.output(sh("ls /layers | wc -l")), "number of layers with their file").to.equal(`${count}\n`);
    expect(await container.output(["/bin/cat", "/last"]), "file that every layer replaces").to.equal(`${count - 1}`);
  },
);

behaviour(
  "IMG-056",
  {
    title: "File capabilities of an image take effect",
    level: "recommended",
    rpcs: ["PullImage", "CreateContainer", "StartContainer"],
    clause: "OCI image-spec, layer.md: extended attributes, security.capability among them",
    needs: ["own-registry"],
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      image: "file-capability",
      linux: { securityContext: { runAsUser: { value: 1000n }, capabilities: { addCapabilities: ["CHOWN"] } } },
    });

    const status = await container.output(["/capable/cat", "/proc/self/status"]);

    // CAP_CHOWN is bit 0, capabilities(7); a process of a user other than root has no others.
    expect(/^CapEff:\t(\S+)$/m.exec(status)?.[1], "effective capabilities of the program").to.equal("0000000000000001");
  },
);
