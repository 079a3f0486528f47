import { lookup } from "node:dns/promises";
import {
  behaviour,
  Deadline,
  dialSpdy,
  expect,
  expectOk,
  NamespaceMode,
  RpcError,
  StreamingError,
  until,
  type PodOptions,
} from "../../src/harness/index.js";
import { Received } from "./received.js";
import { serveInPod, serveOnNode, untilListening } from "./servers.js";

/** A pod on the node's network. */
const ON_NODE: PodOptions = { linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } } };
const GET = "GET / HTTP/1.0\r\n\r\n";

behaviour(
  "STR-004",
  {
    title: "PortForward reaches a server in the pod's network, over every transport on offer",
    level: "required",
    rpcs: ["PortForward"],
    clause: "PortForwardResponse.url: the streaming server connects to the ports of the pod sandbox",
    critest:
      "[k8s.io] Streaming runtime should support streaming interfaces runtime should support portforward [Conformance]",
  },
  async ({ runtime, streaming }) => {
    const sandbox = await runtime.borrowSandbox();
    const server = await sandbox.startContainer({ image: "web", command: [] });
    await untilListening(server, 80);

    for (const way of await streaming.forwardWays(sandbox.id)) {
      const session = await streaming.portForward(sandbox.id, [80], way);
      expect(session.protocol, `protocol chosen when ${way.name} was offered`).to.equal(way.protocols[0]);
      const connection = await session.connect(80);
      const received = new Received(connection);
      connection.write(GET);

      await received.untilHolding("\r\n\r\n<");
      expect(received.text, `response over ${way.name}`).to.match(/^HTTP\/1\.[01] 200 /);
      connection.destroy();
      await session.close();
      expect(await connection.errorText, `error of the connection over ${way.name}`).to.equal("");
    }
  },
);

behaviour(
  "STR-005",
  {
    title: "PortForward reaches a server on the node for a pod on the node's network",
    level: "required",
    rpcs: ["PortForward"],
    clause: "NamespaceOption.network NODE: the ports of the pod are those of the node",
    critest:
      "[k8s.io] Streaming runtime should support streaming interfaces runtime should support portforward in host network",
    needs: ["node-files"],
  },
  async ({ runtime, streaming, defer }) => {
    const sandbox = await runtime.runSandbox(ON_NODE);
    const port = await serveOnNode({ defer }, (socket) => void socket.write("hello"));

    for (const way of await streaming.forwardWays(sandbox.id)) {
      const session = await streaming.portForward(sandbox.id, [port], way);
      const received = new Received(await session.connect(port));
      await received.untilHolding("hello");
      await session.close();
    }
  },
);

behaviour(
  "STR-031",
  {
    title: "One session forwards several ports",
    level: "required",
    rpcs: ["PortForward"],
    clause:
      "PortForwardRequest.port: the ports to forward; connections of a session are told apart by their request id",
  },
  async ({ runtime, streaming }) => {
    const sandbox = await runtime.borrowSandbox();
    const greetings = new Map([
      [8001, "one"],
      [8002, "two"],
    ]);
    const ports = [...greetings.keys()];
    await Promise.all(ports.map((port) => serveInPod(sandbox, port, `echo ${greetings.get(port)}; cat`)));

    for (const way of await streaming.forwardWays(sandbox.id)) {
      const session = await streaming.portForward(sandbox.id, ports, way);
      const connections = await Promise.all(ports.map((port) => session.connect(port)));
      const received = connections.map((connection) => new Received(connection));
      await Promise.all(received.map((each) => each.untilHolding("\n")));
      expect(
        received.map(({ text }) => text),
        `greetings over ${way.name}`,
      ).to.deep.equal(["one\n", "two\n"]);
      await session.close();
    }
  },
);

behaviour(
  "STR-033",
  {
    title: "A port without a listener is reported, and the session goes on",
    level: "required",
    rpcs: ["PortForward"],
    clause: "portforward.k8s.io: the error stream of a connection tells why it failed",
  },
  async ({ runtime, streaming }) => {
    const sandbox = await runtime.borrowSandbox();
    await serveInPod(sandbox, 8001, "echo hello; cat");

    for (const way of await streaming.forwardWays(sandbox.id)) {
      const session = await streaming.portForward(sandbox.id, [8009, 8001], way);
      const refused = await session.connect(8009);
      const nothing = new Received(refused);
      // The session's end must not come before the text: over SPDY it may follow the end of the data.
      await until(`an error of a port without a listener over ${way.name}`, () => refused.hasErrorText);
      const other = new Received(await session.connect(8001));
      await other.untilHolding("hello\n");
      await session.close();

      expect(nothing.text, `bytes of a port without a listener over ${way.name}`).to.equal("");
      expect(await refused.errorText, `error over ${way.name}`).to.match(/refused|8009/);
    }
  },
);

