import {
  behaviour,
  CniFolder,
  expect,
  expectError,
  NamespaceMode,
  until,
  type CriRpc,
  type RuntimeCondition,
} from "../../src/harness/index.js";
import { condition } from "./condition.js";
import { requireNoOthers } from "./others.js";

/** The kubelet asks every five seconds; a runtime that follows within half a minute keeps its node's state true. */
const FOLLOW_MS = 30_000;

behaviour(
  "RTI-003",
  {
    title: "Missing CNI configuration is reported as NetworkReady false with a reason",
    level: "recommended",
    rpcs: ["Status", "RunPodSandbox"],
    clause: "RuntimeCondition: NetworkReady says whether pod networking works, with a reason where it does not",
    needs: ["node-root", "no-other-pods"],
    locks: ["whole-node"],
    tags: ["exclusive"],
    timeoutMs: 120_000, // two changes that the runtime has half a minute each to notice
  },
  async (context) => {
    const { runtime, rpc, probe, defer } = context;
    const folder = await CniFolder.of(probe.status.info);
    await requireNoOthers(context);

    const restore = await folder.hideAll();
    defer(restore);
    const network = await untilNetwork(rpc, false);

    expect(network.reason, "reason of the condition NetworkReady").to.not.equal("");
    expect(network.message, "message of the condition NetworkReady").to.not.equal("");
    expect(await condition(rpc, "RuntimeReady"), "condition RuntimeReady").to.have.fields({ status: true });
    const { NODE } = NamespaceMode;
    await runtime.runSandbox({
      hostname: "",
      linux: { securityContext: { namespaceOptions: { network: NODE, pid: NODE, ipc: NODE } } },
    });
    await expectError(runtime.runSandbox(), "any", "RunPodSandbox with a pod network while there is none");

    await restore();
    await untilNetwork(rpc, true);
    await runtime.runSandbox();
  },
);

function untilNetwork(rpc: CriRpc, status: boolean): Promise<RuntimeCondition> {
  return until(
    `the condition NetworkReady to be ${status}`,
    async () => {
      const found = await condition(rpc, "NetworkReady");
      return found?.status === status && found;
    },
    { timeoutMs: FOLLOW_MS, seen: () => String(!status) },
  );
}
