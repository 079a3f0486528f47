import { behaviour, expect, Protocol, until, type PodOptions, type PodSandbox } from "../../src/harness/index.js";
import { freePort, nodeAddress, pageAt, servePage, untilDatagramsArrive, untilPageAt } from "./from-node.js";

const LOOPBACK = "127.0.0.1";

behaviour(
  "NET-007",
  {
    title: "Container port is reachable on the pod IP",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus"],
    clause: "PortMapping.container_port: a port of the pod; without host_port the node opens none",
    needs: ["node-files"],
    critest:
      "[k8s.io] Networking runtime should support networking runtime should support port mapping with only container port [Conformance]",
  },
  async ({ runtime, names }) => {
    const page = names.next();
    const port = await freePort();
    const sandbox = await runtime.runSandbox({ portMappings: [{ containerPort: port }] });
    await servePage(sandbox, page, port);

    await untilPageAt(await ipOf(sandbox), port, page);

    for (const address of await nodeAddresses()) {
      expect(await pageAt(address, port), `the container port at ${address}`).to.equal("no answer");
    }
  },
);

behaviour(
  "NET-008",
  {
    title: "Host port forwards to the container port until the sandbox is stopped",
    level: "required",
    rpcs: ["RunPodSandbox", "StopPodSandbox"],
    clause: "PortMapping.host_port: the port of the node that leads to the container port",
    needs: ["node-files", "host-ports"],
    critest:
      "[k8s.io] Networking runtime should support networking runtime should support port mapping with host port and container port [Conformance]",
  },
  async ({ runtime, names }) => {
    const hostPort = await freePort();
    const pod: PodOptions = { portMappings: [{ containerPort: 80, hostPort }] };
    const pages = [names.next(), names.next()] as const;
    const addresses = await nodeAddresses();
    const first = await runtime.runSandbox(pod);
    await servePage(first, pages[0], 80);

    for (const address of addresses) await untilPageAt(address, hostPort, pages[0]);

    await first.stop();
    for (const address of addresses) {
      const isClosed = async (): Promise<boolean> => (await pageAt(address, hostPort)) === "no answer";
      await until(`${address}:${hostPort} to be closed after StopPodSandbox`, isClosed, { seen: () => "an answer" });
    }
    await servePage(await runtime.runSandbox(pod), pages[1], 80);
    for (const address of addresses) await untilPageAt(address, hostPort, pages[1]);
  },
);

behaviour(
  "NET-009",
  {
    title: "Host port mapping honours protocol and host_ip, and 0 exposes nothing",
    level: "recommended",
    rpcs: ["RunPodSandbox"],
    clause: "PortMapping.protocol, host_ip and host_port: what is mapped is that, and nothing beside it",
    needs: ["node-files", "host-ports"],
  },
  async ({ runtime, names, note }) => {
    const page = names.next();
    const [udpPort, boundPort, unmapped] = [await freePort(), await freePort(), await freePort()];
    const address = await nodeAddress();
    const sandbox = await runtime.runSandbox({
      portMappings: [
        { protocol: Protocol.UDP, containerPort: 8001, hostPort: udpPort },
        { protocol: Protocol.TCP, containerPort: 8002, hostPort: boundPort, hostIp: address ?? "" },
        { protocol: Protocol.TCP, containerPort: unmapped, hostPort: 0 },
      ],
    });
    // By TCP, too, the pod answers on the port that is mapped for UDP alone.
    const container = await servePage(sandbox, page, 8001, 8002, unmapped);

    await untilDatagramsArrive(LOOPBACK, udpPort, container);
    await untilPageAt(address ?? LOOPBACK, boundPort, page);

    expect(await pageAt(LOOPBACK, udpPort), "the port mapped for UDP by TCP").to.equal("no answer");
    for (const each of await nodeAddresses()) {
      expect(await pageAt(each, unmapped), `the port mapped to 0 at ${each}`).to.equal("no answer");
    }
    if (address === undefined) note("the node has no address but loopback, so host_ip was not tried");
    else expect(await pageAt(LOOPBACK, boundPort), `the port bound to ${address} at ${LOOPBACK}`).to.equal("no answer");
  },
);

/** Addresses of the node that a mapping without host_ip covers. */
async function nodeAddresses(): Promise<string[]> {
  const address = await nodeAddress();
  return address === undefined ? [LOOPBACK] : [LOOPBACK, address];
}

const ipOf = async (sandbox: PodSandbox): Promise<string> => (await sandbox.status()).network?.ip ?? "";
