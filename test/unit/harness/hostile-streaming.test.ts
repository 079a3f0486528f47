import { expect } from "chai";
import { describe, it } from "mocha";
import { loadSpecs } from "../../../src/harness/catalogue.js";
import { makeSpec, type BehaviourMeta, type Spec, type SpecBody } from "../../../src/harness/spec.js";
import { ContainerState } from "../../../src/cri/gen/runtime/v1/api_pb.js";
import type { PortForwardTransport, StreamTransport } from "../../../src/streaming/index.js";
import type { Answers } from "../../support/fake-runtime.js";
import {
  HOSTILE_HANDSHAKES,
  HOSTILE_SPDY,
  HOSTILE_WEBSOCKET,
  startHostileServer,
  type HostileScript,
} from "../../support/hostile-stream-server.js";
import { runSpecs } from "../../support/run-specs.js";

/** Deadline of each spec: what a hostile server says has long been said then. */
const DEADLINE_MS = 1_000;
const STREAM_TRANSPORTS: readonly StreamTransport[] = ["spdy", "websocket"];
const FORWARD_TRANSPORTS: readonly PortForwardTransport[] = ["spdy", "websocket", "spdy-over-websocket"];

/** What specs see of containers that are always as they wish, behind the streaming server of a script. */
function answersOf(url: string): Answers {
  const listening = [80, 8001, 8002, 8006].map((port) => {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    return `0: 00000000:${hex} 00000000:0000 0A 0`;
  });
  let containers = 0;
  return {
    imageStatus: () => ({ image: { id: "image" } as never }),
    createContainer: () => ({ containerId: `container-${containers++}` }),
    startContainer: () => ({}),
    stopContainer: () => ({}),
    removeContainer: () => ({}),
    listContainers: () => ({ containers: [] }),
    containerStatus: ({ containerId }) => ({
      status: { id: containerId, state: ContainerState.CONTAINER_RUNNING } as never,
    }),
    execSync: () => ({ exitCode: 0, stdout: Buffer.from(listening.join("\n")) }),
    exec: () => ({ url }),
    attach: () => ({ url }),
    portForward: () => ({ url }),
  };
}

/** A session that is opened without a look at what is on offer, used, and read to its end. */
const BODIES: readonly [string, SpecBody][] = [
  ...STREAM_TRANSPORTS.flatMap((transport): [string, SpecBody][] => {
    const flags = { transport, stdin: true, stdout: true, stderr: true };
    return [
      [
        `exec over ${transport}`,
        async ({ streaming }) => {
          const session = await streaming.exec("c", ["cat"], flags);
          session.stdin.write("hello");
          session.stdout.resume();
          session.stderr.resume();
          await session.exit;
        },
      ],
      [
        `attach over ${transport}`,
        async ({ streaming }) => {
          const session = await streaming.attach("c", flags);
          for await (const _chunk of session.stdout);
        },
      ],
    ];
  }),
  ...FORWARD_TRANSPORTS.map((transport): [string, SpecBody] => [
    `port-forward over ${transport}`,
    async ({ streaming }) => {
      const session = await streaming.portForward("s", [80], { transport });
      const connection = await session.connect(80);
      connection.write("hello");
      for await (const _chunk of connection);
    },
  ]),
];

describe("a spec against a hostile streaming server", () => {
  const scripts: [string, HostileScript][] = [
    ...Object.entries(HOSTILE_HANDSHAKES),
    ...Object.entries(HOSTILE_SPDY).map(([name, script]): [string, HostileScript] => [`over SPDY ${name}`, script]),
    ...Object.entries(HOSTILE_WEBSOCKET).map(([name, script]): [string, HostileScript] => [
      `over a WebSocket ${name}`,
      script,
    ]),
  ];
  for (const [name, script] of scripts) {
    it(`that ${name} is told from a fault of the suite, and ends`, async () => {
      await using server = await startHostileServer(script);
      const meta: Omit<BehaviourMeta, "title"> = { level: "required", rpcs: ["Exec"], clause: "none" };
      const specs = BODIES.map(([title, body], index) => makeSpec(`STR-9${index + 10}`, { ...meta, title }, body));
      const run = await runSpecs(specs, answersOf(server.url()), { timeoutMs: DEADLINE_MS, parallel: specs.length });

      // A spec that hung, or threw what is no streaming error, would be broken. One that sees an orderly end may pass.
      const verdicts = run.results.specs.map(({ title, verdict, reason }) => `${title}: ${verdict} ${reason}`);
      expect(verdicts.filter((line) => !/: (failed .|passed $)/.test(line))).to.deep.equal([]);
      expect(run.results.end).to.include({ how: "completed" });
    }).timeout(30_000);
  }

  const KINDS: [string, HostileScript][] = [
    ["accepts and says nothing", HOSTILE_HANDSHAKES["accepts and says nothing"]!],
    ["resets", HOSTILE_HANDSHAKES["resets at once"]!],
    ["upgrades and sends half a frame", HOSTILE_SPDY["sends half a frame and stalls"]!],
    ["upgrades and resets", HOSTILE_SPDY.resets!],
    ["announces 4 GB", HOSTILE_WEBSOCKET["announces a frame of 4 GB"]!],
    ["floods ping", HOSTILE_SPDY["floods ping"]!],
  ];
  for (const [name, script] of KINDS) {
    it(`that ${name} ends every spec of streaming by its deadline`, async () => {
      await using server = await startHostileServer(script);
      const all = (await loadSpecs()).filter(({ info }) => info.area === "streaming");
      const specs = all.map((spec): Spec => ({ ...spec, timeoutMs: DEADLINE_MS, locks: [] }));
      const run = await runSpecs(specs, answersOf(server.url()), { parallel: specs.length });

      expect(specs).to.have.length.greaterThan(40);
      const wrong = run.results.specs.filter(({ verdict }) => !["passed", "failed", "notApplicable"].includes(verdict));
      expect(wrong.map(({ id, verdict, reason }) => `${id} ${verdict} ${reason}`)).to.deep.equal([]);
      expect(run.results.counts.failed).to.be.greaterThan(35);
    }).timeout(60_000);
  }
});
