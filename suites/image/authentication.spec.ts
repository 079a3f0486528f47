import {
  behaviour,
  expect,
  expectError,
  type PublishedImage,
  type Registry,
  type SpecContext,
} from "../../src/harness/index.js";
import { expectAbsent, listed, pull } from "./calls.js";

type RepositoryAuth = NonNullable<Parameters<Registry["protect"]>[1]>;

/** Codes by which runtimes pass on that a registry refused a client. */
const REFUSED = ["Unauthenticated", "PermissionDenied", "Unknown"] as const;

/** A user whose password no other spec, and so no other message, contains. */
const newUser = (names: SpecContext["names"]) => ({ username: "critique", password: names.uid() });

/** An image in a registry of its own, since one registry has one way of authentication. */
async function privateImage(images: SpecContext["images"], auth: RepositoryAuth): Promise<PublishedImage> {
  const published = await images.publishOwn({ registry: await images.startRegistry() });
  published.registry.protect(published.name, auth);
  return published;
}

/** Paths of an image's content that were read with its credentials. */
const readWithCredentials = ({ registry, name }: PublishedImage): string[] =>
  registry
    .requests(name)
    .filter(({ authenticated, status, path }) => authenticated && status === 200 && path.startsWith("/v2/"))
    .map(({ path }) => path);

behaviour(
  "IMG-028",
  {
    title: "Private registry without credentials is refused",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause: "PullImageRequest.auth: without it, only what everybody may read is pulled",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    for (const scheme of ["basic", "bearer"] as const) {
      const { reference } = await privateImage(images, { scheme, ...newUser(names) });

      const error = await expectError(pull(rpc, reference), REFUSED, `PullImage without credentials (${scheme})`);

      expect(error?.details, `message of the error (${scheme})`).to.match(
        /401|unauthori[sz]ed|denied|authoriz|authentic/i,
      );
      await expectAbsent(rpc, { references: [reference] }, "after the refused pull");
    }
  },
);

behaviour(
  "IMG-029",
  {
    title: "Username and password or the base64 auth field authenticate the pull",
    level: "required",
    rpcs: ["PullImage"],
    clause: "AuthConfig.username, password, auth: how the runtime authenticates to the registry",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const user = newUser(names);
    const base64 = Buffer.from(`${user.username}:${user.password}`).toString("base64");

    for (const scheme of ["basic", "bearer"] as const) {
      for (const [given, auth] of Object.entries({ "username and password": user, auth: { auth: base64 } })) {
        const image = await privateImage(images, { scheme, ...user });
        await pull(rpc, image.reference, auth);
        expect(readWithCredentials(image), `requests with the credentials, ${given}, ${scheme}`).to.not.be.empty;
      }
    }

    const { reference } = await privateImage(images, { scheme: "basic", ...user });
    for (const auth of ["%%%", Buffer.from("no-colon").toString("base64")]) {
      await expectError(pull(rpc, reference, { auth }), "any", `PullImage with auth ${JSON.stringify(auth)}`);
    }
    await expectAbsent(rpc, { references: [reference] }, "after the pulls with malformed credentials");
  },
);

behaviour(
  "IMG-030",
  {
    title: "identity_token is exchanged at the token service",
    level: "optional",
    rpcs: ["PullImage"],
    clause: "AuthConfig.identity_token: exchanged for an access token of the registry",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const identityToken = names.uid();
    const image = await privateImage(images, { scheme: "bearer", identityToken });

    await pull(rpc, image.reference, { identityToken });

    const grants = image.registry
      .requests(image.name)
      .filter(({ grant, authenticated }) => grant === "refresh_token" && authenticated);
    expect(grants, "exchanges of the identity token").to.not.be.empty;
    expect(readWithCredentials(image), "requests with the token got for it").to.not.be.empty;
  },
);

behaviour(
  "IMG-045",
  {
    title: "registry_token is sent to the registry as a bearer token",
    level: "optional",
    rpcs: ["PullImage"],
    clause: "AuthConfig.registry_token: a bearer token to be sent to the registry",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const registryToken = names.uid();
    const image = await privateImage(images, { scheme: "bearer", registryToken });

    await pull(rpc, image.reference, { registryToken });

    expect(readWithCredentials(image), "requests with the token").to.not.be.empty;
  },
);

