/** What a path of the registry's server means. */
export type Route =
  | { readonly kind: "root" | "token" | "unknown" }
  | { readonly kind: "tags"; readonly repository: string }
  | { readonly kind: "manifest" | "blob" | "storage"; readonly repository: string; readonly reference: string };

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const repositoryName = `${component}(?:/${component})*`;
const wholeName = new RegExp(`^${repositoryName}$`);
const tags = new RegExp(`^/v2/(${repositoryName})/tags/list$`);
const content = new RegExp(`^/v2/(${repositoryName})/(manifests|blobs)/([^/]+)$`);
const storage = new RegExp(`^/storage/(${repositoryName})/([^/]+)$`);

/** Reads a path (OCI distribution-spec, "Endpoints"). */
export function readRoute(path: string): Route {
  if (path === "/v2/" || path === "/v2") return { kind: "root" };
  if (path === "/token") return { kind: "token" };
  const inTags = tags.exec(path);
  if (inTags?.[1] !== undefined) return { kind: "tags", repository: inTags[1] };
  const [, repository, collection, reference] = content.exec(path) ?? [];
  if (repository !== undefined && reference !== undefined) {
    return { kind: collection === "blobs" ? "blob" : "manifest", repository, reference };
  }
  const [, stored, digest] = storage.exec(path) ?? [];
  if (stored !== undefined && digest !== undefined) return { kind: "storage", repository: stored, reference: digest };
  return { kind: "unknown" };
}

/** Whether a name can be a repository's (OCI distribution-spec, "Pulling manifests"). */
export function isRepositoryName(name: string): boolean {
  return wholeName.test(name) && name.length <= 255;
}
