import { writeFile } from "node:fs/promises";
import {
  SecurityProfile_ProfileType as ProfileType,
  type Container,
  type ContainerOptions,
  type SpecContext,
} from "../../src/harness/index.js";
import { secured, type SecurityContext } from "./process.js";

/** Options of a container with a seccomp profile. */
export const confined = (
  seccomp: { profileType: ProfileType; localhostRef?: string },
  more: SecurityContext = {},
): Pick<ContainerOptions, "linux"> => secured({ ...more, seccomp });

export const UNCONFINED = { profileType: ProfileType.Unconfined };
export const RUNTIME_DEFAULT = { profileType: ProfileType.RuntimeDefault };
export const localhost = (localhostRef: string): { profileType: ProfileType; localhostRef: string } => ({
  profileType: ProfileType.Localhost,
  localhostRef,
});

/** Writes a profile that lets every system call pass but these, which fail with EPERM; returns its path. */
export async function writeProfile(
  { tempFolder }: Pick<SpecContext, "tempFolder">,
  ...denied: string[]
): Promise<string> {
  const path = `${await tempFolder("seccomp")}/profile.json`;
  const syscalls = [{ names: denied, action: "SCMP_ACT_ERRNO" }];
  await writeFile(path, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls }));
  return path;
}

/** Sets the host name of the container's UTS namespace; the new name, or what the command said. */
export async function renameHost(container: Container, name: string): Promise<string> {
  const { exitCode, stderr } = await container.execSync(["hostname", name]);
  return exitCode === 0 ? (await container.output(["hostname"])).trim() : stderr.trim();
}
