import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A private folder (mode 0700) that is removed by `remove` or at the end of an `await using` block. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string;
  /** Removes the folder with all its content, without following links; no error when it is gone already. */
  remove(): Promise<void>;
}

/**
 * Creates a new, empty folder that only this user may enter.
 *
 * @param purpose a word for the folder's name: `critique-PURPOSE-XXXXXX`.
 * @param parent the folder to create it in; default the system's folder for temporary files.
 */
export async function createTempFolder(purpose: string, parent: string = tmpdir()): Promise<TempFolder> {
  const path = await mkdtemp(join(parent, `critique-${purpose}-`));
  const remove = () => rm(path, { recursive: true, force: true });
  return { path, remove, [Symbol.asyncDispose]: remove };
}
