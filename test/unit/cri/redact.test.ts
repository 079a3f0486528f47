import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { expect } from "chai";
import fc from "fast-check";
import { describe, it } from "mocha";

import { CONTRACT_ELEMENTS } from "../../../src/cri/contract-elements.js";
import { isSecretField } from "../../../src/cri/contract.js";
import {
  AuthConfigSchema,
  ContainerSchema,
  ContainerState,
  ContainerStatsSchema,
  ContainerStatusSchema,
  ExecSyncResponseSchema,
  ImageSchema,
  ImageSpecSchema,
  KeyValueSchema,
  LinuxContainerResourcesSchema,
  PodSandboxConfigSchema,
  PsiDataSchema,
  PullImageRequestSchema,
  VersionResponseSchema,
} from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { redact, redactReference, REFERENCE_FIELDS } from "../../../src/cri/redact.js";

describe("redact", () => {
  it("spells a message as the contract does", () => {
    const status = create(ContainerStatusSchema, {
      id: "c1",
      metadata: { name: "web", attempt: 2 },
      state: ContainerState.CONTAINER_EXITED,
      createdAt: 1_700_000_000n,
      exitCode: 137,
      labels: { app: "web" },
      mounts: [{ containerPath: "/data", readonly: true }],
    });

    expect(redact(ContainerStatusSchema, status)).to.deep.equal({
      id: "c1",
      metadata: { name: "web", attempt: 2 },
      state: "CONTAINER_EXITED",
      created_at: 1_700_000_000,
      exit_code: 137,
      labels: { app: "web" },
      mounts: [{ container_path: "/data", readonly: true, propagation: "PROPAGATION_PRIVATE" }],
      stop_signal: "SIGNAL_RUNTIME_DEFAULT",
    });
  });

  it("keeps 64-bit numbers exact", () => {
    const resources = create(LinuxContainerResourcesSchema, { cpuQuota: -1n, memoryLimitInBytes: 9007199254740993n });

    expect(redact(LinuxContainerResourcesSchema, resources)).to.deep.equal({
      cpu_quota: -1,
      memory_limit_in_bytes: "9007199254740993",
    });
  });

  it("keeps numbers that JSON does not have", () => {
    const psi = create(PsiDataSchema, { Avg10: NaN, Avg60: Infinity, Avg300: 0.5 });

    expect(redact(PsiDataSchema, psi)).to.deep.equal({ Avg10: "NaN", Avg60: "Infinity", Avg300: 0.5 });
  });

  it("shows the presence of an empty message", () => {
    const stats = create(ContainerStatsSchema, { cpu: { usageNanoCores: {} } });

    expect(redact(ContainerStatsSchema, stats)).to.deep.equal({ cpu: { usage_nano_cores: {} } });
  });

  it("gives the number of an enum value that the contract does not have", () => {
    const container = create(ContainerSchema, { state: 9 as ContainerState });

    expect(redact(ContainerSchema, container)).to.deep.equal({ state: 9 });
  });

  it("hides every credential, and shows which were given", () => {
    const auth = { username: "ann", password: "p4ss", auth: "YW5uOnA0c3M=", registryToken: "t0ken" };
    const request = create(PullImageRequestSchema, { image: { image: "registry.example/app:1" }, auth });

    expect(redact(PullImageRequestSchema, request)).to.deep.equal({
      image: { image: "registry.example/app:1" },
      auth: { username: "ann", password: "[redacted]", auth: "[redacted]", registry_token: "[redacted]" },
    });
  });

  it("lets no secret field through, whatever it holds", () => {
    const secrets = AuthConfigSchema.fields.filter(({ name }) => isSecretField("AuthConfig", name));
    fc.assert(
      fc.property(fc.constantFrom(...secrets), fc.string({ minLength: 1 }), (field, secret) => {
        const auth = create(AuthConfigSchema, { [field.localName]: secret });
        expect(redact(AuthConfigSchema, auth)).to.deep.equal({ [field.name]: "[redacted]" });
      }),
    );
  });

  it("hides the userinfo of references in lists and in nested messages", () => {
    const image = create(ImageSchema, {
      repoTags: ["ann:p4ss@registry.example/app:1", "busybox:1.36"],
      spec: { image: "ann:p4ss@registry.example/app:1" },
    });

    expect(redact(ImageSchema, image)).to.deep.equal({
      repo_tags: ["[redacted]@registry.example/app:1", "busybox:1.36"],
      spec: { image: "[redacted]@registry.example/app:1" },
    });
  });

  it("hides a userinfo before it cuts the reference", () => {
    const spec = create(ImageSpecSchema, { image: `${"u".repeat(50)}:p4ss@registry.example/app` });

    expect(redact(ImageSpecSchema, spec, { maxStringLength: 20 })).to.deep.equal({
      image: "[redacted]@registry.... [11 more characters]",
    });
  });

  it("cuts long strings, and says how much is missing", () => {
    const version = create(VersionResponseSchema, { runtimeName: "a".repeat(10), runtimeVersion: "b".repeat(8) });

    expect(redact(VersionResponseSchema, version, { maxStringLength: 8 })).to.deep.equal({
      runtime_name: "aaaaaaaa... [2 more characters]",
      runtime_version: "bbbbbbbb",
    });
  });

  it("does not cut a character in two", () => {
    const version = create(VersionResponseSchema, { runtimeName: "ab🙂🙂" });

    expect(redact(VersionResponseSchema, version, { maxStringLength: 3 })).to.deep.equal({
      runtime_name: "ab... [4 more characters]",
    });
  });

  it("gives bytes in base64, cut at the bound", () => {
    const output = create(ExecSyncResponseSchema, { stdout: Buffer.from("hello"), stderr: Buffer.alloc(9, 0xff) });

    expect(redact(ExecSyncResponseSchema, output, { maxBytes: 6 })).to.deep.equal({
      stdout: "aGVsbG8=",
      stderr: "////////... [3 more bytes]",
    });
  });

  it("leaves environment values alone", () => {
    const env = create(KeyValueSchema, { key: "PASSWORD", value: Buffer.from("x") });

    expect(redact(KeyValueSchema, env)).to.deep.equal({ key: "PASSWORD", value: "eA==" });
  });

  it("cuts long lists and maps", () => {
    const config = create(PodSandboxConfigSchema, {
      labels: { a: "1", b: "2", c: "3" },
      annotations: { "a-very-long-key": "1" },
      dnsConfig: { servers: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"] },
    });

    expect(redact(PodSandboxConfigSchema, config, { maxItems: 2, maxStringLength: 8 })).to.deep.equal({
      labels: { a: "1", b: "2", "...": "[1 more entries]" },
      annotations: { "a-very-l... [7 more characters]": "1" },
      dns_config: { servers: ["10.0.0.1", "10.0.0.2", "[2 more items]"] },
    });
  });

  it("keeps a label called __proto__", () => {
    const labels = Object.fromEntries([["__proto__", "1"]]);
    const redacted = redact(ContainerSchema, create(ContainerSchema, { labels }));

    expect(JSON.stringify(redacted["labels"])).to.equal('{"__proto__":"1"}');
  });

  it("tells unknown fields by number and size, never by content", () => {
    const bytes = new BinaryWriter().tag(99, WireType.LengthDelimited).string("p4ss").finish();
    const version = fromBinary(
      VersionResponseSchema,
      Buffer.concat([toBinary(VersionResponseSchema, create(VersionResponseSchema, { version: "v1" })), bytes]),
    );

    expect(redact(VersionResponseSchema, version)).to.deep.equal({
      version: "v1",
      $unknown: [{ number: 99, wire_type: "LengthDelimited", bytes: 5 }],
    });
  });

  it("does not change the message", () => {
    const auth = create(AuthConfigSchema, { password: "p4ss" });
    redact(AuthConfigSchema, auth);

    expect(auth.password).to.equal("p4ss");
  });
});

describe("redactReference", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const cases: [string, string][] = [
    ["busybox", "busybox"],
    ["localhost:5000/app:1", "localhost:5000/app:1"],
    [`busybox@${digest}`, `busybox@${digest}`],
    [`registry.example:5000/app:1@${digest}`, `registry.example:5000/app:1@${digest}`],
    [digest, digest],
    ["/var/lib/checkpoints/a@b.tar", "/var/lib/checkpoints/a@b.tar"],
    ["ann:p4ss@registry.example/app", "[redacted]@registry.example/app"],
    ["t0ken@registry.example/app:1", "[redacted]@registry.example/app:1"],
    ["ann:p4ss@registry.example:5000", "[redacted]@registry.example:5000"],
    ["ann:p@4/ss@registry.example/app", "[redacted]@registry.example/app"],
    [`ann:p4ss@registry.example/app@${digest}`, `[redacted]@registry.example/app@${digest}`],
    ["https://ann:p4ss@registry.example/v2/", "https://[redacted]@registry.example/v2/"],
    ["https://registry.example/v2/", "https://registry.example/v2/"],
  ];
  for (const [reference, redacted] of cases) {
    it(`gives ${redacted} for ${reference}`, () => {
      expect(redactReference(reference)).to.equal(redacted);
    });
  }

  it("is applied to string fields of the contract", () => {
    for (const name of REFERENCE_FIELDS) expect(CONTRACT_ELEMENTS.get(name), name).to.include({ kind: "field" });
  });
});
