import { behaviour, expect } from "../../src/harness/index.js";

/** A version as semantic versioning has it, less strict: a leading v, missing parts and any suffix are fine. */
const VERSION = /^v?\d+(\.\d+){0,2}([^\d.].*)?$/;

/** The version of an API that is served under a stable name: v1alpha2 is another one. */
const API_VERSION = /^v?\d+(\.\d+){0,2}$/;

behaviour(
  "RTI-001",
  {
    title: "Version reports all four fields, and the same each time",
    level: "required",
    rpcs: ["Version"],
    clause: "VersionResponse: version, runtime_name, runtime_version and runtime_api_version are set",
    critest:
      "[k8s.io] Runtime info runtime should support returning runtime info runtime should return version info [Conformance]",
  },
  async ({ rpc }) => {
    // The kubelet sends its own API version, other clients none.
    const replies = [];
    for (const version of ["", "v1"]) {
      // The kubelet's first call of all; two seconds are its default for connecting.
      const reply = await rpc.version({ version }, { timeoutMs: 2_000 });

      replies.push(reply);
      expect(reply.version, "VersionResponse.version").to.match(API_VERSION);
      expect(reply.runtimeName, "VersionResponse.runtime_name").to.not.equal("");
      expect(reply.runtimeVersion, "VersionResponse.runtime_version").to.match(VERSION);
      expect(reply.runtimeApiVersion, "VersionResponse.runtime_api_version").to.match(API_VERSION);
    }
    expect(replies[1], "the second reply").to.have.fields(replies[0] ?? {});
  },
);

behaviour(
  "RTI-002",
  {
    title: "Status reports RuntimeReady and NetworkReady as true on a healthy node",
    level: "required",
    rpcs: ["Status"],
    clause: "RuntimeStatus.conditions: RuntimeReady and NetworkReady are always there; the kubelet's node readiness",
    critest:
      "[k8s.io] Runtime info runtime should support returning runtime info runtime should return runtime conditions [Conformance]",
  },
  async ({ rpc }) => {
    const { status } = await rpc.status({});
    const conditions = status?.conditions ?? [];
    const types = conditions.map(({ type }) => type);

    for (const type of ["RuntimeReady", "NetworkReady"]) {
      const found = conditions.filter((condition) => condition.type === type);
      expect(
        found.map((condition) => condition.status),
        `status of the conditions of type ${type}`,
      ).to.deep.equal([true]);
    }
    expect(types, "types of the conditions").to.not.include("");
  },
);

behaviour(
  "RTI-006",
  {
    title: "Verbose info is JSON and only returned when asked for",
    level: "required",
    rpcs: ["Status", "PodSandboxStatus", "ContainerStatus", "ImageStatus"],
    clause: "info of the status replies: filled only when verbose is set, each value a JSON document",
  },
  async ({ runtime, rpc, note }) => {
    const container = await runtime.startContainer({ pod: {} });
    const asked = async (verbose: boolean) => ({
      PodSandboxStatus: await rpc.podSandboxStatus({ podSandboxId: container.sandbox.id, verbose }),
      ContainerStatus: await container.statusResponse(verbose),
      ImageStatus: await rpc.imageStatus({ image: container.config.image, verbose }),
      Status: await rpc.status({ verbose }),
    });

    const terse = await asked(false);
    const verbose = await asked(true);

    for (const [name, { info }] of Object.entries(terse)) {
      expect(Object.keys(info), `keys of info in a reply of ${name} that is not verbose`).to.be.empty;
    }
    for (const name of ["PodSandboxStatus", "ContainerStatus", "ImageStatus"] as const) {
      expect(notJson(verbose[name].info), `keys of info in ${name} whose values are not JSON`).to.be.empty;
    }
    // containerd puts bare words beside its JSON there, and tools print them as they are.
    const words = notJson(verbose.Status.info);
    if (words.length > 0) note(`values of info in Status that are not JSON: ${words.join(", ")}`);

    const same = (what: string, seen: object | undefined, wanted: object | undefined) =>
      expect(seen, `${what} of the verbose reply`).to.have.fields(wanted ?? {});
    same("PodSandboxStatus", verbose.PodSandboxStatus.status, terse.PodSandboxStatus.status);
    same("ContainerStatus", verbose.ContainerStatus.status, terse.ContainerStatus.status);
    same("Image", verbose.ImageStatus.image, terse.ImageStatus.image);
    same("RuntimeStatus", verbose.Status.status, terse.Status.status);
  },
);

function notJson(info: Readonly<Record<string, string>>): string[] {
  return Object.keys(info).filter((key) => {
    try {
      JSON.parse(info[key] ?? "");
      return false;
    } catch {
      return true;
    }
  });
}
