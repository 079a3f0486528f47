import type { BenchProgress } from "../bench/index.js";
import { tell, type Terminal } from "./terminal.js";

/** One line on stderr whenever another tenth is done; no animation, so that it reads the same in a log. */
export function benchProgress(terminal: Terminal): (progress: BenchProgress & { target?: string }) => void {
  let shown = "";
  return ({ target, scenario, mode, done, of }) => {
    const step = of === undefined ? Math.floor(done / 10) : Math.floor((done / of) * 10);
    const stage = `${scenario} ${mode} ${step}`;
    if (stage === shown) return;
    shown = stage;
    // While targets take turns they are at the same step: one line speaks for all.
    const who = target === undefined || mode === "run" ? "" : `${target}: `;
    const doing = mode === "run" ? "measuring" : "warming up";
    tell(terminal, `${who}${scenario}: ${doing} ${done}${of === undefined ? "" : `/${of}`}`);
  };
}
