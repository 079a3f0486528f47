import {
  answerOf,
  behaviour,
  ContainerEventType,
  ContainerState,
  expect,
  RpcError,
  type Container,
  type PodSandbox,
  type SpecContext,
} from "../../src/harness/index.js";
import { ContainerEvents, heardSandbox, typeName } from "./container-events.js";

const { CONTAINER_STOPPED_EVENT, CONTAINER_DELETED_EVENT } = ContainerEventType;

behaviour(
  "EVT-005",
  {
    title: "Several subscribers each receive every event",
    level: "optional",
    rpcs: ["GetContainerEvents"],
    clause: "GetContainerEvents: a stream of the events for each caller",
    needs: ["event-stream"],
    locks: ["event-stream"],
  },
  async (context) => {
    const first = new ContainerEvents(context.rpc);
    const second = new ContainerEvents(context.rpc);
    const third = new ContainerEvents(context.rpc);
    const sandbox = await heardSandbox(context, first, second, third);

    // Three events for three readers, twice: where each event goes to one of them only, none has all.
    await expectAll([first, second, third], [await shortContainer(sandbox), await shortContainer(sandbox)]);

    third.close();
    await expectAll([first, second], [await shortContainer(sandbox)]);
    expect([first.over, second.over], "ends of the other streams when one is closed").to.deep.equal([
      undefined,
      undefined,
    ]);
  },
);

const shortContainer = (sandbox: PodSandbox): Promise<Container> => sandbox.startContainer({ command: ["/bin/true"] });

/** States that each stream tells each step of each container once. */
async function expectAll(streams: readonly ContainerEvents[], containers: readonly Container[]): Promise<void> {
  for (const [index, stream] of streams.entries()) {
    for (const container of containers) {
      await stream.untilTold(container, CONTAINER_STOPPED_EVENT);
      expect(stream.typesOf(container), `events of a container on stream ${index + 1}`).to.deep.equal([
        "CREATED",
        "STARTED",
        "STOPPED",
      ]);
    }
  }
}

behaviour(
  "EVT-006",
  {
    title: "Events and status calls agree, and a new stream does not repeat what was told",
    level: "optional",
    rpcs: ["GetContainerEvents", "ContainerStatus"],
    clause: "GetContainerEvents: tells what has happened, so that no status call after an event shows an earlier state",
    needs: ["event-stream"],
    locks: ["event-stream"],
  },
  async (context) => {
    const { rpc } = context;
    const asked: Promise<{ containerId: string; told: number; found: number } | undefined>[] = [];
    const events = new ContainerEvents(rpc, ({ containerId, containerEventType: told }) => {
      const answer = stepOf(context, containerId).then((found) => ({ containerId, told, found }));
      // The spec's end cuts off what was asked about containers of others.
      asked.push(answer.catch(() => undefined));
    });
    const sandbox = await heardSandbox(context, events);

    const container = await sandbox.startContainer();
    await container.stop();
    await container.remove();
    await events.untilTold(container, CONTAINER_DELETED_EVENT);

    const answers = (await Promise.all(asked)).filter((answer) => answer?.containerId === container.id);
    expect(answers.length, "answers of ContainerStatus upon the events of the container").to.equal(4);
    for (const answer of answers) {
      expect(answer?.found, `step of the container upon ${typeName(answer?.told ?? 0)}`).to.be.at.least(
        answer?.told ?? 0,
      );
    }

    const later = new ContainerEvents(rpc);
    await heardSandbox(context, later);
    expect(later.typesOf(container), "events of a removed container on a later stream").to.deep.equal([]);
  },
);

/** How far a container has come, with the numbers of event types: 0 created, 1 running, 2 exited and 3 removed. */
async function stepOf({ rpc }: Pick<SpecContext, "rpc">, containerId: string): Promise<number> {
  const reply = await answerOf(rpc.containerStatus({ containerId }));
  if (reply instanceof RpcError) return reply.is("NotFound") ? CONTAINER_DELETED_EVENT : -1;
  const state = reply.status?.state ?? ContainerState.CONTAINER_UNKNOWN;
  return state === ContainerState.CONTAINER_UNKNOWN ? -1 : state;
}
