import { expect } from "chai";
import { after, before, describe, it } from "mocha";
import { CriConnection, type CriRpc } from "../../src/cri/client.js";
import { parseEndpoint } from "../../src/cri/endpoint.js";
import { hostArchitecture } from "../../src/images/busybox.js";
import { loadImageCatalogue, type ImageCatalogue } from "../../src/images/catalogue.js";
import { tagsOf } from "../../src/images/declaration.js";
import { buildImage, type BuiltImage } from "../../src/images/image.js";
import { startHermeticImages, type HermeticImages } from "../../src/images/hermetic-images.js";
import { startLab, stopLab } from "../../src/lab/index.js";
import type { Fault } from "../../src/registry/fault.js";
import { startRegistry } from "../../src/registry/registry.js";
import { CriPod } from "./cri-pod.js";
import { containerdFolders } from "../support/containerd-folders.js";

/** An image that no other test pulls, with a layer of some thousand bytes. */
function smallImage(purpose: string): Promise<BuiltImage> {
  const platform = { os: "linux", architecture: hostArchitecture };
  const content = { sizeBytes: 10_000, seed: purpose };
  const layers = [{ entries: [{ type: "file", path: purpose, content } as const] }];
  return buildImage({ platforms: [{ platform, layers, config: {} }] });
}

