import { randomBytes } from "node:crypto";
import { behaviour, expect, NamespaceMode, until, type PodOptions } from "../../src/harness/index.js";
import { Received } from "./received.js";
import { serveOnNode } from "./servers.js";

/** A pod on the node's network, whose server is the suite: it takes any number of connections at once. */
const ON_NODE: PodOptions = { linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } } };

behaviour(
  "STR-032",
  {
    title: "Fifty connections to one port go on at once in one session",
    level: "required",
    rpcs: ["PortForward"],
    clause: "portforward.k8s.io: a pair of streams per connection, told apart by their request id",
    needs: ["node-files"],
  },
  async ({ runtime, streaming, defer }) => {
    const sandbox = await runtime.runSandbox(ON_NODE);
    const port = await serveOnNode({ defer }, (socket) => void socket.pipe(socket));
    const [way] = streaming.waysOver(["spdy", "spdy-over-websocket"], await streaming.forwardWays(sandbox.id));
    const session = await streaming.portForward(sandbox.id, [port], way);

    const differing = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const sent = randomBytes(100 * 1024);
        const connection = await session.connect(port);
        const received = new Received(connection);
        connection.write(sent);
        const bytes = await received.untilBytes(sent.length);
        return bytes.equals(sent) ? 0 : 1;
      }),
    );
    await session.close();

    expect(
      differing.filter((differs) => differs).length,
      "connections that got other bytes than they had sent",
    ).to.equal(0);
  },
);

behaviour(
  "STR-035",
  {
    title: "The end of one direction of a connection reaches the other side, and the other direction goes on",
    level: "required",
    rpcs: ["PortForward"],
    clause: "PortForward: a forwarded connection is one of TCP, whose directions end one by one (RFC 9293, 3.6)",
    needs: ["node-files"],
  },
  async ({ runtime, streaming, defer }) => {
    const sandbox = await runtime.runSandbox(ON_NODE);
    const reply = randomBytes(1024 * 1024);
    let request = "";
    const port = await serveOnNode({ defer }, (socket) => {
      socket.on("data", (chunk: Buffer) => (request += chunk.toString()));
      socket.on("end", () => socket.end(reply));
    });
    const [way] = streaming.waysOver(["spdy", "spdy-over-websocket"], await streaming.forwardWays(sandbox.id));
    const session = await streaming.portForward(sandbox.id, [port], way);
    const connection = await session.connect(port);
    const received = new Received(connection);

    connection.end("question");
    await received.untilOver();

    expect(request, "what the server read before the end").to.equal("question");
    expect(received.bytes.length, "bytes of the reply that the server sends after the client's end").to.equal(
      reply.length,
    );
    expect(received.bytes.equals(reply), "whether the reply is what was sent").to.equal(true);
    await session.close();
  },
);

behaviour(
  "STR-049",
  {
    title: "A server is told that the client has ended its direction, while the session goes on",
    level: "required",
    rpcs: ["PortForward"],
    clause: "PortForward: a forwarded connection is one of TCP, whose directions end one by one (RFC 9293, 3.6)",
    needs: ["node-files"],
  },
  async ({ runtime, streaming, defer }) => {
    const sandbox = await runtime.runSandbox(ON_NODE);
    let request = "";
    let hasEnded = false;
    const port = await serveOnNode({ defer }, (socket) => {
      socket.on("data", (chunk: Buffer) => (request += chunk.toString()));
      socket.on("end", () => (hasEnded = true));
    });
    const [way] = streaming.waysOver(["spdy", "spdy-over-websocket"], await streaming.forwardWays(sandbox.id));
    const session = await streaming.portForward(sandbox.id, [port], way);
    const connection = await session.connect(port);

    connection.end("question");
    // What becomes of the other direction then is another question.
    connection.resume();

    await until("the server to read the end of what the client sent", () => hasEnded);
    expect(request, "what the server read before the end").to.equal("question");
    await session.close();
  },
);

