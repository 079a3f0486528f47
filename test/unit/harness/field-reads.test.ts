import { create } from "@bufbuild/protobuf";
import { expect as chaiExpect } from "chai";
import { describe, it } from "mocha";
import {
  ContainerState,
  ContainerStatusResponseSchema,
  ExecSyncResponseSchema,
  ListContainersResponseSchema,
  type ContainerStatusResponse,
  type ExecSyncResponse,
  type ListContainersResponse,
} from "../../../src/cri/gen/runtime/v1/api_pb.js";
import { Coverage } from "../../../src/harness/coverage.js";
import { expect } from "../../../src/harness/expect.js";
import { SpecRun, withRun } from "../../../src/harness/spec-run.js";
import { until } from "../../../src/harness/until.js";

interface Replies {
  status: () => Promise<ContainerStatusResponse>;
  list: () => Promise<ListContainersResponse>;
  exec: () => Promise<ExecSyncResponse>;
}

/** Runs a body as a spec against replies of its own; gives the fields that count as asserted on. */
async function asserted(body: (replies: Replies) => unknown): Promise<string[]> {
  const run = new SpecRun("CTR-950");
  const coverage = new Coverage(run.reads);
  await withRun(run, async () => {
    await body({
      status: () =>
        Promise.resolve(
          coverage.watched(
            create(ContainerStatusResponseSchema, {
              status: {
                id: "0123456789abcdef",
                state: ContainerState.CONTAINER_RUNNING,
                exitCode: 0,
                metadata: { name: "first" },
                createdAt: 1_700_000_000_000_000_000n,
                labels: { app: "some-value" },
                mounts: [{ containerPath: "/data", readonly: true }],
              },
            }),
          ),
        ),
      list: () =>
        Promise.resolve(
          coverage.watched(
            create(ListContainersResponseSchema, { containers: [{ id: "aaaaaaaaaaaa" }, { id: "bbbbbbbbbbbb" }] }),
          ),
        ),
      exec: () =>
        Promise.resolve(coverage.watched(create(ExecSyncResponseSchema, { stdout: Buffer.from("one line\nmore\n") }))),
    });
  });
  return coverage.result().asserted ?? [];
}

const STATUS = "ContainerStatusResponse.status";

describe("fields that expectations rest on", () => {
  it("are those read for an expectation, with what leads to them", async () => {
    const fields = await asserted(async ({ status }) => expect((await status()).status?.exitCode, "code").to.equal(0));
    chaiExpect(fields).to.deep.equal(["ContainerStatus.exit_code", STATUS]);
  });

  it("are those that `fields` names, and no others", async () => {
    const fields = await asserted(async ({ status }) => {
      const reply = await status();
      expect(reply.status, "ContainerStatus").to.have.fields({ metadata: { name: "first" } });
    });
    chaiExpect(fields).to.deep.equal([STATUS, "ContainerMetadata.name", "ContainerStatus.metadata"].sort());
  });

  it("are not those that are only read, noted or handed on", async () => {
    const fields = await asserted(async ({ status, list }) => {
      const { status: first } = await status();
      const text = `${first?.exitCode} ${first?.labels["app"]}`;
      await list();
      expect(text.length > 0, "something else").to.equal(true);
    });
    chaiExpect(fields).to.be.empty;
  });

  it("are not those that are absent, unless their absence is expected", async () => {
    const absent = await asserted(async ({ status }) => {
      const { image, exitCode } = (await status()).status ?? {};
      if (image) expect(image.image, "image").to.not.equal("");
      expect(exitCode, "exit code").to.equal(0);
    });
    chaiExpect(absent).to.deep.equal(["ContainerStatus.exit_code", STATUS]);
    const expected = await asserted(async ({ status }) => {
      expect((await status()).status?.image, "image").to.equal(undefined);
    });
    chaiExpect(expected).to.deep.equal(["ContainerStatus.image", STATUS]);
  });

  it("are not all fields of a reply that a failure shows", async () => {
    const fields = await asserted(async ({ status }) => {
      const reply = await status();
      expect(reply.status, "status").to.equal(undefined);
      expect(1, "one").to.equal(1);
    });
    chaiExpect(fields).to.deep.equal([STATUS]);
  });

  it("are those whose value reaches an expectation later, through a helper or as a part", async () => {
    const fields = await asserted(async ({ list, exec, status }) => {
      const ids = (await list()).containers.map(({ id }) => id);
      const lines = Buffer.from((await exec()).stdout)
        .toString()
        .split("\n");
      const created = (await status()).status?.createdAt;
      await status();
      expect(ids, "ids").to.have.members(["aaaaaaaaaaaa", "bbbbbbbbbbbb"]);
      expect(lines[0], "first line").to.equal("one line");
      expect(created, "time").to.equal(1_700_000_000_000_000_000n);
    });
    chaiExpect(fields).to.include.members(["Container.id", "ExecSyncResponse.stdout", "ContainerStatus.created_at"]);
  });

  it("are not those whose value could be anything's", async () => {
    const fields = await asserted(async ({ status }) => {
      const code = (await status()).status?.exitCode;
      await status();
      expect(code, "code of old").to.equal(0);
    });
    chaiExpect(fields).to.be.empty;
  });

  it("hold a list of which an expectation counts the items, without the items' fields", async () => {
    const fields = await asserted(async ({ list }) => {
      const { containers } = await list();
      await list();
      expect(containers, "containers").to.have.length(2);
    });
    chaiExpect(fields).to.deep.equal(["ListContainersResponse.containers"]);
  });

  it("hold those of a condition that the spec waits for", async () => {
    const fields = await asserted(async ({ status }) => {
      await until("running", async () => (await status()).status?.state === ContainerState.CONTAINER_RUNNING);
    });
    chaiExpect(fields).to.deep.equal(["ContainerStatus.state", STATUS]);
  });
});
