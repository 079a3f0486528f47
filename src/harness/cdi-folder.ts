import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { findInfo, parseInfo } from "./verbose-info.js";

/** A folder in which a runtime looks for Container Device Interface files (https://tags.cncf.io/container-device-interface). */
export class CdiFolder {
  private constructor(readonly path: string) {}

  /**
   * The folder that a verbose Status names, as containerd does in JSON and CRI-O in TOML; the last of several, because it
   * goes before the others.
   * @returns undefined where none is named, or CDI is switched off
   */
  static of(info: Readonly<Record<string, string>>): CdiFolder | undefined {
    const parsed = parseInfo(info);
    if (findInfo(parsed, "enableCDI") === false) return undefined;
    const inJson = findInfo(parsed, "cdiSpecDirs");
    const inToml = /^\s*cdi_spec_dirs\s*=\s*\[([^\]]*)\]/m.exec(Object.values(info).join("\n"))?.[1];
    const folders = Array.isArray(inJson)
      ? inJson.map(String)
      : [...(inToml ?? "").matchAll(/["']([^"']+)["']/g)].map(([, folder = ""]) => folder);
    const last = folders.at(-1);
    return last === undefined ? undefined : new CdiFolder(last);
  }

  /** Writes a file into the folder, in one step; returns what takes it away again, with the folder if it made that. */
  async write(name: string, content: string): Promise<() => Promise<void>> {
    const file = path.join(this.path, name);
    const made = await mkdir(this.path, { recursive: true, mode: 0o755 });
    await writeFile(`${file}.new`, content, { mode: 0o644 });
    await rename(`${file}.new`, file);
    return async () => {
      await rm(file, { force: true });
      if (made !== undefined) await rmdir(this.path).catch(() => undefined); // somebody else's file may be in it by now
    };
  }
}
