import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { afterEach, describe, it } from "mocha";
import { CriConnection } from "../../../src/cri/client.js";
import { parseEndpoint } from "../../../src/cri/endpoint.js";
import { Tasks, type DeleteTaskRequest, type KillRequest } from "../../../src/cri/gen/containerd/tasks_pb.js";
import { ContainerState } from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { removeSandboxes } from "../../../src/harness/removal.js";
import { StrayTasks } from "../../../src/harness/stray-tasks.js";
import { Refusal, startFakeRuntime, type FakeRuntime, type ServiceBeside } from "../../support/fake-runtime.js";

const { CONTAINER_CREATED, CONTAINER_EXITED, CONTAINER_RUNNING } = ContainerState;

describe("a task that keeps a sandbox from being removed", function () {
  // A refused removal is tried again for ten seconds first.
  this.timeout(60_000);

  let runtime: FakeRuntime;
  let connection: CriConnection;
  /** Ids of the containers that have a task, as containerd keeps them. */
  let tasks: Set<string>;

  const tasksService: ServiceBeside = {
    methods: Tasks.method,
    answers: {
      kill: ({ containerId }: KillRequest) => {
        if (!tasks.has(containerId)) throw new Refusal(status.NOT_FOUND, "no such task");
        return {};
      },
      delete: ({ containerId }: DeleteTaskRequest) => {
        if (!tasks.delete(containerId)) throw new Refusal(status.NOT_FOUND, "no such task");
        return {};
      },
    },
  };

  /** A runtime that removes no sandbox while a container of it has a task. */
  async function start(beside?: ServiceBeside): Promise<void> {
    tasks = new Set(["never-started", "running", "others"]);
    const containers = [
      { id: "never-started", podSandboxId: "ours", state: CONTAINER_EXITED },
      { id: "without-task", podSandboxId: "ours", state: CONTAINER_CREATED },
      { id: "running", podSandboxId: "busy", state: CONTAINER_RUNNING },
      { id: "others", podSandboxId: "theirs", state: CONTAINER_EXITED },
    ];
    runtime = await startFakeRuntime(
      {
        stopPodSandbox: () => ({}),
        // Ignores the filter.
        listContainers: () => ({ containers: containers as never }),
        removePodSandbox: ({ podSandboxId }) => {
          const held = containers.find(({ id, podSandboxId: of }) => of === podSandboxId && tasks.has(id));
          if (held) throw new Refusal(status.FAILED_PRECONDITION, `cannot delete running task ${held.id}`);
          return {};
        },
      },
      undefined,
      {},
      beside,
    );
    connection = new CriConnection(parseEndpoint(runtime.socketPath));
  }
  afterEach(async () => {
    connection.close();
    await runtime.close();
  });

  it("is deleted through containerd's tasks service, and is told", async () => {
    await start(tasksService);
    const stray = new StrayTasks(connection);
    expect(await removeSandboxes(connection.rpc(), ["ours"], stray)).to.be.empty;
    expect(stray.deleted).to.have.lengthOf(1);
    expect(stray.deleted[0]).to.include("never-started");
    expect([...tasks]).to.deep.equal(["running", "others"]);
  });

  it("stays with a runtime that has no such service, and the refusal of the removal is told", async () => {
    await start();
    const stray = new StrayTasks(connection);
    const trouble = await removeSandboxes(connection.rpc(), ["ours"], stray);
    expect(trouble).to.have.lengthOf(1);
    expect(trouble[0]).to.include("cannot delete running task never-started");
    expect(stray.deleted).to.be.empty;
  });

  it("is left alone where its container runs for the CRI, or is of another sandbox", async () => {
    await start(tasksService);
    const stray = new StrayTasks(connection);
    expect(await stray.deleteOf("busy")).to.equal(false);
    expect(stray.deleted).to.be.empty;
    expect([...tasks]).to.deep.equal(["never-started", "running", "others"]);
  });
});
