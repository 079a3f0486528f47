import { behaviour, expect } from "../../src/harness/index.js";

/** The API server's limit for all annotations of an object. */
const ANNOTATION_BYTES = 256 * 1024;

/** Together 5 MiB: more than the 4 MiB of a gRPC client or server by default, well below the kubelet's 16 MiB. */
const CONTAINERS = 20;

behaviour(
  "ERR-005",
  {
    title: "Large replies fit the client limit",
    level: "recommended",
    rpcs: ["ListContainers"],
    clause: "ListContainers: the kubelet takes replies of up to 16 MiB",
  },
  async ({ runtime, rpc }) => {
    const sandbox = await runtime.borrowSandbox();
    const annotations = { "critique.dev/large": "x".repeat(ANNOTATION_BYTES) };
    await Promise.all(Array.from({ length: CONTAINERS }, () => sandbox.createContainer({ annotations })));

    const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });

    const lengths = containers.map((container) => container.annotations["critique.dev/large"]?.length);
    expect(lengths.length, "number of listed containers").to.equal(CONTAINERS);
    expect([...new Set(lengths)], "lengths of their annotations").to.deep.equal([ANNOTATION_BYTES]);
  },
);
