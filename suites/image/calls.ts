import { answerOf, expect, RpcError, type CriRpc, type Image } from "../../src/harness/index.js";

type Auth = Parameters<CriRpc["pullImage"]>[0]["auth"];

/** PullImage; returns its image_ref. */
export async function pull(rpc: CriRpc, reference: string, auth?: Auth): Promise<string> {
  return (await rpc.pullImage({ image: { image: reference }, ...(auth && { auth }) })).imageRef;
}

/** RemoveImage. */
export async function remove(rpc: CriRpc, reference: string): Promise<void> {
  await rpc.removeImage({ image: { image: reference } });
}

/** ImageStatus.image; undefined where the runtime has no such image. */
export async function statusOf(rpc: CriRpc, reference: string): Promise<Image | undefined> {
  return (await rpc.imageStatus({ image: { image: reference } })).image;
}

/** Entries of ListImages with this id, or with a tag or digest of this repository. */
export async function listed(rpc: CriRpc, idOrRepository: string): Promise<Image[]> {
  const { images } = await rpc.listImages({});
  return images.filter(
    ({ id, repoTags, repoDigests }) =>
      id === idOrRepository ||
      repoTags.some((tag) => tag.startsWith(`${idOrRepository}:`)) ||
      repoDigests.some((digest) => digest.startsWith(`${idOrRepository}@`)),
  );
}

/** States that the runtime shows nothing of an image, by any of its names and in its list. */
export async function expectAbsent(
  rpc: CriRpc,
  { id, references }: { id?: string; references: readonly string[] },
  when: string,
): Promise<void> {
  for (const name of [...references, ...(id === undefined ? [] : [id])]) {
    expect((await statusOf(rpc, name))?.id, `ImageStatus(${name}).image ${when}`).to.equal(undefined);
  }
  const { images } = await rpc.listImages({});
  const shown = images.filter(
    (image) => image.id === id || references.some((name) => [...image.repoTags, ...image.repoDigests].includes(name)),
  );
  expect(
    shown.map((image) => image.id),
    `entries of ListImages ${when}`,
  ).to.be.empty;
}

/** The refusal of a pull, or undefined where it succeeded. */
export async function refusalOf(rpc: CriRpc, reference: string, auth?: Auth): Promise<RpcError | undefined> {
  const answer = await answerOf(pull(rpc, reference, auth));
  return typeof answer === "string" ? undefined : answer;
}

/** A call that runs while the spec does something else; if it fails, that shows where it is awaited. */
export function underWay<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined);
  return call;
}

/** States that a call with a deadline of its own ended by it. */
export async function expectDeadline(call: Promise<unknown>, subject: string): Promise<void> {
  const end = await call.then(
    () => "OK",
    (error: unknown) => (error instanceof RpcError ? error.codeName : String(error)),
  );
  // A runtime whose clock is first resets the stream, and this client then says Canceled.
  expect(end, `status of ${subject}`).to.be.oneOf(["DeadlineExceeded", "Canceled"]);
}
