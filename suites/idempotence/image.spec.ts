import { behaviour, expect, expectOk } from "../../src/harness/index.js";

behaviour(
  "IDM-006",
  {
    title: "RemoveImage on an unknown or removed image is OK",
    level: "required",
    rpcs: ["RemoveImage"],
    clause: "RemoveImage: idempotent; an image that is gone is no error",
    critest: "[k8s.io] Idempotence RemoveImage should not return an error if not found",
  },
  async ({ rpc, images }) => {
    const {
      references: [reference],
    } = await images.removable("pull-by-tag", ["test"]);

    await expectOk(rpc.removeImage({ image: { image: "0".repeat(64) } }), "RemoveImage of an unknown id");
    await rpc.pullImage({ image: { image: reference } });
    await expectOk(rpc.removeImage({ image: { image: reference } }), "RemoveImage");
    await expectOk(rpc.removeImage({ image: { image: reference } }), "second RemoveImage");

    const { image } = await rpc.imageStatus({ image: { image: reference } });
    expect(image, "ImageStatusResponse.image of a removed image").to.equal(undefined);
  },
);