behaviour(
  "IMG-031",
  {
    title: "Credentials are not sent to a host other than server_address",
    level: "optional",
    rpcs: ["PullImage"],
    clause: "AuthConfig.server_address: the host that the credentials are for",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const user = newUser(names);
    const image = await privateImage(images, { scheme: "basic", ...user });
    const other = await images.startRegistry("127.0.0.2");

    const call = pull(rpc, image.reference, { ...user, serverAddress: other.url });
    await expectError(call, REFUSED, "PullImage with credentials for another host");

    const sent = image.registry.requests().filter(({ authorization }) => authorization !== "none");
    expect(
      sent.map(({ path }) => path),
      "requests with credentials that are for another host",
    ).to.be.empty;
    await pull(rpc, image.reference, { ...user, serverAddress: image.registry.url });
    expect(readWithCredentials(image), "requests with credentials for this host").to.not.be.empty;
  },
);

behaviour(
  "IMG-032",
  {
    title: "A pull without credentials is re-authorised even if the image is present",
    level: "required",
    rpcs: ["PullImage", "ListImages"],
    clause: "PullImage: the registry decides on each pull; AlwaysPullImages keeps tenants apart by it",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const user = newUser(names);
    const { reference } = await privateImage(images, { scheme: "basic", ...user });
    const id = await pull(rpc, reference, user);

    await expectError(pull(rpc, reference), REFUSED, "PullImage of a present image without credentials");
    const wrong = { ...user, password: names.uid() };
    await expectError(pull(rpc, reference, wrong), REFUSED, "PullImage of a present image with a wrong password");

    expect(await listed(rpc, id), "entries of ListImages with this id").to.have.length(1);
    expect(await pull(rpc, reference, user), "image_ref of a pull with the right credentials").to.equal(id);
  },
);

behaviour(
  "IMG-050",
  {
    title: "Blobs that the registry keeps on another host are fetched from there",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause: "OCI distribution-spec, pulling blobs: a registry may redirect to where its blobs are",
    needs: ["own-registry"],
  },
  async ({ rpc, images }) => {
    const storage = await images.startRegistry("127.0.0.2");
    const { reference, name, image } = await images.publishOwn();
    storage.add(name, [], image);
    images.registry.fault(name, { kind: "redirectBlobs", to: storage.url });

    await pull(rpc, reference);

    const blobs = [...image.blobs.keys()].map((digest) => `/storage/${name}/${digest}`);
    expect(
      storage.requests(name).map(({ path }) => path),
      "blobs fetched from the other host",
    ).to.include.members(blobs);
  },
);

behaviour(
  "IMG-051",
  {
    title: "Credentials do not follow a redirect to another host",
    level: "required",
    rpcs: ["PullImage"],
    clause: "AuthConfig: for the registry; RFC 9110, section 15.4: no credentials for one host to another",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const user = newUser(names);
    const storage = await images.startRegistry("127.0.0.2");
    for (const scheme of ["basic", "bearer"] as const) {
      const image = await privateImage(images, { scheme, ...user });
      storage.add(image.name, [], image.image);
      image.registry.fault(image.name, { kind: "redirectBlobs", to: storage.url });

      await pull(rpc, image.reference, user);

      const seen = storage.requests(image.name).map(({ authorization }) => authorization);
      expect(seen, `requests to the other host (${scheme})`).to.not.be.empty;
      expect(new Set(seen), `credentials in requests to the other host (${scheme})`).to.deep.equal(new Set(["none"]));
    }
  },
);

behaviour(
  "IMG-053",
  {
    title: "Wrong credentials are refused, and the refusal does not repeat them",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause: "AuthConfig: secrets, never to be logged; the kubelet writes the message of a failed pull into an event",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const user = newUser(names);
    for (const scheme of ["basic", "bearer"] as const) {
      const { reference } = await privateImage(images, { scheme, ...user });
      const wrong = { ...user, password: names.uid() };
      const base64 = Buffer.from(`${wrong.username}:${wrong.password}`).toString("base64");

      for (const auth of [wrong, { auth: base64 }, { identityToken: wrong.password }]) {
        const fields = Object.keys(auth).join(", ");
        const error = await expectError(
          pull(rpc, reference, auth),
          "any",
          `PullImage with wrong ${fields} (${scheme})`,
        );
        expect(error?.details, `message of the error with wrong ${fields}`).to.not.include(wrong.password);
        expect(error?.details, `message of the error with wrong ${fields}`).to.not.include(base64);
      }
      await expectAbsent(rpc, { references: [reference] }, "after the refused pulls");
    }
  },
);
