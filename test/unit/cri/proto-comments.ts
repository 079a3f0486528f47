import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { REPO_ROOT } from "../../../tools/repo-root.js";

/**
 * The comment above each element of proto/runtime/v1/api.proto, by the element's name in the contract; empty where there
 * is none. It reads the one layout that file has: one element per line, comments on lines of their own.
 */
export async function readProtoComments(): Promise<Map<string, string>> {
  const text = await readFile(join(REPO_ROOT, "proto/runtime/v1/api.proto"), "utf8");
  const comments = new Map<string, string>();
  const enclosing: string[] = [];
  let comment: string[] = [];
  for (const line of text.split("\n").map((untrimmed) => untrimmed.trim())) {
    if (line.startsWith("//")) {
      comment.push(line.slice(2).trim());
      continue;
    }
    const name = nameDeclaredBy(line);
    if (name !== undefined) comments.set([...enclosing, name].join("."), comment.join(" "));
    comment = [];
    if (line.endsWith("{") && name !== undefined) enclosing.push(name);
    if (line === "}") enclosing.pop();
  }
  return comments;
}

function nameDeclaredBy(line: string): string | undefined {
  const block = /^(?:service|message|enum|rpc) (\w+)/.exec(line);
  const member = /^(?:[\w.<>, ]+ )?(\w+) = \d+(?: \[[^\]]*\])?;$/.exec(line);
  return block?.[1] ?? member?.[1];
}
