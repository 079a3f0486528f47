import type { Image } from "../../cri/gen/runtime/v1/api_pb.js";

/**
 * Names of an image that are in none of the given repositories: RemoveImage takes an image off with all of its names, so
 * one that others named too must stay.
 */
export function foreignNames(image: Pick<Image, "repoTags" | "repoDigests">, references: Iterable<string>): string[] {
  const own = new Set([...references].map(repositoryOf));
  return [...image.repoTags, ...image.repoDigests].filter((name) => !own.has(repositoryOf(name)));
}

/** A reference as runtimes list it: `busybox` and `docker.io/library/busybox:latest` are the same. */
export function fullReference(reference: string): string {
  const version = /(@[^@]*|:[^:/@]*)$/.exec(reference)?.[0];
  return `${repositoryOf(reference)}${version ?? ":latest"}`;
}

/** A reference without its tag and digest, with the registry that Docker's short form leaves out. */
function repositoryOf(reference: string): string {
  const [name = ""] = reference.split("@");
  const repository = name.replace(/:[^:/]*$/, "");
  const [host = "", ...rest] = repository.split("/");
  const hasHost = rest.length > 0 && (/[.:]/.test(host) || host === "localhost");
  if (hasHost) return repository;
  return `docker.io/${rest.length > 0 ? repository : `library/${repository}`}`;
}
