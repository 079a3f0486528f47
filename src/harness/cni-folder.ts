import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { NotApplicable } from "./outcome.js";
import { currentRun } from "./spec-run.js";
import { findInfo, parseInfo } from "./verbose-info.js";

/** A CNI network configuration list (https://www.cni.dev/docs/spec, section 1). */
export interface CniNetwork {
  cniVersion: string;
  name: string;
  plugins: { type: string; ipam?: { type: string; dataDir?: string } }[];
}

/** Keys under which runtimes name the folder in their verbose status (containerd: `cniconfig`). */
const FOLDER_KEYS = ["PluginConfDir", "pluginConfDir"];
const PLUGIN_FOLDERS_KEYS = ["PluginDirs", "pluginDirs"];

const CONFIGURATION = /\.(conf|conflist|json)$/;

/** Given to what the suite hides; an operator who finds it after a crash can take it away again. */
const HIDDEN = ".hidden-by-critique";

/** Sorts before every usual name, and the first configuration by name is the one that is used. */
const FIRST = "!critique.conflist";

/** The folder of the runtime's CNI configurations, for specs that run alone. */
export class CniFolder {
  private constructor(
    readonly path: string,
    /** Folders of the plugins' programs. */
    readonly pluginFolders: readonly string[],
    /** Configurations in it, in the order in which a runtime takes the first. */
    private readonly files: readonly string[],
  ) {}

  /**
   * The folder that a verbose Status names.
   * @throws NotApplicable where it names none, or none that is here
   */
  static async of(info: Readonly<Record<string, string>>): Promise<CniFolder> {
    const parsed = parseInfo(info);
    const path = findInfo(parsed, ...FOLDER_KEYS);
    if (typeof path !== "string") throw new NotApplicable("Status does not say where CNI configurations are");
    const entries = await readdir(path).catch(() => []);
    const files = entries.filter((entry) => CONFIGURATION.test(entry)).sort();
    if (files.length === 0) throw new NotApplicable(`the suite sees no CNI configuration in ${path}`, "configuration");
    const pluginFolders = findInfo(parsed, ...PLUGIN_FOLDERS_KEYS);
    return new CniFolder(path, Array.isArray(pluginFolders) ? pluginFolders.map(String) : [], files);
  }

  /** The network in use. */
  async network(): Promise<CniNetwork> {
    const content = JSON.parse(await readFile(`${this.path}/${this.files[0]}`, "utf8")) as CniNetwork;
    // A single plugin may stand without a list around it.
    return content.plugins ? content : { ...content, plugins: [content as never] };
  }

  /** Puts a network in front of all others; returns what takes it away again. */
  async override(network: CniNetwork): Promise<() => Promise<void>> {
    const file = `${this.path}/${FIRST}`;
    const ledger = currentRun()?.ledger;
    ledger?.placing(file);
    await writeFile(`${file}.new`, JSON.stringify(network), { mode: 0o644 });
    await rename(`${file}.new`, file);
    return async () => {
      await rm(file, { force: true });
      ledger?.restored(1);
    };
  }

  /** Hides every configuration; returns what brings them back. */
  async hideAll(): Promise<() => Promise<void>> {
    const ledger = currentRun()?.ledger;
    for (const file of this.files) ledger?.moving(`${this.path}/${file}`, `${this.path}/${file}${HIDDEN}`);
    const move = async (from: string, to: string): Promise<void> => {
      for (const file of this.files) {
        await rename(`${this.path}/${file}${from}`, `${this.path}/${file}${to}`).catch(
          (error: NodeJS.ErrnoException) => {
            if (error.code !== "ENOENT") throw error; // brought back before
          },
        );
      }
    };
    await move("", HIDDEN);
    return async () => {
      await move(HIDDEN, "");
      ledger?.restored(this.files.length);
    };
  }
}
