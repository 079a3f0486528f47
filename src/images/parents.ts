import type { LayerEntry } from "./layer-entry.js";

/**
 * Adds the directories that entries need and no layer up to theirs has, with mode 0755. A directory that exists is left
 * out, because naming it again in a higher layer would reset its mode and owner.
 */
export function withParents(layers: readonly (readonly LayerEntry[])[]): LayerEntry[][] {
  const known = new Set<string>();
  return layers.map((entries) => {
    const removed = entries.filter((entry) => entry.type === "whiteout").map((entry) => entry.path);
    for (const path of known) {
      if (removed.some((gone) => path === gone || path.startsWith(`${gone}/`))) known.delete(path);
    }
    for (const entry of entries) if (entry.type === "directory") known.add(entry.path);

    const added: LayerEntry[] = [];
    for (const entry of entries) {
      for (const parent of parentsOf(entry.path)) {
        if (known.has(parent)) continue;
        known.add(parent);
        added.push({ type: "directory", path: parent });
      }
    }
    return [...entries, ...added];
  });
}

function parentsOf(path: string): string[] {
  const parts = path.split("/");
  return parts.slice(1).map((_, count) => parts.slice(0, count + 1).join("/"));
}
