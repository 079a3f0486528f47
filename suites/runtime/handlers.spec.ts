import {
  answerOf,
  behaviour,
  expect,
  mountsOf,
  NamespaceMode,
  RpcError,
  SupplementalGroupsPolicy,
  type Container,
  type PodOptions,
  type RuntimeFeatures,
  type RuntimeHandlerFeatures,
  type SpecContext,
} from "../../src/harness/index.js";

/** Names that nodes have for their handlers; a runtime refuses those it does not know. */
const COMMON_HANDLERS = ["runc", "crun", "runsc", "kata"];

behaviour(
  "RTI-004",
  {
    title: "Runtime handlers are listed once each including the default",
    level: "recommended",
    rpcs: ["Status"],
    clause:
      "StatusResponse.runtime_handlers: every handler that RunPodSandbox accepts, each once; the empty name is the default",
    needs: ["runtime-handlers"],
  },
  async ({ runtime, rpc }) => {
    const { runtimeHandlers } = await rpc.status({});
    await runtime.runSandbox();

    const names = runtimeHandlers.map(({ name }) => name);
    expect(names, "names in runtime_handlers").to.have.members([...new Set(names)]);
    expect(names, "names in runtime_handlers").to.include("");
    // RunPodSandbox has just accepted it.
    expect(names, "names in runtime_handlers").to.include(runtime.handler);
    for (const runtimeHandler of COMMON_HANDLERS) {
      const sandbox = await answerOf(runtime.runSandbox({ runtimeHandler }));
      if (!(sandbox instanceof RpcError)) {
        expect(names, "names in runtime_handlers, with what RunPodSandbox accepts").to.include(runtimeHandler);
      }
    }
  },
);

behaviour(
  "RTI-005",
  {
    title: "Feature flags agree with behaviour",
    level: "recommended",
    rpcs: ["Status", "RunPodSandbox", "CreateContainer"],
    clause: "RuntimeHandlerFeatures, RuntimeFeatures: the kubelet admits pods by them",
    needs: ["runtime-handlers", "node-files"],
  },
  async (context) => {
    const { runtime, rpc, notApplicable } = context;
    const { runtimeHandlers, features } = await rpc.status({});
    const handler = runtimeHandlers.find(({ name }) => name === runtime.handler);
    if (!handler) return notApplicable("Status does not list the handler", "handler");

    // A handler without features is never asked for such a mount, and containerd 2.1 does not outlive it.
    if (handler.features) await judgeReadOnlyMounts(context, handler.features);
    await judgeMountOptions(context, features);
    await judgeUserNamespaces(context, handler.features);
    await judgeGroupsPolicy(context, features);
  },
);

/** The flag decides whether CreateContainer takes the mount; MNT-005 judges what the mount does. */
async function judgeReadOnlyMounts(context: SpecContext, features: RuntimeHandlerFeatures): Promise<void> {
  const sandbox = await context.runtime.runSandbox();
  const hostPath = await context.tempFolder("read-only");
  const created = await answerOf(
    sandbox.createContainer({
      mounts: [{ containerPath: "/mnt", hostPath, readonly: true, recursiveReadOnly: true }],
    }),
  );
  const answer = created instanceof RpcError ? `refuses it: ${created.details}` : "takes it";
  expect(features.recursiveReadOnlyMounts, `recursive_read_only_mounts, where CreateContainer ${answer}`).to.equal(
    !(created instanceof RpcError),
  );
}

/** Any range will do that is not the node's own. */
const MAPPING = { hostId: 1_000_000, containerId: 0, length: 65_536 };

/** A runtime without the flag refuses the options or knows nothing of them. */
async function judgeMountOptions({ runtime, tempFolder }: SpecContext, features?: RuntimeFeatures): Promise<void> {
  const sandbox = await runtime.borrowSandbox();
  const hostPath = await tempFolder("options");
  const container = await answerOf(
    sandbox.startContainer({ mounts: [{ containerPath: "/mnt", hostPath, mountOptions: ["noexec"] }] }),
  );
  const seen = container instanceof RpcError ? "refused" : await optionsOf(container, "/mnt");
  expect(features?.mountOptions ?? false, `mount_options, where a mount with noexec is ${seen}`).to.equal(
    seen.split(",").includes("noexec"),
  );
}

/** Options of a mount in a container, as the kernel lists them. */
async function optionsOf(container: Container, target: string): Promise<string> {
  const mount = (await mountsOf(container)).find(({ path }) => path === target);
  return mount?.options.join(",") ?? "missing";
}

/**
 * The flag stands for user namespaces together with id-mapped mounts (KEP-127): without it a pod may still get the one
 * and not the other; what may not happen is a pod without the user namespace that it asked for.
 */
async function judgeUserNamespaces(context: SpecContext, features?: RuntimeHandlerFeatures): Promise<void> {
  const usernsOptions = { mode: NamespaceMode.POD, uids: [MAPPING], gids: [MAPPING] };
  const pod: PodOptions = { linux: { securityContext: { namespaceOptions: { usernsOptions } } } };
  const hostPath = await context.tempFolder("mapped");
  const mounts = [{ containerPath: "/mapped", hostPath, uidMappings: [MAPPING], gidMappings: [MAPPING] }];
  const container = await answerOf(context.runtime.startContainer({ pod, mounts }));
  const promised = features?.userNamespaces ?? false;
  const answer = container instanceof RpcError ? "refused" : "started";
  const allowed = promised ? ["started"] : ["started", "refused"];
  expect(answer, `a pod with a user namespace, where user_namespaces is ${promised}`).to.be.oneOf(allowed);
  if (container instanceof RpcError) return;
  const map = (await container.output(["/bin/cat", "/proc/self/uid_map"])).trim().split(/\s+/).map(Number);
  expect(map, "/proc/self/uid_map of a container in a pod with a user namespace").to.deep.equal([
    MAPPING.containerId,
    MAPPING.hostId,
    MAPPING.length,
  ]);
  const owner = (await container.output(["/bin/stat", "-c", "%u:%g", "/mapped"])).trim();
  expect(promised, `user_namespaces, where the owner of root's folder on the node is ${owner}`).to.equal(
    owner === "0:0",
  );
}

/** The flag says whether groups of the image are kept out. */
async function judgeGroupsPolicy({ runtime }: SpecContext, features?: RuntimeFeatures): Promise<void> {
  const container = await runtime.startContainer({
    pod: {},
    image: "predefined-group",
    linux: {
      securityContext: {
        runAsUser: { value: 1000n },
        runAsGroup: { value: 1000n },
        supplementalGroups: [1234n],
        supplementalGroupsPolicy: SupplementalGroupsPolicy.Strict,
      },
    },
  });
  const groups = (await container.output(["/bin/id", "-G"])).trim().split(" ").map(Number);
  const isStrict = groups.length === 2 && [1000, 1234].every((group) => groups.includes(group));
  const subject = `supplemental_groups_policy, where user 1000 has the groups ${groups.join(", ")} with the policy Strict`;
  expect(features?.supplementalGroupsPolicy ?? false, subject).to.equal(isStrict);
}
