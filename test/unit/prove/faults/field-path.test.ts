import { create } from "@bufbuild/protobuf";
import { expect } from "chai";
import { describe, it } from "mocha";
import {
  ContainerState,
  ListContainersResponseSchema,
  RunPodSandboxRequestSchema,
} from "../../../../src/cri/gen/runtime/v1/api_pb.js";
import { fieldPaths, forEachHolder, pathName, setPaths } from "../../../../src/prove/faults/field-path.js";
import { putWrongValue } from "../../../../src/prove/faults/wrong-value.js";

const pathOf = (name: string) =>
  fieldPaths(ListContainersResponseSchema).find((path) => pathName(path) === name) ?? expect.fail(name);

describe("field paths", () => {
  it("lead through the items of lists", () => {
    const reply = create(ListContainersResponseSchema, { containers: [{ id: "a" }, { id: "b" }] });
    const seen: unknown[] = [];
    forEachHolder(reply, pathOf("containers.id"), (holder) => seen.push(holder["id"]));
    expect(seen).to.deep.equal(["a", "b"]);
  });

  it("name what a message carries", () => {
    const request = create(RunPodSandboxRequestSchema, {
      config: { labels: { a: "b" }, linux: { cgroupParent: "/x" } },
    });
    const names = new Set<string>();
    setPaths(RunPodSandboxRequestSchema, request, "RunPodSandbox", names);
    expect([...names]).to.have.members([
      "RunPodSandbox.config",
      "RunPodSandbox.config.labels",
      "RunPodSandbox.config.linux",
      "RunPodSandbox.config.linux.cgroup_parent",
    ]);
  });
});

describe("wrong values", () => {
  const wrongOf = (name: string, holder: Record<string, unknown>): unknown => {
    const field = pathOf(name).at(-1)!;
    const copy = { ...holder };
    putWrongValue(copy, field);
    return copy[field.localName];
  };

  it("are other values of the same type", () => {
    expect(wrongOf("containers.id", { id: "a" })).to.equal("a-wrong");
    expect(wrongOf("containers.state", { state: ContainerState.CONTAINER_UNKNOWN })).to.equal(
      ContainerState.CONTAINER_CREATED,
    );
    expect(wrongOf("containers.metadata.attempt", { attempt: 0 })).to.equal(1);
    expect(wrongOf("containers.created_at", { createdAt: 5_000_000_000n })).to.equal(5_000_000n);
    expect(wrongOf("containers.labels", { labels: { a: "b", c: "d" } })).to.deep.equal({ a: "b-wrong", c: "d-wrong" });
    expect(wrongOf("containers", { containers: [1, 2] })).to.deep.equal([1]);
    expect(wrongOf("containers", { containers: [1] })).to.deep.equal([1, 1]);
  });
});