for (const containerdFolder of [undefined, ...containerdFolders]) {
  describe(`images and registry with the containerd of ${containerdFolder ?? "this host"}`, function () {
    this.timeout(180_000);

    const cleanUps: (() => unknown)[] = [];
    let cri: CriRpc;
    let images: HermeticImages;
    let catalogue: ImageCatalogue;
    let pod: CriPod;

    before(async function () {
      if (process.getuid?.() !== 0) this.skip();
      const lab = await startLab({
        ownedByThisProcess: true,
        handlers: ["runc"],
        ...(containerdFolder && { containerdFolder }),
      });
      cleanUps.push(() => stopLab(lab.id));
      const connection = new CriConnection(parseEndpoint(lab.endpoint));
      cleanUps.push(() => connection.close());
      cri = connection.rpc();
      catalogue = await loadImageCatalogue();
      images = await startHermeticImages({ catalogue });
      cleanUps.push(() => images.close());
      pod = await CriPod.run(cri);
    });
    after(async () => {
      for (const cleanUp of cleanUps.reverse()) await cleanUp();
    });

    const asUser = { runAsUser: { value: 1000n } };
    const pull = async (image: string, auth?: object): Promise<string> =>
      (await cri.pullImage({ image: { image }, ...(auth && { auth }) }, { timeoutMs: 60_000 })).imageRef;
    const remove = async (image: string): Promise<void> => void (await cri.removeImage({ image: { image } }));
    const outcome = (image: string, auth?: object): Promise<string> =>
      pull(image, auth).then(
        () => "pulled",
        (error: unknown) => `failed: ${String(error)}`,
      );

    it("pulls every declared image, under the id that was built", async () => {
      for (const image of catalogue.values()) {
        for (const tag of tagsOf(image)) {
          const reference = images.reference(image.name, tag);
          const { platforms } = await images.build(image.name, tag);
          const own = platforms.find(({ platform }) => platform.architecture === hostArchitecture);
          expect(await pull(reference), reference).to.equal(own?.imageId);
        }
      }
    });

    for (const name of ["gzip-layers", "zstd-layers", "plain-layers", "docker-manifest", "docker-manifest-list"]) {
      it(`runs ${name}`, async () => {
        const reference = images.reference(name);
        await pull(reference);

        expect(await pod.inspect(reference, "cat /format; ls /bin/ls")).to.match(/^\w+( \w+)?\n\/bin\/ls\n$/);
      });
    }

    it("takes the manifest of its own machine from an index", async () => {
      const reference = images.reference("multi-platform");
      await pull(reference);

      expect(await pod.inspect(reference, "cat /architecture")).to.equal(`${hostArchitecture}\n`);
    });

    it("applies layers in order, with whiteouts, links, modes and owners", async () => {
      const reference = images.reference("whiteouts");
      await pull(reference);
      const script =
        "cat /a; ls /d; cd /kept; stat -c '%n %a %u:%g %h' *; readlink symlink; find / -xdev -name '.wh.*'";

      expect((await pod.inspect(reference, script)).split("\n")).to.deep.equal([
        "layer 2",
        "z",
        "hardlink 644 123:456 2",
        "noted 644 0:0 1",
        "owned 644 123:456 2",
        "setuid 4755 0:0 1",
        "symlink 777 0:0 1",
        "owned",
        "",
      ]);
    });

    it("keeps extended attributes, such as file capabilities", async () => {
      const reference = images.reference("file-capability");
      await pull(reference);

      const status = await pod.inspect(reference, "/capable/cat /proc/self/status; cat /proc/self/status", asUser);
      expect(status.match(/CapEff:\t[0-9a-f]+/g)).to.deep.equal([
        "CapEff:\t0000000000000001",
        "CapEff:\t0000000000000000",
      ]);
    });

    it("keeps bin/ls and bin/sh as executables of their own paths", async () => {
      const reference = images.reference("busybox");
      await pull(reference);

      expect(await pod.inspect(reference, "stat -c %F /bin/ls /bin/sh; stat -c %a /tmp; id -u user1002")).to.equal(
        "regular file\nregular file\n1777\n1002\n",
      );
    });

    it("lets the setuid bit take effect, unless no_new_privs is set", async () => {
      const reference = images.reference("setuid");
      await pull(reference);

      expect(await pod.inspect(reference, "effective-uid", asUser)).to.equal("0\n");
      expect(await pod.inspect(reference, "effective-uid", { ...asUser, noNewPrivs: true })).to.equal("1000\n");
    });

    describe("with authentication", () => {
      it("pulls with basic credentials in either form, and not without", async () => {
        await using registry = await startRegistry();
        registry.add("private", ["1"], await images.build("pull-by-tag"));
        registry.protect("private", { scheme: "basic", username: "user", password: "secret" });
        const reference = registry.reference("private", "1");

        expect(await outcome(reference)).to.match(/failed: .*(401|[Uu]nauthorized|authorization)/);
        expect(await outcome(reference, { username: "user", password: "wrong" })).to.contain("failed");
        expect(await outcome(reference, { username: "user", password: "secret" })).to.equal("pulled");
        await remove(reference);
        expect(await outcome(reference, { auth: Buffer.from("user:secret").toString("base64") })).to.equal("pulled");
        const [first] = registry.requests("private");
        expect(first).to.include({ authorization: "none", authenticated: false, status: 401 });
        expect(registry.requests("private").at(-1)).to.include({ authorization: "basic", authenticated: true });
      });

      it("pulls with tokens that it gets for a password or an identity token", async () => {
        await using registry = await startRegistry();
        registry.add("private", ["1"], await images.build("all-references"));
        registry.protect("private", {
          scheme: "bearer",
          username: "user",
          password: "secret",
          identityToken: "identity",
        });
        const reference = registry.reference("private", "1");

        expect(await outcome(reference)).to.contain("failed");
        expect(await outcome(reference, { username: "user", password: "secret" })).to.equal("pulled");
        await remove(reference);
        expect(await outcome(reference, { identityToken: "identity" })).to.equal("pulled");
        const granted = registry
          .requests("private")
          .filter((entry) => entry.grant !== undefined && entry.authenticated);
        expect(granted.map((entry) => entry.grant)).to.include("refresh_token");
        expect(registry.requests("private").at(-1)).to.include({ authorization: "bearer", authenticated: true });
      });
    });

    describe("with a registry that misbehaves", () => {
      const faults: readonly Fault[] = [
        { kind: "manifestMismatch" },
        { kind: "corruptLayer" },
        { kind: "truncatedLayer" },
        { kind: "missingBlob" },
        { kind: "missingManifest" },
        { kind: "wrongContentType", contentType: "text/html" },
        { kind: "hugeManifest", sizeBytes: 16 << 20 },
        { kind: "reset", afterBytes: 0 },
        { kind: "status", status: 500, times: 1000 },
      ];
      // containerd 1.6.20, and for manifests 2.1.9, keeps wrong bytes of the right size and compares them again next time.
      const poisonous = ["manifestMismatch", "corruptLayer"];
      for (const fault of faults) {
        const heals = !poisonous.includes(fault.kind);
        it(`fails a pull for ${fault.kind}${heals ? ", and not after the repair" : ""}`, async () => {
          await using registry = await startRegistry();
          registry.add("faulty", ["1"], await smallImage(fault.kind));
          const reference = registry.reference("faulty", "1");
          {
            using _fault = registry.fault("faulty", fault);
            expect(await outcome(reference)).to.contain("failed");
          }
          if (heals) expect(await outcome(reference)).to.equal("pulled");
        });
      }

      it("goes on where a connection was reset", async () => {
        await using registry = await startRegistry();
        registry.add("broken", ["1"], await smallImage("resumed"));
        registry.fault("broken", { kind: "reset", afterBytes: 4000 });

        expect(await outcome(registry.reference("broken", "1"))).to.equal("pulled");
        expect(registry.requests("broken").map((entry) => entry.status)).to.include(206);
      });

      it("follows redirects of blobs without sending its credentials there", async () => {
        await using registry = await startRegistry();
        // Another address, because Go takes equal addresses with different ports for one host.
        await using storage = await startRegistry({ host: "127.0.0.2" });
        const image = await smallImage("moved");
        for (const place of [registry, storage]) place.add("moved", ["1"], image);
        registry.protect("moved", { scheme: "basic", username: "user", password: "secret" });
        registry.fault("moved", { kind: "redirectBlobs", to: storage.url });

        expect(await outcome(registry.reference("moved", "1"), { username: "user", password: "secret" })).to.equal(
          "pulled",
        );
        expect(storage.requests("moved")).not.to.be.empty;
        expect(new Set(storage.requests("moved").map((entry) => entry.authorization))).to.deep.equal(new Set(["none"]));
      });

      it("waits for a slow registry, and gives up on a stalled one when its client does", async () => {
        await using registry = await startRegistry();
        registry.add("slow", ["1"], await images.build("random-3mib"));
        await remove(images.reference("random-3mib"));
        const reference = registry.reference("slow", "1");
        {
          using _fault = registry.fault("slow", { kind: "stall", afterBytes: 100_000 });
          const stalled = await cri
            .pullImage({ image: { image: reference } }, { timeoutMs: 1000 })
            .then(String, String);
          expect(stalled).to.contain("DeadlineExceeded");
        }
        registry.fault("slow", { kind: "slow", bytesPerSecond: 2 << 20 });
        expect(await outcome(reference)).to.equal("pulled");
      });
    });
  });
}
