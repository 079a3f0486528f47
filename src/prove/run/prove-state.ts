import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import type { BaselineRecord, FaultResult, Trial } from "../result/model.js";

/** What must be the same for a run to be continued. */
export interface ProveIdentity {
  suiteVersion: string;
  runtimeName: string;
  runtimeVersion: string;
  handler: string;
}

type Line =
  | { type: "identity"; identity: ProveIdentity; startedAt: string }
  | { type: "baseline"; record: BaselineRecord }
  | { type: "fault"; result: FaultResult }
  | { type: "trial"; fault: string; trial: Trial }
  | { type: "lost"; faults: string[] };

/** The state in a folder belongs to another runtime or suite. */
export class OtherRunError extends Error {
  override name = "OtherRunError";
}

/**
 * The state of a run on disk, a line for each thing that is known, written as soon as it is: a run that was
 * stopped is continued from there.
 */
export class ProveState {
  readonly baseline: BaselineRecord[] = [];
  readonly faults = new Map<string, FaultResult>();
  /** Faults that were tried when the runtime went, with how few others at the same time at best. */
  readonly lostWith = new Map<string, number>();
  startedAt = new Date().toISOString();

  private constructor(private readonly file: string) {}

  /**
   * Continues the state in a file, or begins it.
   * @throws OtherRunError when the file is about another runtime, handler or version of the suite
   */
  static open(file: string, identity: ProveIdentity): ProveState {
    const state = new ProveState(file);
    const lines = existsSync(file) ? readLines(file) : [];
    const [first] = lines;
    if (first?.type === "identity") {
      if (JSON.stringify(first.identity) !== JSON.stringify(identity)) {
        throw new OtherRunError(
          `${file} was written for ${Object.values(first.identity).join(" ")}, and this is ` +
            `${Object.values(identity).join(" ")}: name another --report-dir.`,
        );
      }
      state.startedAt = first.startedAt;
      for (const line of lines) state.#take(line);
    } else {
      writeFileSync(file, "");
      state.#write({ type: "identity", identity, startedAt: state.startedAt });
    }
    return state;
  }

  addBaseline(record: BaselineRecord): void {
    this.#add({ type: "baseline", record });
  }

  addFault(result: FaultResult): void {
    this.#add({ type: "fault", result });
  }

  /** Forgets the faults that were not noticed, so that they are tried again. */
  forgetMissed(): void {
    for (const [id, { verdict }] of this.faults) if (verdict !== "killed") this.faults.delete(id);
  }

  /** Notes that the runtime went while these faults were tried. */
  addLost(faults: string[]): void {
    this.#add({ type: "lost", faults });
  }

  /** Adds a further trial of a fault that has its verdict. */
  addTrial(fault: string, trial: Trial): void {
    this.#add({ type: "trial", fault, trial });
  }

  #add(line: Line): void {
    this.#take(line);
    this.#write(line);
  }

  #take(line: Line): void {
    if (line.type === "baseline") this.baseline.push(line.record);
    if (line.type === "fault") this.faults.set(line.result.id, line.result);
    if (line.type === "lost") {
      for (const id of line.faults) {
        this.lostWith.set(id, Math.min(line.faults.length - 1, this.lostWith.get(id) ?? Infinity));
      }
    }
    if (line.type === "trial") this.#takeTrial(line.fault, line.trial);
  }

  #takeTrial(id: string, trial: Trial): void {
    const result = this.faults.get(id);
    if (!result) return;
    result.trials.push(trial);
    result.untried = Math.max(0, result.untried - 1);
    if (trial.end === "killed") result.verdict = "killed";
  }

  #write(line: Line): void {
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }
}

/** The lines of a state file; one that was being written when the run died is left out. */
function readLines(file: string): Line[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return line === "" ? [] : [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });
}
