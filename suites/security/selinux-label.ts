import { mountsOf, type Container } from "../../src/harness/index.js";

/** An SELinux context: who, in which role, of which type, at which level. */
export interface SelinuxLabel {
  user: string;
  role: string;
  type: string;
  /** Sensitivity and categories, such as `s0:c1,c2`. */
  level: string;
}

/** Parses `USER:ROLE:TYPE:LEVEL`; the level may hold colons itself. */
export function parseLabel(text: string): SelinuxLabel {
  const [user = "", role = "", type = "", ...level] = text.replace(/\0/g, "").trim().split(":");
  return { user, role, type, level: level.join(":") };
}

/** The label of the container's first process. */
export async function processLabel(container: Container): Promise<SelinuxLabel> {
  return parseLabel(await container.output(["cat", "/proc/1/attr/current"]));
}

/** The label that the container's root file system is mounted with. */
export async function mountLabel(container: Container): Promise<SelinuxLabel> {
  const root = (await mountsOf(container)).filter(({ path }) => path === "/").at(-1);
  // A level with categories has a comma, and is therefore quoted.
  const context = /(?:^|,)context="?([^",]+(?:,c\d+)*)"?/.exec(root?.options.join(",") ?? "");
  return parseLabel(context?.[1] ?? "");
}

/** A level with two or more categories, which is how runtimes keep pods apart. */
export const OWN_CATEGORIES = /^s0(-s0)?:c\d+(,c\d+)+$/;
