import {
  answerOf,
  behaviour,
  expect,
  expectError,
  expectOk,
  randomLayer,
  RpcError,
  type PublishedImage,
  type SpecContext,
} from "../../src/harness/index.js";
import { expectAbsent, pull, refusalOf, remove, statusOf } from "./calls.js";

type Fault = Parameters<SpecContext["images"]["registry"]["fault"]>[1];
type FaultContext = Pick<SpecContext, "rpc" | "images" | "names">;

/** An image of one layer that the runtime cannot have yet, so that a fault of layers meets every pull of it. */
const unknownImage = ({ images, names }: FaultContext): Promise<PublishedImage> =>
  images.publishOwn({ layers: [randomLayer(256 * 1024, names.next())] });

/** Faults that only a digest tells, and the kind of reference that brings it out. */
const WRONG_BYTES = [
  { kind: "corruptLayer", by: "reference" },
  { kind: "manifestMismatch", by: "digestReference" },
] as const;

/** States that a pull fails under a fault, leaves no image, and succeeds once the fault is gone. */
async function refusedUntilRepaired(context: FaultContext, fault: Fault): Promise<void> {
  const { rpc, images } = context;
  const { name, reference } = await unknownImage(context);
  using inForce = images.registry.fault(name, fault);

  await expectError(pull(rpc, reference), "any", `PullImage from a registry with the fault ${fault.kind}`);

  await expectAbsent(rpc, { references: [reference] }, `after the pull with the fault ${fault.kind}`);
  inForce.undo();
  await expectOk(pull(rpc, reference), `PullImage after the fault ${fault.kind}`);
}

behaviour(
  "IMG-025",
  {
    title: "Missing tag or repository yields a NotFound style failure",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause: "PullImage: a missing image is an error that names it",
    needs: ["own-registry"],
  },
  async ({ rpc, images, names }) => {
    const { repository } = await images.publishOwn();
    const absent = { tag: `${repository}:absent`, repository: `${images.registry.host}/${names.next()}:latest` };

    for (const [what, reference] of Object.entries(absent)) {
      // The suite's registry answers at once; the kubelet shows such an error within its back-off of 10 s.
      const call = rpc.pullImage({ image: { image: reference } }, { timeoutMs: 30_000 });
      const error = await expectError(call, ["NotFound", "Unknown"], `PullImage of a missing ${what}`);
      expect(error?.details, `message for a missing ${what}`).to.include(reference);
      await expectAbsent(rpc, { references: [reference] }, "after the failed pull");
    }
  },
);

behaviour(
  "IMG-026",
  {
    title: "Unreachable registry fails in bounded time",
    level: "required",
    rpcs: ["PullImage", "Status"],
    clause: "PullImage: fails for a registry that nobody reaches, and the runtime stays ready",
    needs: ["node-files"],
  },
  async ({ rpc, images }) => {
    const registry = await images.startRegistry();
    const { host } = registry;
    await registry.close();

    const call = rpc.pullImage({ image: { image: `${host}/a:b` } }, { timeoutMs: 60_000 });
    const answer = await answerOf(call);

    expect(answer instanceof RpcError, `PullImage from the closed port ${host} fails`).to.equal(true);
    if (answer instanceof RpcError)
      expect(answer.details, "message of the error").to.match(/refused|connect|127\.0\.0\.1/);
    const { status } = await rpc.status({});
    const ready = status?.conditions.find(({ type }) => type === "RuntimeReady");
    expect(ready?.status, "Status: RuntimeReady after that").to.equal(true);
  },
);

behaviour(
  "IMG-034",
  {
    title: "Corrupt blob or manifest is rejected by digest verification",
    level: "required",
    rpcs: ["PullImage", "ListImages", "ImageStatus"],
    clause: "OCI image-spec, descriptor.md: content is used only if it has the digest that it was asked for by",
    needs: ["own-registry"],
  },
  async (context) => {
    const { rpc, images, note } = context;
    for (const { kind, by } of WRONG_BYTES) {
      const { name, ...image } = await unknownImage(context);
      using fault = images.registry.fault(name, { kind });

      await expectError(pull(rpc, image[by]), "any", `PullImage from a registry with the fault ${kind}`);

      await expectAbsent(rpc, { references: [image[by]] }, `after the pull with the fault ${kind}`);
      fault.undo();
      if (!(await refusalOf(rpc, image[by]))) continue;
      // Runtimes may keep what they downloaded until they next collect garbage, as the removal of an image makes them.
      note(`the pull after the fault ${kind} succeeded only after the removal of another image`);
      const other = await images.publishOwn();
      await pull(rpc, other.reference);
      await remove(rpc, other.reference);
      await expectOk(pull(rpc, image[by]), `PullImage after the fault ${kind}`);
    }
  },
);

behaviour(
  "IMG-058",
  {
    title: "Once the registry is repaired a pull that was refused for wrong bytes succeeds at once",
    level: "recommended",
    rpcs: ["PullImage"],
    clause: "PullImage: wrong bytes of a registry, or on the way, are not kept for the next pull",
    needs: ["own-registry"],
  },
  async (context) => {
    const { rpc, images } = context;
    for (const { kind, by } of WRONG_BYTES) {
      // Another spec's removal may make the runtime forget the bytes just in time, but not time after time.
      for (let attempt = 1; attempt <= 8; attempt++) {
        const { name, ...image } = await unknownImage(context);
        using fault = images.registry.fault(name, { kind });
        await expectError(pull(rpc, image[by]), "any", `PullImage from a registry with the fault ${kind}`);
        fault.undo();
        if (!(await expectOk(pull(rpc, image[by]), `PullImage after the fault ${kind}`))) break;
      }
    }
  },
);

