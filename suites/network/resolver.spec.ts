import { readFile } from "node:fs/promises";
import { behaviour, expect } from "../../src/harness/index.js";
import { parseResolver, resolverOf } from "./resolver.js";

behaviour(
  "NET-001",
  {
    title: "resolv.conf of the containers is built from dns_config",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "PodSandboxConfig.dns_config: the resolver configuration of the pod's containers",
    critest: "[k8s.io] Networking runtime should support networking runtime should support DNS config [Conformance]",
  },
  async ({ runtime }) => {
    const container = await runtime.startContainer({
      pod: { dnsConfig: { servers: ["10.10.10.10"], searches: ["google.com"], options: ["ndots:8"] } },
    });

    expect(await resolverOf(container), "/etc/resolv.conf").to.deep.equal({
      nameservers: ["10.10.10.10"],
      searches: [["google.com"]],
      options: [["ndots:8"]],
    });
  },
);

behaviour(
  "NET-002",
  {
    title: "resolv.conf lists several values completely and in request order",
    level: "required",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "DNSConfig.servers, searches and options: all of them, on one line each but for the servers",
  },
  async ({ runtime }) => {
    const servers = ["10.10.10.3", "10.10.10.1", "10.10.10.2"];
    // What the kubelet lets through: 32 domains, in all longer than the 256 characters of old resolvers.
    const searches = Array.from({ length: 32 }, (_, index) => `${"abcdefgh"[index % 8]}${index}.search.example.com`);
    const options = ["timeout:3", "ndots:5", "edns0"];
    const sandbox = await runtime.runSandbox({ dnsConfig: { servers, searches, options } });

    const first = await sandbox.startContainer();
    const seen = await resolverOf(first);
    expect(seen.nameservers, "nameservers").to.deep.equal(servers);
    expect(seen.options, "options lines").to.deep.equal([options]);
    expect(
      seen.searches.map((domains) => domains.length),
      "domains on each search line",
    ).to.deep.equal([searches.length]);
    const misplaced = searches.filter((domain, index) => seen.searches[0]?.[index] !== domain);
    expect(misplaced, "search domains that are not in their place").to.deep.equal([]);
    const later = await sandbox.startContainer();
    const [text, textLater] = await Promise.all(
      [first, later].map((container) => container.output(["cat", "/etc/resolv.conf"])),
    );
    expect(textLater, "/etc/resolv.conf of a later container").to.equal(text);
  },
);

behaviour(
  "NET-003",
  {
    title: "Without dns_config the resolver configuration of the node is used",
    level: "recommended",
    rpcs: ["RunPodSandbox", "CreateContainer", "ExecSync"],
    clause: "PodSandboxConfig.dns_config: optional; a pod without it resolves names as its node does",
    needs: ["node-files"],
  },
  async ({ runtime }) => {
    const node = parseResolver(await readFile("/etc/resolv.conf", "utf8"));
    const container = await runtime.startContainer();
    // dnsPolicy None with nothing set gives an empty message, which is no reason to fail.
    await runtime.runSandbox({ dnsConfig: {} });

    const seen = await resolverOf(container);
    expect(seen.searches.at(-1) ?? [], "search domains").to.deep.equal(node.searches.at(-1) ?? []);
    // A nameserver on the node's loopback address is of no use in a pod; runtimes may leave it out or put another in place.
    const reachable = (all: string[]): string[] => all.filter((address) => !/^127\.|^::1$/.test(address));
    if (reachable(node.nameservers).length === 0) return;
    expect(reachable(seen.nameservers), "nameservers").to.deep.equal(reachable(node.nameservers));
  },
);
