import { access, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answerOf, behaviour, CniFolder, expect, RpcError, type SpecContext } from "../../src/harness/index.js";
import { requireNoOthers } from "../runtime/others.js";
import { heldForPods, useNetwork } from "./cni.js";

/** One call of a CNI plugin; see https://www.cni.dev/docs/spec, section 2. */
interface PluginCall {
  command: string;
  containerId: string;
  /** The pairs of CNI_ARGS. */
  args: Record<string, string>;
}

behaviour(
  "NET-017",
  {
    title: "CNI plugins receive the pod identity",
    level: "recommended",
    rpcs: ["RunPodSandbox", "StopPodSandbox"],
    clause: "CNI_CONTAINERID and CNI_ARGS: plugins know pods by K8S_POD_NAMESPACE, NAME, UID and INFRA_CONTAINER_ID",
    needs: ["node-root", "no-other-pods"],
    locks: ["whole-node"],
    tags: ["exclusive"],
  },
  async (context) => {
    const { runtime, tempFolder } = context;
    const record = join(await tempFolder("cni"), "calls");
    const restore = await wrapPlugin(
      context,
      `printf '%s\\t%s\\t%s\\n' "$CNI_COMMAND" "$CNI_CONTAINERID" "$CNI_ARGS" >> ${record}`,
    );
    const sandbox = await runtime.runSandbox();
    await sandbox.stop();
    const calls = await pluginCalls(record);
    await sandbox.stop();
    await restore();

    const { metadata } = sandbox.config;
    for (const command of ["ADD", "DEL"]) {
      const call = calls.findLast((each) => each.command === command);
      expect(call, `${command} of the plugin`).to.have.fields({
        containerId: sandbox.id,
        args: {
          K8S_POD_NAMESPACE: metadata?.namespace,
          K8S_POD_NAME: metadata?.name,
          K8S_POD_UID: metadata?.uid,
          K8S_POD_INFRA_CONTAINER_ID: sandbox.id,
        },
      });
    }
  },
);

behaviour(
  "NET-018",
  {
    title: "A failing CNI DEL does not make the pod unremovable for ever",
    level: "recommended",
    rpcs: ["StopPodSandbox", "RemovePodSandbox"],
    clause: "StopPodSandbox: idempotent, and called again when it failed; the network is released in the end",
    needs: ["node-root", "no-other-pods"],
    locks: ["whole-node"],
    tags: ["exclusive"],
  },
  async (context) => {
    const { runtime, rpc, probe, note, tempFolder } = context;
    const failed = join(await tempFolder("cni"), "failed");
    const network = await (await CniFolder.of(probe.status.info)).network();
    const error = JSON.stringify({ cniVersion: network.cniVersion, code: 11, msg: "try again later" });
    const before = await heldForPods(network);
    const restore = await wrapPlugin(
      context,
      `if [ "$CNI_COMMAND" = DEL ] && mkdir ${failed} 2> /dev/null; then echo '${error}'; exit 1; fi`,
    );
    const sandbox = await runtime.runSandbox();

    const first = await answerOf(rpc.stopPodSandbox({ podSandboxId: sandbox.id }));
    const called = await access(failed).then(
      () => true,
      () => false,
    );
    expect(called ? "called" : "not called", "CNI DEL when StopPodSandbox returns").to.equal("called");
    note(`StopPodSandbox answered the failure of CNI DEL with ${first instanceof RpcError ? first.codeName : "OK"}`);
    await sandbox.stop();
    await sandbox.remove();
    await restore();

    const after = await heldForPods(network);
    expect(after.addresses, "addresses that IPAM has given out").to.have.members(before.addresses);
    expect(after.namespaces, "mounted network namespaces").to.have.members(before.namespaces);
  },
);

/**
 * Puts a shell script in front of the first plugin of the network, which then does its work.
 * @returns what gives the runtime its own network again
 */
async function wrapPlugin(
  context: Pick<SpecContext, "rpc" | "names" | "probe" | "defer" | "deferLast" | "notApplicable">,
  script: string,
): Promise<() => Promise<void>> {
  const { probe, names, deferLast, notApplicable } = context;
  const folder = await CniFolder.of(probe.status.info);
  const network = await folder.network();
  const [plugin, ...others] = network.plugins;
  const found = await Promise.all(
    folder.pluginFolders.map((path) =>
      access(`${path}/${plugin?.type}`).then(
        () => path,
        () => undefined,
      ),
    ),
  );
  const path = found.find((each) => each !== undefined);
  if (!plugin || !path)
    return notApplicable(`the suite does not see the CNI plugin "${plugin?.type}"`, "configuration");
  await requireNoOthers(context);

  const type = names.next();
  deferLast(() => rm(`${path}/${type}`, { force: true }));
  await writeFile(`${path}/${type}`, `#!/bin/sh\n${script}\nexec ${path}/${plugin.type}\n`, {
    mode: 0o755,
    flag: "wx",
  });
  return useNetwork(context, folder, { ...network, plugins: [{ ...plugin, type }, ...others] });
}

async function pluginCalls(record: string): Promise<PluginCall[]> {
  const lines = (await readFile(record, "utf8")).trim().split("\n");
  return lines.map((line) => {
    const [command = "", containerId = "", args = ""] = line.split("\t");
    const pairs = args.split(";").map((pair) => pair.split("=", 2) as [string, string]);
    return { command, containerId, args: Object.fromEntries(pairs) };
  });
}
