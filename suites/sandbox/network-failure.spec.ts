import { access } from "node:fs/promises";
import { behaviour, CniFolder, expect, expectError, PodSandboxState } from "../../src/harness/index.js";
import { heldForPods, useNetwork } from "../network/cni.js";
import { requireNoOthers } from "../runtime/others.js";
import { idsOf, listedSandboxes } from "./listed.js";

/** Fails ADD, because there is no such sysctl to set, and has nothing to do at DEL. */
const FAILING_PLUGIN = { type: "tuning", sysctl: { "net.ipv4.no_such_key": "1" } };

behaviour(
  "SBX-019",
  {
    title: "Network setup failure fails RunPodSandbox without leaking an address or a namespace",
    level: "recommended",
    rpcs: ["RunPodSandbox", "ListPodSandbox", "Status"],
    clause: "RunPodSandbox: a pod without its network is no pod; what was set up until the failure is taken back",
    needs: ["node-root", "no-other-pods"],
    locks: ["whole-node"],
    tags: ["exclusive"],
  },
  async (context) => {
    const { runtime, rpc, names, probe, notApplicable } = context;
    const folder = await CniFolder.of(probe.status.info);
    if (!(await hasProgram(folder.pluginFolders, FAILING_PLUGIN.type)))
      return notApplicable(`the CNI plugin "${FAILING_PLUGIN.type}" is not installed`, "configuration");
    const network = await folder.network();
    const pod = names.next();
    const config = await runtime.podConfig({ labels: { pod } });
    const before = await heldForPods(network);
    await requireNoOthers(context);

    const restore = await useNetwork(context, folder, {
      ...network,
      plugins: [...network.plugins, FAILING_PLUGIN],
    });
    const error = await expectError(runtime.runSandboxWith(config), "any", "RunPodSandbox with a failing network");

    expect(error?.details, "message of the error").to.match(/network|cni/i);
    const left = await listedSandboxes(rpc, { labelSelector: { pod } });
    const ready = left.filter(({ state }) => state === PodSandboxState.SANDBOX_READY);
    expect(idsOf(ready), "READY sandboxes after the failure").to.be.empty;
    for (const { id } of left) {
      await rpc.stopPodSandbox({ podSandboxId: id });
      await rpc.removePodSandbox({ podSandboxId: id });
    }
    const after = await heldForPods(network);
    expect(after.addresses, "addresses that IPAM has given out").to.have.members(before.addresses);
    expect(after.namespaces, "mounted network namespaces").to.have.members(before.namespaces);

    await restore();
    await runtime.runSandboxWith(config);
  },
);

async function hasProgram(folders: readonly string[], name: string): Promise<boolean> {
  const found = await Promise.all(
    folders.map((folder) =>
      access(`${folder}/${name}`).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}