behaviour(
  "IMG-037",
  {
    title: "Malformed references are rejected",
    level: "required",
    rpcs: ["PullImage", "ImageStatus", "RemoveImage", "Version"],
    clause: "ImageSpec.image: what is no reference is an error of PullImage, and never the end of the runtime",
    needs: ["own-registry"],
  },
  async ({ rpc, images }) => {
    // Runtimes find ids by their beginning, which an empty one is of every id: two images let none of them be meant.
    for (let count = 0; count < 2; count++) await pull(rpc, (await images.publishOwn()).reference);

    for (const image of ["", "UPPER/Case:tag", "localhost/repo:bad tag", "localhost/repo@sha256:123"]) {
      const written = JSON.stringify(image);
      // No registry needs to be asked; five seconds leave room for a loaded machine.
      await expectError(rpc.pullImage({ image: { image } }, { timeoutMs: 5000 }), "any", `PullImage of ${written}`);
      const status = await answerOf(rpc.imageStatus({ image: { image } }));
      if (!(status instanceof RpcError)) {
        expect(status.image?.id, `ImageStatus of ${written}: id`).to.equal(undefined);
      }
      // Where an empty reference does mean an image, removing it would take one that others need.
      if (image !== "") await answerOf(remove(rpc, image));
    }
    await rpc.version({});
  },
);

behaviour(
  "IMG-043",
  {
    title: "Signature policy failures are reported with the kubelet error prefix",
    level: "optional",
    rpcs: ["PullImage"],
    clause: "PullImage: the kubelet shows SignatureValidationFailed where the message begins with it",
    needs: ["own-registry"],
  },
  async ({ rpc, images, notApplicable }) => {
    const { reference } = await images.publishOwn();

    const error = await refusalOf(rpc, reference);

    if (!error) return notApplicable("the runtime has no policy that refuses unsigned images", "configuration");
    expect(error.details.replace(/^rpc error: code = Unknown desc = /, ""), "message of the error").to.match(
      /^SignatureValidationFailed/,
    );
  },
);

behaviour(
  "IMG-047",
  {
    title: "A truncated layer is refused, and the pull can be repeated",
    level: "required",
    rpcs: ["PullImage", "ListImages", "ImageStatus"],
    clause: "OCI image-spec, descriptor.md: content is used only if it has the size and the digest of its descriptor",
    needs: ["own-registry"],
  },
  async (context) => {
    await refusedUntilRepaired(context, { kind: "truncatedLayer" });
  },
);

behaviour(
  "IMG-048",
  {
    title: "A pull whose connection is reset goes on or fails, and can be repeated",
    level: "required",
    rpcs: ["PullImage", "ListImages", "ImageStatus"],
    clause: "PullImage: a connection that breaks is no reason to show half an image, nor to refuse it later",
    needs: ["own-registry"],
  },
  async (context) => {
    const { rpc, images } = context;
    await refusedUntilRepaired(context, { kind: "reset", afterBytes: 0 });

    const { name, reference } = await unknownImage(context);
    using reset = images.registry.fault(name, { kind: "reset", afterBytes: 64 * 1024 });
    // A runtime that resumes has the layer after four resets.
    const error = await refusalOf(rpc, reference);
    if (error) await expectAbsent(rpc, { references: [reference] }, "after the reset");
    reset.undo();
    const id = await pull(rpc, reference);
    expect((await statusOf(rpc, reference))?.id, "ImageStatus.image.id after a pull without reset").to.equal(id);
  },
);

behaviour(
  "IMG-049",
  {
    title: "After a temporary failure of the registry the same pull succeeds",
    level: "required",
    rpcs: ["PullImage", "ImageStatus"],
    clause: "PullImage: what a registry answers once (429, 500, 502, 503) is not kept for later pulls",
    needs: ["own-registry"],
  },
  async (context) => {
    const { rpc, images } = context;
    for (const status of [429, 500, 502, 503] as const) {
      const { name, reference } = await unknownImage(context);
      images.registry.fault(name, { kind: "status", status, times: 1 });

      const error = await refusalOf(rpc, reference);

      if (error) await expectAbsent(rpc, { references: [reference] }, `after status ${status}`);
      await expectOk(pull(rpc, reference), `PullImage after status ${status}`);
    }
  },
);

behaviour(
  "IMG-052",
  {
    title: "An image with a missing layer is refused, and can be pulled once the layer is there",
    level: "required",
    rpcs: ["PullImage", "ListImages", "ImageStatus"],
    clause: "PullImage: an image is there as a whole or not at all",
    needs: ["own-registry"],
  },
  async (context) => {
    await refusedUntilRepaired(context, { kind: "missingBlob" });
  },
);

behaviour(
  "IMG-059",
  {
    title: "PullImage for an unknown runtime handler is rejected",
    level: "recommended",
    rpcs: ["PullImage", "ImageStatus", "ListImages"],
    clause:
      "ImageSpec.runtime_handler: a handler that the runtime does not know is refused; the empty name is the default",
    // Status lists handlers since Kubernetes 1.30, a release after the field of images came.
    needs: ["own-registry", "runtime-handlers"],
  },
  async ({ rpc, images, names }) => {
    const { reference } = await images.publishOwn();
    const image = { image: reference, runtimeHandler: names.next() };

    await expectError(rpc.pullImage({ image }), "any", "PullImage for an unknown handler");

    await expectAbsent(rpc, { references: [reference] }, "after the pull for an unknown handler");
    await expectOk(rpc.pullImage({ image: { ...image, runtimeHandler: "" } }), "PullImage for the default handler");
  },
);
