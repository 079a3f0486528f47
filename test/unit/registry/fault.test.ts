import { expect } from "chai";
import { describe, it } from "mocha";
import { digestOf } from "../../../src/registry/content.js";
import type { Fault } from "../../../src/registry/fault.js";
import { startRegistry } from "../../../src/registry/registry.js";
import { waitUntil } from "../../../src/support/wait-until.js";
import { bytesOf, startFixture, watchBody, type Fixture } from "./fixture.js";

/** Everything that a pull reads: manifest, config and layer, as status and digest of the body. */
async function snapshot(fixture: Fixture): Promise<string[]> {
  const responses = await Promise.all(
    [fixture.manifestPath, fixture.configPath, fixture.layerPath].map((path) => fixture.get(path)),
  );
  return Promise.all(responses.map(async (response) => `${response.status} ${digestOf(await bytesOf(response))}`));
}

describe("registry faults", () => {
  it("end when they are undone", async () => {
    const faults: readonly Fault[] = [
      { kind: "manifestMismatch" },
      { kind: "corruptLayer" },
      { kind: "truncatedLayer" },
      { kind: "redirectBlobs" },
      { kind: "missingBlob" },
      { kind: "missingManifest" },
      { kind: "hugeManifest", sizeBytes: 5000 },
    ];
    for (const fault of faults) {
      await using fixture = await startFixture();
      const healthy = await snapshot(fixture);
      {
        using _active = fixture.registry.fault("team/app", fault);
        expect(await snapshot(fixture), fault.kind).not.to.deep.equal(healthy);
      }
      expect(await snapshot(fixture), fault.kind).to.deep.equal(healthy);
    }
  });

  it("manifestMismatch: other bytes of equal size and meaning", async () => {
    await using fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "manifestMismatch" });
    const { root } = fixture.image;

    const response = await fixture.get(fixture.manifestPath);
    const bytes = await bytesOf(response);
    expect(response.headers.get("docker-content-digest")).to.equal(root.digest);
    expect(digestOf(bytes)).not.to.equal(root.digest);
    expect(bytes.length).to.equal(root.bytes.length);
    expect(JSON.parse(bytes.toString())).to.deep.equal(JSON.parse(root.bytes.toString()));
  });

  it("corruptLayer: one wrong byte at the end of layers, also of their parts; configs stay whole", async () => {
    await using fixture = await startFixture();
    const { layerBytes, layerPath } = fixture;
    const wrong = Buffer.from(layerBytes);
    wrong.writeUInt8(wrong.readUInt8(wrong.length - 1) ^ 0xff, wrong.length - 1);
    fixture.registry.fault("team/app", { kind: "corruptLayer" });

    expect(await bytesOf(await fixture.get(layerPath))).to.deep.equal(wrong);
    const tail = await bytesOf(await fixture.get(layerPath, { headers: { Range: "bytes=-5" } }));
    expect(tail).to.deep.equal(Buffer.from(wrong.subarray(-5)));
    expect(fixture.configPath).to.contain(digestOf(await bytesOf(await fixture.get(fixture.configPath))));
  });

  it("truncatedLayer: half of the bytes in a reply that is complete by itself", async () => {
    await using fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "truncatedLayer" });

    const bytes = await bytesOf(await fixture.get(fixture.layerPath));
    expect(bytes).to.deep.equal(Buffer.from(fixture.layerBytes.subarray(0, fixture.layerBytes.length / 2)));
  });

  it("slow: layers arrive late and piecemeal, but whole", async () => {
    await using fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "slow", firstByteDelayMs: 5, bytesPerSecond: 20_000 });

    expect(await bytesOf(await fixture.get(fixture.layerPath))).to.deep.equal(fixture.layerBytes);
  });

  it("stall: nothing arrives until the fault is undone", async () => {
    await using fixture = await startFixture();
    const fault = fixture.registry.fault("team/app", { kind: "stall" });
    const body = watchBody(`${fixture.registry.url}${fixture.layerPath}`);

    await waitUntil(() => fixture.registry.requests("team/app").length === 1, {
      description: "the request",
      timeoutMs: 5000,
    });
    expect(fixture.registry.requests("team/app")[0]?.bodyBytes).to.equal(0);
    fault.undo();
    expect(await body.ended).to.equal("complete");
    expect(body.receivedBytes()).to.equal(fixture.layerBytes.length);
  });

  it("stall: the log tells when the client hangs up", async () => {
    await using fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "stall", afterBytes: 100 });
    const client = new AbortController();
    const download = fetch(`${fixture.registry.url}${fixture.layerPath}`, { signal: client.signal }).then(bytesOf);
    download.catch(() => undefined);
    const isOpen = (): boolean | undefined => fixture.registry.requests("team/app")[0]?.isOpen;

    await waitUntil(() => isOpen() === true, { description: "the request", timeoutMs: 5000 });
    client.abort();

    await waitUntil(() => isOpen() === false, { description: "the end of the answer", timeoutMs: 5000 });
  });

  it("stall: the first bytes arrive, and closing the registry ends the wait", async () => {
    const fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "stall", afterBytes: 100 });
    const body = watchBody(`${fixture.registry.url}${fixture.layerPath}`);

    await waitUntil(() => body.receivedBytes() === 100, { description: "the first bytes", timeoutMs: 5000 });
    await fixture.registry.close();
    expect(await body.ended).not.to.equal("complete");
  });

  it("reset: the connection breaks after some bytes", async () => {
    await using fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "reset", afterBytes: 100 });

    const body = watchBody(`${fixture.registry.url}${fixture.layerPath}`);
    expect(await body.ended).to.equal("ECONNRESET");
    expect(body.receivedBytes()).to.be.at.most(100);
  });

  it("status: the first requests fail, the next do not", async () => {
    await using fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "status", status: 503, times: 2 });

    const statuses = [];
    for (const path of [fixture.manifestPath, fixture.layerPath, fixture.manifestPath, fixture.layerPath]) {
      statuses.push((await fixture.get(path)).status);
    }
    expect(statuses).to.deep.equal([503, 503, 200, 200]);
  });

  it("redirectBlobs: blobs are elsewhere on this server, open to all", async () => {
    await using fixture = await startFixture();
    fixture.registry.protect("team/app", { scheme: "bearer", registryToken: "t" });
    fixture.registry.fault("team/app", { kind: "redirectBlobs" });

    const response = await fixture.get(fixture.layerPath, { headers: { Authorization: "Bearer t" } });
    expect(response.status).to.equal(307);
    const followed = await fetch(response.headers.get("location") ?? "");
    expect(await bytesOf(followed)).to.deep.equal(fixture.layerBytes);
    expect(fixture.registry.requests("team/app").at(-1)).to.include({ authorization: "none", status: 200 });
  });

  it("redirectBlobs: blobs are on another server", async () => {
    await using fixture = await startFixture();
    await using storage = await startRegistry();
    storage.add("team/app", [], fixture.image);
    fixture.registry.fault("team/app", { kind: "redirectBlobs", to: storage.url });

    const followed = await fixture.get(fixture.layerPath, { redirect: "follow" });
    expect(await bytesOf(followed)).to.deep.equal(fixture.layerBytes);
    expect(storage.requests("team/app")).to.have.lengthOf(1);
  });

  it("missingBlob: the layers, or one blob", async () => {
    await using fixture = await startFixture();
    const { registry, layerPath, configPath, image } = fixture;
    {
      using _fault = registry.fault("team/app", { kind: "missingBlob" });
      expect((await fixture.get(layerPath)).status).to.equal(404);
      expect((await fixture.get(configPath)).status).to.equal(200);
    }
    registry.fault("team/app", { kind: "missingBlob", digest: image.platforms[0]?.imageId ?? "" });
    expect((await fixture.get(layerPath)).status).to.equal(200);
    expect((await fixture.get(configPath)).status).to.equal(404);
  });

  it("missingManifest: all, or one of another digest", async () => {
    await using fixture = await startFixture();
    const other = fixture.registry.fault("team/app", { kind: "missingManifest", digest: `sha256:${"0".repeat(64)}` });
    expect((await fixture.get(fixture.manifestPath)).status).to.equal(200);
    other.undo();
    fixture.registry.fault("team/app", { kind: "missingManifest" });
    expect((await fixture.get(fixture.manifestPath)).status).to.equal(404);
  });

  it("wrongContentType: the right manifest under another name", async () => {
    await using fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "wrongContentType", contentType: "text/html" });

    const response = await fixture.get(fixture.manifestPath);
    expect(response.headers.get("content-type")).to.equal("text/html");
    expect(digestOf(await bytesOf(response))).to.equal(fixture.image.root.digest);
  });

  it("wrongContentType: a header that cannot be sent fails the request only", async () => {
    await using fixture = await startFixture();
    const fault = fixture.registry.fault("team/app", { kind: "wrongContentType", contentType: "a\nb" });

    expect((await fixture.get(fixture.manifestPath)).status).to.equal(500);
    fault.undo();
    expect((await fixture.get(fixture.manifestPath)).status).to.equal(200);
  });

  it("hugeManifest: white space up to the size that was asked for", async () => {
    await using fixture = await startFixture();
    fixture.registry.fault("team/app", { kind: "hugeManifest", sizeBytes: 1_000_000 });

    const bytes = await bytesOf(await fixture.get(fixture.manifestPath));
    expect(bytes.length).to.equal(1_000_000);
    expect(bytes.toString().trimEnd()).to.equal(fixture.image.root.bytes.toString());
  });

  it("apply to their own repository", async () => {
    await using fixture = await startFixture();
    fixture.registry.add("other", ["1"], fixture.image);
    fixture.registry.fault("other", { kind: "missingManifest" });

    expect((await fixture.get(fixture.manifestPath)).status).to.equal(200);
  });
});
