import { expect } from "chai";
import { describe, it } from "mocha";
import { startFixture, type Fixture } from "./fixture.js";

const basic = (username: string, password: string) => ({
  headers: { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
});
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });
const scope = "scope=repository:team/app:pull";

async function tokenFrom(response: Response): Promise<string> {
  expect(response.status).to.equal(200);
  return ((await response.json()) as { access_token: string }).access_token;
}

function postForm(fixture: Fixture, form: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams({ scope: "repository:team/app:pull", service: fixture.registry.host, ...form });
  return fixture.get("/token", { method: "POST", body });
}

describe("a registry with basic authentication", () => {
  it("lets in its own user only, and says how to authenticate", async () => {
    await using fixture = await startFixture();
    fixture.registry.protect("team/app", { scheme: "basic", username: "u", password: "p:q" });

    const refused = await fixture.get(fixture.manifestPath);
    expect(refused.status).to.equal(401);
    expect(refused.headers.get("www-authenticate")).to.match(/^Basic realm="/);
    for (const wrong of [basic("u", "p"), basic("v", "p:q"), bearer("u")]) {
      expect((await fixture.get(fixture.layerPath, wrong)).status).to.equal(401);
    }
    expect((await fixture.get(fixture.layerPath, basic("u", "p:q"))).status).to.equal(200);
    expect(fixture.registry.requests("team/app").map((entry) => entry.authenticated)).to.deep.equal([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it("leaves other repositories open, and itself when the protection ends", async () => {
    await using fixture = await startFixture();
    fixture.registry.add("open", ["1"], fixture.image);
    fixture.registry.protect("team/app", { scheme: "basic", username: "u", password: "p" });

    expect((await fixture.get("/v2/open/manifests/1")).status).to.equal(200);
    fixture.registry.protect("team/app", undefined);
    expect((await fixture.get(fixture.manifestPath)).status).to.equal(200);
  });

  it("shows its scheme at the API's root as well", async () => {
    await using fixture = await startFixture();
    fixture.registry.protect("team/app", { scheme: "basic", username: "u", password: "p" });

    expect((await fixture.get("/v2/")).status).to.equal(401);
    expect((await fixture.get("/v2/", basic("u", "wrong"))).status).to.equal(401);
    expect((await fixture.get("/v2/", basic("u", "p"))).status).to.equal(200);
  });

  it("has no second scheme", async () => {
    await using fixture = await startFixture();
    fixture.registry.protect("team/app", { scheme: "basic", username: "u", password: "p" });

    expect(() => fixture.registry.protect("other", { scheme: "bearer" })).to.throw("use a second registry");
  });
});

describe("a registry with a token service", () => {
  const auth = { scheme: "bearer", username: "u", password: "p", identityToken: "id", registryToken: "ready" } as const;

  it("points at its token service", async () => {
    await using fixture = await startFixture();
    fixture.registry.protect("team/app", auth);
    const { url, host } = fixture.registry;

    expect((await fixture.get(fixture.manifestPath)).headers.get("www-authenticate")).to.equal(
      `Bearer realm="${url}/token",service="${host}",scope="repository:team/app:pull"`,
    );
  });

  const grants: readonly { readonly name: string; readonly ask: (fixture: Fixture) => Promise<Response> }[] = [
    { name: "basic", ask: (fixture) => fixture.get(`/token?${scope}`, basic("u", "p")) },
    { name: "password", ask: (fixture) => postForm(fixture, { grant_type: "password", username: "u", password: "p" }) },
    {
      name: "refresh_token",
      ask: (fixture) => postForm(fixture, { grant_type: "refresh_token", refresh_token: "id" }),
    },
  ];
  for (const { name, ask } of grants) {
    it(`gives a token for the grant "${name}", and logs which it was`, async () => {
      await using fixture = await startFixture();
      fixture.registry.protect("team/app", auth);

      const token = await tokenFrom(await ask(fixture));

      expect((await fixture.get(fixture.layerPath, bearer(token))).status).to.equal(200);
      const [asked, pulled] = fixture.registry.requests("team/app");
      expect(asked).to.include({ path: "/token", grant: name, authenticated: true });
      expect(pulled).to.include({ authorization: "bearer", authenticated: true });
      expect(JSON.stringify(fixture.registry.requests())).not.to.contain(token);
    });
  }

  const refusals: readonly { readonly what: string; readonly ask: (fixture: Fixture) => Promise<Response> }[] = [
    { what: "nothing", ask: (fixture) => fixture.get(`/token?${scope}`) },
    { what: "a wrong password", ask: (fixture) => fixture.get(`/token?${scope}`, basic("u", "x")) },
    { what: "a wrong refresh token", ask: (f) => postForm(f, { grant_type: "refresh_token", refresh_token: "x" }) },
    { what: "an unknown grant", ask: (fixture) => postForm(fixture, { grant_type: "device_code" }) },
  ];
  for (const { what, ask } of refusals) {
    it(`gives no token for ${what}`, async () => {
      await using fixture = await startFixture();
      fixture.registry.protect("team/app", auth);

      expect((await ask(fixture)).status).to.equal(401);
    });
  }

  it("gives everybody tokens for open repositories, good for no other", async () => {
    await using fixture = await startFixture();
    fixture.registry.protect("team/app", auth);

    const token = await tokenFrom(await fixture.get("/token?scope=repository:open:pull"));

    expect((await fixture.get(fixture.layerPath, bearer(token))).status).to.equal(401);
  });

  it("takes the token that was issued beforehand, and no invented one", async () => {
    await using fixture = await startFixture();
    fixture.registry.protect("team/app", auth);

    expect((await fixture.get(fixture.layerPath, bearer("ready"))).status).to.equal(200);
    expect((await fixture.get(fixture.layerPath, bearer("invented"))).status).to.equal(401);
  });

  it("survives a form of any length", async () => {
    await using fixture = await startFixture();
    fixture.registry.protect("team/app", auth);

    const status = await postForm(fixture, { refresh_token: "x".repeat(200_000) }).then(
      (response) => response.status,
      () => "connection closed",
    );
    expect(status).to.be.oneOf([401, "connection closed"]);
    expect((await fixture.get(fixture.layerPath, bearer("ready"))).status).to.equal(200);
  });
});
