import { expect } from "chai";
import { describe, it } from "mocha";
import { digestOf } from "../../../src/registry/content.js";
import { waitUntil } from "../../../src/support/wait-until.js";
import { bytesOf, startFixture } from "./fixture.js";

interface ErrorBody {
  readonly errors: readonly { readonly code: string; readonly message: string }[];
}

describe("the registry", () => {
  it("answers at the API's root", async () => {
    await using fixture = await startFixture();

    expect((await fixture.get("/v2/")).status).to.equal(200);
  });

  it("serves manifests by tag and by digest with their media type and digest", async () => {
    await using fixture = await startFixture();
    const { digest, mediaType, bytes } = fixture.image.root;

    for (const reference of ["1", digest]) {
      const response = await fixture.get(`/v2/team/app/manifests/${reference}`);
      expect(response.status).to.equal(200);
      expect(response.headers.get("content-type")).to.equal(mediaType);
      expect(response.headers.get("docker-content-digest")).to.equal(digest);
      expect(await bytesOf(response)).to.deep.equal(bytes);
    }
  });

  it("serves blobs under their digests", async () => {
    await using fixture = await startFixture();

    for (const path of [fixture.layerPath, fixture.configPath]) {
      const response = await fixture.get(path);
      expect(path).to.contain(digestOf(await bytesOf(response)));
      expect(path).to.contain(response.headers.get("docker-content-digest"));
    }
  });

  it("answers HEAD like GET, without the body", async () => {
    await using fixture = await startFixture();

    const response = await fixture.get(fixture.layerPath, { method: "HEAD" });
    expect(response.headers.get("content-length")).to.equal(String(fixture.layerBytes.length));
    expect(await bytesOf(response)).to.have.lengthOf(0);
  });

  const ranges = [
    { range: "bytes=0-9", first: 0, end: 10 },
    { range: "bytes=100-", first: 100, end: undefined },
    { range: "bytes=-7", first: -7, end: undefined },
    { range: "bytes=10-999999", first: 10, end: undefined },
  ];
  for (const { range, first, end } of ranges) {
    it(`serves the part of a blob that "${range}" asks for`, async () => {
      await using fixture = await startFixture();

      const response = await fixture.get(fixture.layerPath, { headers: { Range: range } });
      const expected = fixture.layerBytes.subarray(first, end);
      const start = first < 0 ? fixture.layerBytes.length + first : first;
      expect(response.status).to.equal(206);
      expect(response.headers.get("content-range")).to.equal(
        `bytes ${start}-${start + expected.length - 1}/${fixture.layerBytes.length}`,
      );
      expect(await bytesOf(response)).to.deep.equal(Buffer.from(expected));
    });
  }

  it("refuses a range outside of the blob", async () => {
    await using fixture = await startFixture();

    const response = await fixture.get(fixture.layerPath, { headers: { Range: "bytes=999999-" } });
    expect(response.status).to.equal(416);
    expect(response.headers.get("content-range")).to.equal(`bytes */${fixture.layerBytes.length}`);
  });

  it("lists tags, moves them and takes them away", async () => {
    await using fixture = await startFixture();
    const { registry, image } = fixture;
    registry.add("team/app", ["b", "a"], image);
    registry.remove("team/app", "1");

    expect(await (await fixture.get("/v2/team/app/tags/list")).json()).to.deep.equal({
      name: "team/app",
      tags: ["a", "b"],
    });
    expect((await fixture.get(fixture.manifestPath)).status).to.equal(404);
    registry.remove("team/app");
    expect((await fixture.get("/v2/team/app/tags/list")).status).to.equal(404);
  });

  const unknowns = [
    { path: "/v2/team/other/manifests/1", status: 404, code: "NAME_UNKNOWN" },
    { path: "/v2/team/app/manifests/9", status: 404, code: "MANIFEST_UNKNOWN" },
    { path: `/v2/team/app/blobs/sha256:${"0".repeat(64)}`, status: 404, code: "BLOB_UNKNOWN" },
    { path: "/v2/team/app/blobs/sha256:123", status: 400, code: "DIGEST_INVALID" },
    { path: "/v2/team/app/elsewhere", status: 404, code: "UNSUPPORTED" },
    { path: "//", status: 404, code: "UNSUPPORTED" },
  ];
  for (const { path, status, code } of unknowns) {
    it(`answers ${status} ${code} for ${path}`, async () => {
      await using fixture = await startFixture();

      const response = await fixture.get(path);
      const body = (await response.json()) as ErrorBody;
      expect(response.status).to.equal(status);
      expect(body.errors.map((error) => error.code)).to.deep.equal([code]);
    });
  }

  it("takes no pushes", async () => {
    await using fixture = await startFixture();

    expect((await fixture.get(fixture.manifestPath, { method: "PUT", body: "{}" })).status).to.equal(405);
  });

  it("logs requests by repository, without queries or credentials", async () => {
    await using fixture = await startFixture();
    const secret = Buffer.from("user:secret").toString("base64");
    const headers = { Authorization: `Basic ${secret}`, "User-Agent": "puller/1" };

    await bytesOf(await fixture.get(`${fixture.layerPath}?account=secret`, { headers }));
    await fixture.get("/v2/team/other/manifests/1");

    await waitUntil(() => fixture.registry.requests().every(({ isOpen }) => !isOpen), {
      description: "the end of the answers",
      timeoutMs: 5000,
    });
    expect(fixture.registry.requests("team/app")).to.deep.equal([
      {
        method: "GET",
        path: fixture.layerPath,
        repository: "team/app",
        status: 200,
        bodyBytes: fixture.layerBytes.length,
        userAgent: "puller/1",
        authorization: "basic",
        authenticated: false,
        grant: undefined,
        isOpen: false,
      },
    ]);
    expect(fixture.registry.requests()).to.have.lengthOf(2);
    expect(JSON.stringify(fixture.registry.requests())).not.to.contain("secret").and.not.to.contain(secret);
  });

  it("builds images when they are first asked for, once", async () => {
    await using fixture = await startFixture();
    const { registry, image } = fixture;
    let builds = 0;
    registry.addOnDemand("late", () => Promise.resolve([{ tags: ["1", String((builds += 1))], image }]));

    expect(builds).to.equal(0);
    const responses = await Promise.all([fixture.get("/v2/late/manifests/1"), fixture.get("/v2/late/tags/list")]);
    expect(responses.map((response) => response.status)).to.deep.equal([200, 200]);
    expect(builds).to.equal(1);
  });

  it("fails the requests for an image that cannot be built, and says why", async () => {
    await using fixture = await startFixture();
    fixture.registry.addOnDemand("broken", () => Promise.reject(new Error("no busybox")));

    const response = await fixture.get("/v2/broken/manifests/1");
    expect(response.status).to.equal(500);
    expect(await response.text()).to.contain("no busybox");
  });

  it("refuses names that no repository can have", async () => {
    await using fixture = await startFixture();

    expect(() => fixture.registry.add("Team/App", ["1"], fixture.image)).to.throw('"Team/App" is no repository name');
  });

  it("forms references by tag and by digest", async () => {
    await using fixture = await startFixture();
    const { registry, image } = fixture;

    expect(registry.reference("team/app", "1")).to.equal(`${registry.host}/team/app:1`);
    expect(registry.reference("team/app", image.root.digest)).to.equal(
      `${registry.host}/team/app@${image.root.digest}`,
    );
  });

  it("frees its port when it closes", async () => {
    const fixture = await startFixture();
    await fixture.registry.close();
    await fixture.registry.close();

    expect(await fixture.get("/v2/").then(String, String)).to.contain("fetch failed");
  });
});
