import { isIP } from "node:net";
import { behaviour, expect, findInfo, NamespaceMode, parseInfo, type Container } from "../../src/harness/index.js";
import { servePage, untilPageAt } from "./from-node.js";

behaviour(
  "NET-011",
  {
    title: "Pod IP in status is the address on the pod interface",
    level: "required",
    rpcs: ["RunPodSandbox", "PodSandboxStatus"],
    clause: "PodSandboxNetworkStatus.ip: the IP address of the pod sandbox",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();
    const other = await runtime.borrowSandbox();
    const [ip, otherIp] = await Promise.all([sandbox, other].map(async (each) => (await each.status()).network?.ip));
    const container = await sandbox.startContainer();

    expect(ip, "PodSandboxStatus.network.ip").to.satisfy((text = "") => isIP(text) > 0, "an IP address");
    expect(await podAddresses(container), "addresses of the pod's interfaces").to.include(ip);
    expect(otherIp, "PodSandboxStatus.network.ip of another pod").to.not.equal(ip);
    expect((await sandbox.status()).network?.ip, "PodSandboxStatus.network.ip with a container").to.equal(ip);
  },
);

behaviour(
  "NET-012",
  {
    title: "Dual-stack pods report the second family in additional_ips",
    level: "optional",
    rpcs: ["RunPodSandbox", "PodSandboxStatus"],
    clause: "PodSandboxNetworkStatus.additional_ips: the addresses of the pod besides ip, with none repeated",
    needs: ["node-files", "ipv6"],
  },
  async ({ runtime, probe, names, notApplicable }) => {
    const sandbox = await runtime.borrowSandbox();
    const { network } = await sandbox.status();
    const addresses = [network?.ip ?? "", ...(network?.additionalIps ?? []).map(({ ip }) => ip)];
    if (addresses.length === 1 && !namesBothFamilies(probe.status.info)) {
      return notApplicable("pods get one address, and the CNI configuration names no subnets of both families");
    }

    expect(addresses.map(isIP).sort(), "families of ip and additional_ips").to.deep.equal([4, 6]);
    const page = names.next();
    const container = await servePage(sandbox, page, 80);
    const inPod = await podAddresses(container);
    for (const address of addresses) {
      expect(inPod, "addresses of the pod's interfaces").to.include(address);
      await untilPageAt(address, 80, page);
    }
  },
);

behaviour(
  "NET-013",
  {
    title: "Pods on the node's network report no IP and stopped pods lose theirs",
    level: "required",
    rpcs: ["PodSandboxStatus", "StopPodSandbox"],
    clause: "PodSandboxNetworkStatus.ip: empty on the node's network, and with it goes the network of a stopped pod",
  },
  async ({ runtime }) => {
    const onNode = await runtime.runSandbox({
      linux: { securityContext: { namespaceOptions: { network: NamespaceMode.NODE } } },
    });
    const sandbox = await runtime.runSandbox();
    const ipOf = async (each: typeof sandbox): Promise<string> => (await each.status()).network?.ip ?? "";

    expect(await ipOf(onNode), "PodSandboxStatus.network.ip on the node's network").to.equal("");
    expect(await ipOf(sandbox), "PodSandboxStatus.network.ip before StopPodSandbox").to.not.equal("");
    await sandbox.stop();
    expect(await ipOf(sandbox), "PodSandboxStatus.network.ip after StopPodSandbox").to.equal("");
  },
);

/** The addresses of a pod's interfaces but for loopback, as `ip` prints them: "2: eth0    inet 10.0.0.2/24 ...". */
async function podAddresses(container: Container): Promise<string[]> {
  const lines = await container.output(["ip", "-o", "addr"]);
  return [...lines.matchAll(/^\d+: (\S+) +inet6? ([^/\s]+)/gm)]
    .filter(([, name]) => name !== "lo")
    .map(([, , address = ""]) => address);
}

/** Whether the CNI configuration that the runtime shows has subnets of IPv4 and of IPv6. */
function namesBothFamilies(info: Readonly<Record<string, string>>): boolean {
  const networks = JSON.stringify(findInfo(parseInfo(info), "Networks") ?? "");
  return /subnet\W+\d+\.\d/.test(networks) && /subnet\W+[\da-f]{1,4}:/.test(networks);
}