behaviour(
  "STR-038",
  {
    title: "PortForward over a WebSocket uses two channels for each port of the request",
    level: "optional",
    rpcs: ["PortForward"],
    clause: "v4.channel.k8s.io: port n has the channels 2n and 2n+1, each announced with the port's number",
    needs: ["node-files"],
  },
  async ({ runtime, streaming, defer }) => {
    const sandbox = await runtime.runSandbox(ON_NODE);
    const ways = streaming.waysOver(["websocket"], await streaming.forwardWays(sandbox.id));
    const names = ["one", "two"];
    const ports = await Promise.all(
      names.map((name) =>
        serveOnNode({ defer }, (socket) => socket.on("data", (data) => socket.write(`${name} ${data.toString()}`))),
      ),
    );

    for (const way of ways) {
      const session = await streaming.portForward(sandbox.id, ports, way);
      const connections = await Promise.all(ports.map((port) => session.connect(port)));
      const received = connections.map((connection) => new Received(connection));
      connections.forEach((connection) => connection.write("hello"));
      await Promise.all(received.map((each, index) => each.untilHolding(`${names[index]} hello`)));
      await session.close();
      const errors = await Promise.all(connections.map(({ errorText }) => errorText));
      expect(errors, `error channels over ${way.name}`).to.deep.equal(["", ""]);
    }
  },
);

behaviour(
  "STR-046",
  {
    title: "A connection that is read late loses nothing and holds up no other session",
    level: "required",
    rpcs: ["PortForward"],
    clause: "PortForward: a forwarded connection is one of TCP: what is not read yet waits (RFC 9293, 3.8.6)",
    needs: ["node-files"],
  },
  async ({ runtime, streaming, defer }) => {
    const sandbox = await runtime.runSandbox(ON_NODE);
    // More than the buffers of all sockets on the way take.
    const reply = randomBytes(16 * 1024 * 1024);
    const port = await serveOnNode({ defer }, (socket) => {
      socket.write("hello");
      socket.once("data", () => socket.write(reply));
    });

    for (const way of await streaming.newestForwardWays(sandbox.id)) {
      const slow = await streaming.portForward(sandbox.id, [port], way);
      const unread = await slow.connect(port);
      unread.write("all of it");
      const other = await streaming.portForward(sandbox.id, [port], way);
      await new Received(await other.connect(port)).untilHolding("hello");
      await other.close();

      const received = new Received(unread);
      const bytes = await received.untilBytes("hello".length + reply.length);
      await slow.close();
      const isWhole = bytes.subarray("hello".length).equals(reply);
      expect(isWhole, `whether what was read late over ${way.name} is what was sent`).to.equal(true);
    }
  },
);

behaviour(
  "STR-047",
  {
    title: "Bytes that are sent before the server reads wait for it",
    level: "required",
    rpcs: ["PortForward"],
    clause: "PortForward: a forwarded connection is one of TCP: what is not read yet waits (RFC 9293, 3.8.6)",
    needs: ["node-files"],
  },
  async ({ runtime, streaming, defer }) => {
    const sandbox = await runtime.runSandbox(ON_NODE);
    const sent = randomBytes(1024 * 1024);
    let startReading: (() => void) | undefined;
    const chunks: Buffer[] = [];
    const port = await serveOnNode({ defer }, (socket) => {
      startReading = () => socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    });

    for (const way of await streaming.newestForwardWays(sandbox.id)) {
      const session = await streaming.portForward(sandbox.id, [port], way);
      const connection = await session.connect(port);
      connection.write(sent);
      await until("the server to be connected to", () => startReading);
      startReading?.();
      await until("the server to get all that was sent", () => Buffer.concat(chunks).length >= sent.length);
      await session.close();

      expect(Buffer.concat(chunks).equals(sent), `whether the server read what was sent over ${way.name}`).to.equal(
        true,
      );
      startReading = undefined;
      chunks.length = 0;
    }
  },
);
