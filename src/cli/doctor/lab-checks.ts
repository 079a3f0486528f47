import { LabError, listLabs } from "../../lab/index.js";
import { findPrograms } from "../../lab/programs.js";
import { about, type Diagnosis } from "./diagnosis.js";

/** Whether `--lab` would work: a private containerd is the way out where no runtime answers. */
export async function checkLab(): Promise<Diagnosis[]> {
  const { fine, note } = about("lab");
  if (process.getuid?.() !== 0) return [note("a lab needs root", "run with sudo")];
  const labs = await listLabs();
  const up = labs.length === 0 ? "" : `; ${labs.length} there now, see \`critique lab list\``;
  try {
    const { containerd, version } = await findPrograms(undefined, []);
    return [fine(`--lab would use containerd ${version.text} (${containerd})${up}`)];
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    return [note(`--lab would not work: ${error.problem}`, error.remedy)];
  }
}
