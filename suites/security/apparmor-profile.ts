import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import {
  SecurityProfile_ProfileType as ProfileType,
  sh,
  type Container,
  type SpecContext,
} from "../../src/harness/index.js";
import type { SecurityContext } from "./process.js";

const run = promisify(execFile);

/** The two ways to ask for a loaded profile: the field of today and the string that it replaced. */
export const asks: Record<"apparmor" | "apparmor_profile", (profile: string) => SecurityContext> = {
  apparmor: (profile) => ({ apparmor: { profileType: ProfileType.Localhost, localhostRef: profile } }),
  apparmor_profile: (profile) => ({ apparmorProfile: `localhost/${profile}` }),
};

/**
 * Loads an AppArmor profile into the node's kernel until the spec has ended, and returns its name.
 * `deny-writes` forbids to write any file. `permissive` does not grant it either, but only complains: a deny rule would be
 * enforced in that mode too.
 */
export async function loadProfile(
  {
    names,
    tempFolder,
    deferLast,
    notApplicable,
  }: Pick<SpecContext, "names" | "tempFolder" | "deferLast" | "notApplicable">,
  kind: "deny-writes" | "permissive",
): Promise<string> {
  const name = `${names.next()}-${kind}`;
  const file = `${await tempFolder("apparmor")}/profile`;
  const flags = ["attach_disconnected", "mediate_deleted", ...(kind === "permissive" ? ["complain"] : [])];
  const files = kind === "permissive" ? ["/** rmix,"] : ["file,", "deny /** w,"];
  const rules = [...files, "capability,", "network,", "mount,", "umount,", "signal,", "ptrace,", "unix,"];
  await writeFile(file, `profile ${name} flags=(${flags.join(",")}) {\n  ${rules.join("\n  ")}\n}\n`);
  try {
    await run("apparmor_parser", ["--replace", "--skip-cache", file]);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") notApplicable("the node has no apparmor_parser", "host");
    throw error;
  }
  deferLast(async () => void (await run("apparmor_parser", ["--remove", "--skip-cache", file])));
  return name;
}

/** The profile that confines the container's first process, as `NAME (MODE)` or `unconfined`. */
export async function currentProfile(container: Container): Promise<string> {
  const files = "/proc/1/attr/apparmor/current /proc/1/attr/current";
  const text = await container.output(sh(`for file in ${files}; do cat $file 2> /dev/null && break; done`));
  return text.replace(/\0/g, "").trim();
}
