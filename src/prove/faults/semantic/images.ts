import type { AuthConfig, ImageFsInfoResponse } from "../../../cri/gen/runtime/v1/api_pb.js";
import { CallStatus } from "../../proxy/call-status.js";
import type { Fault } from "../fault.js";
import { instead, onReply, onRequest, semantic } from "./semantic.js";

/** What runtimes do wrong with images. */
export const IMAGE_FAULTS: readonly Fault[] = [
  semantic("image-id-alternates", {
    title: "ImageStatus gives an image another id in every other call",
    reach: { read: "Image.id" },
    does: () => {
      let calls = 0;
      return onReply("imageStatus", ({ image }) => {
        if (image && calls++ % 2 === 1) image.id = image.id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
      });
    },
  }),
  semantic("image-id-differs-in-list", {
    title: "ListImages gives other ids than ImageStatus",
    does: () =>
      onReply("listImages", ({ images }) => {
        for (const image of images) image.id = image.repoDigests[0]?.replace(/.*@/, "") ?? image.id;
      }),
  }),
  semantic("image-unknown-is-another", {
    title: "ImageStatus gives some image for a reference it does not know",
    does: () =>
      instead("imageStatus", async (call, hit) => {
        const reply = (await call.forward()) as Awaited<ReturnType<typeof call.rpc.imageStatus>>;
        if (reply.image) return reply;
        const [first] = (await call.rpc.listImages({})).images;
        if (first) {
          hit();
          reply.image = first;
        }
        return reply;
      }),
  }),
  semantic("image-unknown-is-error", {
    title: "ImageStatus answers NotFound for an image that is not there",
    does: () =>
      instead("imageStatus", async (call, hit) => {
        const reply = (await call.forward()) as Awaited<ReturnType<typeof call.rpc.imageStatus>>;
        if (reply.image) return reply;
        hit();
        throw CallStatus.of("NotFound", "no such image");
      }),
  }),
  semantic("image-size-in-kibibytes", {
    title: "Image.size is in kibibytes",
    reach: { read: "Image.size" },
    does: () =>
      onReply("imageStatus", ({ image }) => {
        if (image) image.size /= 1024n;
      }),
  }),
  semantic("image-tags-first-only", {
    title: "An image shows the first of its tags only",
    reach: { read: "Image.repo_tags" },
    does: () =>
      onReply("imageStatus", ({ image }) => {
        if (image) image.repoTags = image.repoTags.slice(0, 1);
      }),
  }),
  semantic("image-user-name-as-uid", {
    title: "The user id of an image is given as a name",
    reach: { read: "Image.uid" },
    does: () =>
      onReply("imageStatus", ({ image }) => {
        if (!image?.uid) return;
        image.username = String(image.uid.value);
        delete image.uid;
      }),
  }),
  semantic("image-tag-digest-none", {
    title: "An image without tags has the tag <none>:<none>",
    reach: { read: "Image.repo_tags" },
    does: () =>
      onReply("listImages", ({ images }) => {
        for (const image of images) if (image.repoTags.length === 0) image.repoTags = ["<none>:<none>"];
      }),
  }),
  semantic("image-list-duplicates", {
    title: "ListImages lists an image once for every tag",
    does: () =>
      onReply("listImages", (reply) => {
        reply.images = reply.images.flatMap((image) =>
          image.repoTags.slice(1).reduce((all) => [...all, image], [image]),
        );
      }),
  }),
  semantic("image-filter-by-repository", {
    title: "ListImages takes a filter for one tag as one for the repository",
    reach: { sent: "ListImages.filter" },
    does: () =>
      instead("listImages", async (call, hit) => {
        const wanted = call.request.filter?.image?.image ?? "";
        const repository = wanted.replace(/[:@][^/]*$/, "");
        if (repository === "" || repository === wanted) return call.forward();
        hit();
        const reply = await call.rpc.listImages({});
        reply.images = reply.images.filter(({ repoTags }) => repoTags.some((tag) => tag.startsWith(`${repository}:`)));
        return reply;
      }),
  }),
  semantic("pull-returns-request", {
    title: "PullImage gives back the reference that was asked for",
    does: () =>
      onReply("pullImage", (reply, { request }) => {
        reply.imageRef = request.image?.image ?? "";
      }),
  }),
  semantic("pull-present-not-asked-again", {
    title: "PullImage does not look whether a tag has moved on",
    does: () =>
      instead("pullImage", async (call, hit) => {
        const { image } = await call.rpc.imageStatus({ ...(call.request.image && { image: call.request.image }) });
        if (!image) return call.forward();
        hit();
        return { $typeName: "runtime.v1.PullImageResponse", imageRef: image.id } as never;
      }),
  }),
  semantic("pull-error-sticks", {
    title: "A pull that failed once fails for ever",
    does: () => {
      const failed = new Map<string, unknown>();
      return instead("pullImage", async (call, hit) => {
        const reference = call.request.image?.image ?? "";
        if (failed.has(reference)) {
          hit();
          throw failed.get(reference);
        }
        return call.forward().catch((error: unknown) => {
          failed.set(reference, error);
          throw error;
        });
      });
    },
  }),
  semantic("pull-credentials-kept", {
    title: "PullImage uses the credentials of an earlier pull from the same registry",
    does: () => {
      const known = new Map<string, AuthConfig>();
      return onRequest("pullImage", (request) => {
        const host = request.image?.image.split("/")[0] ?? "";
        if (request.auth) known.set(host, request.auth);
        else if (known.has(host)) request.auth = known.get(host)!;
      });
    },
  }),
  semantic("remove-image-twice-fails", {
    title: "RemoveImage of an image that is gone answers NotFound",
    does: () =>
      instead("removeImage", async (call, hit) => {
        const { image } = await call.rpc.imageStatus({ ...(call.request.image && { image: call.request.image }) });
        if (image) return call.forward();
        hit();
        throw CallStatus.of("NotFound", "no such image");
      }),
  }),
  semantic("image-fs-constant", {
    title: "ImageFsInfo gives the same usage for ever",
    does: () => {
      let first: ImageFsInfoResponse | undefined;
      return instead("imageFsInfo", async (call, hit) => {
        if (first) hit();
        return (first ??= (await call.forward()) as ImageFsInfoResponse);
      });
    },
  }),
  semantic("image-fs-time-in-seconds", {
    title: "ImageFsInfo gives its timestamps in seconds",
    reach: { read: "FilesystemUsage.timestamp" },
    does: () =>
      onReply("imageFsInfo", ({ imageFilesystems }) => {
        for (const usage of imageFilesystems) usage.timestamp /= 1_000_000_000n;
      }),
  }),
  semantic("image-fs-bytes-in-kibibytes", {
    title: "ImageFsInfo gives its used bytes in kibibytes",
    does: () =>
      onReply("imageFsInfo", ({ imageFilesystems }) => {
        for (const { usedBytes } of imageFilesystems) if (usedBytes) usedBytes.value /= 1024n;
      }),
  }),
];
