import { createHash } from "node:crypto";

/** Names a script or a style sheet in a content security policy, which then allows it and no other. */
export function sourceHash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