behaviour(
  "STR-034",
  {
    title: "A stream with an invalid port is refused, and the session goes on",
    level: "recommended",
    rpcs: ["PortForward"],
    clause: "portforward.k8s.io: a stream needs a type and a port from 1 to 65535",
  },
  async ({ runtime, rpc, streaming }) => {
    const sandbox = await runtime.borrowSandbox();
    streaming.waysOver(["spdy"], await streaming.forwardWays(sandbox.id));
    await serveInPod(sandbox, 8001, "echo hello; cat");
    const { url } = await rpc.portForward({ podSandboxId: sandbox.id, port: [8001] });
    using deadline = new Deadline(streaming.dialOptions, "the SPDY session");
    const options = { ...streaming.dialOptions, protocols: ["portforward.k8s.io"] };
    const { connection } = await dialSpdy(url, options, deadline);

    const wrong: Record<string, string>[] = [
      ...["0", "70000", "abc"].map((port) => ({ streamtype: "error", port, requestid: port })),
      { streamtype: "error", requestid: "none" },
      { port: "8001", requestid: "untyped" },
    ];
    for (const headers of wrong) {
      const stream = connection.openStream(headers);
      let over = "";
      const onOver = (how: string) => () => void (over ||= how);
      stream.sink = { onData: () => true, onEnd: onOver("ended"), onFail: onOver("reset") };
      stream.opened.catch(onOver("refused"));
      await until(`a stream with ${JSON.stringify(headers)} to be refused or reset`, () => over, {
        seen: () => "still open",
      });
    }

    const ids = { port: "8001", requestid: "right" };
    connection.openStream({ streamtype: "error", ...ids });
    const data = connection.openStream({ streamtype: "data", ...ids });
    const chunks: Buffer[] = [];
    data.sink = { onData: (chunk) => chunks.push(chunk) > 0, onEnd: () => undefined, onFail: () => undefined };
    await until("a proper pair of streams to work after that", () => String(Buffer.concat(chunks)) === "hello\n");
    await connection.close();
  },
);

behaviour(
  "STR-036",
  {
    title: "PortForward reaches the pod's loopback addresses and never the node's",
    level: "required",
    rpcs: ["PortForward"],
    clause: "PortForward: connects inside the pod's network namespace, to localhost",
    needs: ["node-files"],
  },
  async ({ runtime, streaming, defer }) => {
    const sandbox = await runtime.borrowSandbox();
    const addresses = new Map([[8001, "127.0.0.1:8001"]]);
    // Runtimes dial the node's localhost by name.
    if (await lookup("localhost", { family: 6 }).catch(() => undefined)) addresses.set(8006, "[::1]:8006");
    for (const [port, address] of addresses) {
      await untilListening(
        await sandbox.startContainer({ command: ["httpd", "-f", "-p", address, "-h", "/tmp"] }),
        port,
      );
    }
    const inPod = [...addresses.keys()];
    const onNode = await serveOnNode({ defer }, (socket) => void socket.write("the node"));

    for (const way of await streaming.forwardWays(sandbox.id)) {
      const session = await streaming.portForward(sandbox.id, [...inPod, onNode], way);
      for (const port of inPod) {
        const connection = await session.connect(port);
        const received = new Received(connection);
        connection.write(GET);
        await until(`an answer of ${addresses.get(port)} over ${way.name}`, () => received.text || received.over);
        expect(received.text, `answer of ${addresses.get(port)} over ${way.name}`).to.match(/^HTTP/);
        connection.destroy();
        expect(await connection.errorText, `error of ${addresses.get(port)} over ${way.name}`).to.equal("");
      }
      const refused = await session.connect(onNode);
      const nothing = new Received(refused);
      // The session's end must not come before the text: over SPDY it may follow the end of the data.
      await until(
        `a connection to a port of the node to fail over ${way.name}`,
        () => nothing.text || refused.hasErrorText,
      );
      await session.close();
      expect(await refused.errorText, `error for a port of the node over ${way.name}`).to.not.equal("");
      expect(nothing.text, `bytes from a port of the node over ${way.name}`).to.equal("");
    }
  },
);

behaviour(
  "STR-037",
  {
    title: "Stopping the pod sandbox ends what is forwarded to it",
    level: "recommended",
    rpcs: ["PortForward", "StopPodSandbox"],
    clause: "StopPodSandbox: stops all processes of the pod, and returns although clients are connected",
  },
  async ({ runtime, rpc, streaming }) => {
    const sandbox = await runtime.runSandbox();
    await serveInPod(sandbox, 8001, "echo hello; cat");
    const [way] = await streaming.forwardWays(sandbox.id);
    const session = await streaming.portForward(sandbox.id, [8001], way);
    const received = new Received(await session.connect(8001));
    await received.untilHolding("hello\n");

    await expectOk(rpc.stopPodSandbox({ podSandboxId: sandbox.id }), "StopPodSandbox with a client connected");

    await received.untilOver();
    const again = await streaming.portForward(sandbox.id, [8001], way).then(
      async (next) => {
        const late = new Received(await next.connect(8001));
        await late.untilOver();
        await next.close();
        return late.text;
      },
      (error: unknown) => {
        if (error instanceof RpcError || error instanceof StreamingError) return "";
        throw error;
      },
    );
    expect(again, "bytes of a stopped sandbox").to.equal("");
  },
);
