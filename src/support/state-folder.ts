import { lstatSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "./make-folder.js";

/** Names another place for what is kept between runs. */
export const STATE_VARIABLE = "CRITIQUE_STATE_FOLDER";

/** The folder for what is kept between runs could not be had. */
export class StateFolderError extends Error {
  override readonly name = "StateFolderError";
}

/** Where this user's state is: for root of the whole machine, for others below XDG_STATE_HOME. */
export function stateFolderPath(env: NodeJS.ProcessEnv = process.env): string {
  if (env[STATE_VARIABLE]) return env[STATE_VARIABLE];
  if (process.getuid?.() === 0) return "/var/lib/critique";
  return join(env["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "critique");
}

/**
 * Makes a folder below the state folder that only this user may enter.
 * @throws StateFolderError when it cannot be made, or when somebody else has a hand in it
 */
export function privateStateFolder(name: string, root: string = stateFolderPath()): string {
  const folder = join(root, name);
  try {
    makeFolder(folder, 0o700);
  } catch (error) {
    throw new StateFolderError(`${folder} cannot be made (${(error as Error).message}); set ${STATE_VARIABLE}.`);
  }
  for (const path of [root, folder]) {
    const stat = lstatSync(path);
    if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o022) !== 0) {
      throw new StateFolderError(
        `${path} must be a folder of this user's that nobody else may write to; mend that, or set ${STATE_VARIABLE}.`,
      );
    }
  }
  return folder;
}
