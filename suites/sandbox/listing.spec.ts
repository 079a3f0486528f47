import { randomBytes } from "node:crypto";
import { behaviour, expect, PodSandboxState } from "../../src/harness/index.js";
import { idsOf, listedSandboxes } from "./listed.js";

behaviour(
  "SBX-008",
  {
    title: "ListPodSandbox filters by state",
    level: "required",
    rpcs: ["ListPodSandbox", "StopPodSandbox"],
    clause: "PodSandboxFilter.state: presence of the wrapper decides, as READY is the value 0",
  },
  async ({ runtime, rpc }) => {
    const ready = await runtime.runSandbox();
    const stopped = await runtime.runSandbox();
    await stopped.stop();
    const own = async (state?: PodSandboxState) => {
      const listed = await listedSandboxes(rpc, state === undefined ? {} : { state: { state } });
      return idsOf(listed).filter((id) => id === ready.id || id === stopped.id);
    };

    expect(await own(PodSandboxState.SANDBOX_READY), "sandboxes listed as READY").to.have.members([ready.id]);
    expect(await own(PodSandboxState.SANDBOX_NOTREADY), "sandboxes listed as NOTREADY").to.have.members([stopped.id]);
    expect(await own(), "sandboxes listed without a state").to.have.members([ready.id, stopped.id]);
  },
);

behaviour(
  "SBX-009",
  {
    title: "ListPodSandbox filters by id and by ANDed label selector, combined with each other and with state",
    level: "required",
    rpcs: ["ListPodSandbox", "PodSandboxStatus"],
    clause: "PodSandboxFilter: all fields given must match",
  },
  async ({ runtime, rpc, names }) => {
    const a = names.next(); // a value of our own, so that pods of others never match
    const one = await runtime.runSandbox({ labels: { a, b: "2" } });
    const two = await runtime.runSandbox({ labels: { a, b: "3" } });
    const three = await runtime.runSandbox({ labels: { a } });
    for (const [sandbox, b] of [[one, "2"] as const, [two, "3"] as const]) {
      expect((await sandbox.status()).labels, `PodSandboxStatus.labels of the pod with b=${b}`).to.include({ a, b });
    }
    await three.stop();
    const listed = async (filter: Parameters<typeof listedSandboxes>[1]) => idsOf(await listedSandboxes(rpc, filter));

    expect(await listed({ id: two.id }), "listed by id").to.have.members([two.id]);
    expect(await listed({ id: randomBytes(32).toString("hex") }), "listed by an unknown id").to.be.empty;
    expect(await listed({ labelSelector: { a } }), "listed by one label").to.have.members([one.id, two.id, three.id]);
    expect(await listed({ labelSelector: { a, b: "2" } }), "listed by two labels").to.have.members([one.id]);
    expect(await listed({ labelSelector: { a, c: "x" } }), "listed by a label nobody has").to.be.empty;
    expect(await listed({ id: one.id, labelSelector: { b: "3" } }), "listed by an id and another's label").to.be.empty;
    expect(
      await listed({ labelSelector: { a }, state: { state: PodSandboxState.SANDBOX_NOTREADY } }),
      "listed by label and state",
    ).to.have.members([three.id]);
  },
);
