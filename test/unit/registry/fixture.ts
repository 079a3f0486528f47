import { request as httpRequest } from "node:http";
import { buildImage, type BuiltImage } from "../../../src/images/image.js";
import type { Digest } from "../../../src/registry/content.js";
import { startRegistry, type Registry } from "../../../src/registry/registry.js";

/** A registry with one small image as `team/app:1`. */
export interface Fixture extends AsyncDisposable {
  readonly registry: Registry;
  readonly image: BuiltImage;
  /** The only layer, of 1 KiB and more. */
  readonly layerPath: string;
  readonly layerBytes: Buffer;
  readonly configPath: string;
  /** The manifest by tag. */
  readonly manifestPath: string;
  get(path: string, init?: RequestInit): Promise<Response>;
}

export async function startFixture(): Promise<Fixture> {
  const image = await buildImage({
    index: false,
    platforms: [
      {
        platform: { os: "linux", architecture: "amd64" },
        layers: [{ compression: "none", entries: [{ type: "file", path: "greeting", content: "hello\n" }] }],
        config: { Cmd: ["/hello"] },
      },
    ],
  });
  const registry = await startRegistry();
  registry.add("team/app", ["1"], image);
  const [platform] = image.platforms;
  const [layer] = platform?.layers ?? [];
  if (platform === undefined || layer === undefined) throw new Error("the image has no layer");
  const blobPath = (digest: Digest) => `/v2/team/app/blobs/${digest}`;
  const layerBytes = Buffer.concat((await layer.blob.open().toArray()) as Buffer[]);
  return {
    registry,
    image,
    layerPath: blobPath(layer.blob.digest),
    layerBytes,
    configPath: blobPath(platform.imageId),
    manifestPath: "/v2/team/app/manifests/1",
    get: (path, init) => fetch(`${registry.url}${path}`, { redirect: "manual", ...init }),
    [Symbol.asyncDispose]: () => registry.close(),
  };
}

export async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

/** Starts a GET whose body can be watched as it arrives. */
export function watchBody(url: string): { readonly receivedBytes: () => number; readonly ended: Promise<string> } {
  let bytes = 0;
  const ended = new Promise<string>((resolve) => {
    const request = httpRequest(url, (response) => {
      response.on("data", (chunk: Buffer) => (bytes += chunk.length));
      response.on("end", () => resolve("complete"));
      response.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    request.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    request.end();
  });
  return { receivedBytes: () => bytes, ended };
}
