import { behaviour, expect, sh, until, type Container } from "../../src/harness/index.js";
import { loggedLines } from "../container/logged.js";
import { namespaceOf } from "../namespace/namespaces.js";
import { untilListening } from "../streaming/servers.js";
import { pageAt } from "./from-node.js";

/** The page that a container gets from a web server. */
async function fetchIn(container: Container, address: string, port: number): Promise<string> {
  const response = await container.output(sh(`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 5 ${address} ${port}`));
  return response.replace(/^HTTP[^]*?\r\n\r\n/, "");
}

behaviour(
  "NET-010",
  {
    title: "Containers of one pod share the network namespace",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "NamespaceMode.POD: all containers of the pod are in the sandbox's network namespace",
    critest:
      "[k8s.io] Multiple Containers [Conformance] when running multiple containers in a pod should support network",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const server = await sandbox.startContainer({ image: "web", command: [] });
    const client = await sandbox.startContainer();
    await untilListening(server, 80);

    expect(await fetchIn(client, "127.0.0.1", 80), "page of the other container").to.match(/<title>Welcome/);
    expect(await namespaceOf(client, "net"), "network namespace").to.equal(await namespaceOf(server, "net"));
  },
);

behaviour(
  "NET-014",
  {
    title: "Pods reach each other and are reached from the node",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus", "ExecSync"],
    clause: "Kubernetes network model: pods and nodes reach every pod at its own address, without address translation",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const [a, b] = await Promise.all([runtime.borrowSandbox(), runtime.borrowSandbox()]);
    const [ipA = "", ipB = ""] = await Promise.all([a, b].map(async (each) => (await each.status()).network?.ip));
    // It tells on its standard error who asked.
    const server = await b.startContainer({
      command: sh("mkdir /tmp/www; echo pod B > /tmp/www/index.html; exec httpd -f -vv -p 80 -h /tmp/www"),
    });
    await untilListening(server, 80);
    const client = await a.startContainer();

    expect(await fetchIn(client, ipB, 80), "page of pod B in pod A").to.equal("pod B\n");
    const [request = ""] = await until("pod B to log the request", async () => {
      const lines = await loggedLines(server);
      return lines.length > 0 && lines;
    });
    expect(asker(request), "who asked pod B, as pod B sees it").to.equal(ipA);
    expect(await pageAt(ipB, 80), "page of pod B on the node").to.equal("pod B");
  },
);

/** Who asked, from a line of busybox's httpd: "[::ffff:10.0.0.2]:40000: url:/", with brackets for IPv6. */
function asker(line: string): string {
  return line
    .replace(/:\d+: .*$/, "")
    .replace(/^\[?(::ffff:)?/, "")
    .replace(/\]$/, "");
}

behaviour(
  "NET-016",
  {
    title: "Loopback is up in a new pod",
    level: "required",
    rpcs: ["RunPodSandbox", "ExecSync"],
    clause: "NamespaceMode.POD: a network of the pod's own includes a working loopback interface",
  },
  async ({ runtime, probe }) => {
    const sandbox = await runtime.borrowSandbox();
    const addresses = ["127.0.0.1", ...(probe.host.ipv6 ? ["::1"] : [])];

    for (const [index, address] of addresses.entries()) {
      const port = 8001 + index;
      const place = `${address.includes(":") ? `[${address}]` : address}:${port}`;
      const server = await sandbox.startContainer({
        command: sh(`mkdir /tmp/www; echo here > /tmp/www/index.html; exec httpd -f -p ${place} -h /tmp/www`),
      });
      await untilListening(server, port);
      expect(await fetchIn(server, address, port), `page at ${address}`).to.equal("here\n");
    }
    const anyone = await sandbox.startContainer();
    expect(await anyone.output(["ip", "link", "show", "lo"]), "`ip link show lo`").to.match(/<[A-Z_,]*\bUP\b/);
  },
);
