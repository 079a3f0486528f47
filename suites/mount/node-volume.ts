import { execFile } from "node:child_process";
import { realpath } from "node:fs/promises";
import { promisify } from "node:util";
import { nodeMounts, type SpecContext } from "../../src/harness/index.js";

const run = promisify(execFile);

/** A folder of a spec's own on the node, and the mounts that are made in it; they end with the spec. */
export class NodeVolume {
  private constructor(readonly path: string) {}

  static async make({ tempFolder, deferLast }: SpecContext, purpose = "volume"): Promise<NodeVolume> {
    const volume = new NodeVolume(await realpath(await tempFolder(purpose)));
    deferLast(() => volume.#release());
    return volume;
  }

  /** The path of something in the folder. */
  at(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Mounts an empty file system over the folder in which later mounts are shared, as in most folders of a node. */
  async share(): Promise<void> {
    await mountTmpfs(this.path);
    // Private first, so that it is in no group but its own; systemd and others make every mount of a node shared.
    await run("mount", ["--make-private", this.path]);
    await run("mount", ["--make-shared", this.path]);
  }

  /** Mounts an empty file system on a folder below. */
  async mount(name: string): Promise<void> {
    await mountTmpfs(this.at(name));
  }

  async unmount(name: string): Promise<void> {
    await run("umount", [this.at(name)]);
  }

  /** Paths at and below the folder where something is mounted on the node, in the order of the mounts. */
  async mounted(): Promise<string[]> {
    const paths = (await nodeMounts()).map(({ path }) => path);
    return paths.filter((path) => path === this.path || path.startsWith(`${this.path}/`));
  }

  /** Takes away what is still mounted, those included that a container made or a runtime left. */
  async #release(): Promise<void> {
    for (const path of (await this.mounted()).reverse()) await run("umount", ["--lazy", path]);
  }
}

const mountTmpfs = (path: string): Promise<unknown> =>
  run("mount", ["-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs", path]);
