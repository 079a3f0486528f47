import { expect } from "chai";
import { describe, it } from "mocha";

import { parseCapabilities } from "../../../src/config/capabilities.js";
import { UsageError } from "../../../src/config/errors.js";

const NAMES = {
  declarable: ["cdi", "event-stream", "mount-options"],
  all: ["cdi", "event-stream", "mount-options", "swap"],
};
const parse = (...lines: string[]) => parseCapabilities(lines.join("\n"), "caps.yaml", NAMES);

describe("declared capabilities", () => {
  it("are read with the reason of each lack and the line", () => {
    const declaration = parse(
      "# containerd",
      "has:",
      "  - event-stream",
      "lacks:",
      "  unsupported:",
      "    mount-options: not in this release",
      "  default:",
      "    cdi: enable_cdi is false",
    );
    expect(declaration).to.deep.equal({
      file: "caps.yaml",
      features: {
        "event-stream": { has: true, where: "caps.yaml:3" },
        "mount-options": { has: false, where: "caps.yaml:6", why: "unsupported", reason: "not in this release" },
        cdi: { has: false, where: "caps.yaml:8", why: "default", reason: "enable_cdi is false" },
      },
    });
  });

  for (const [what, lines, message] of [
    ["no YAML", ["has: ["], "caps.yaml:1: "],
    ["a list", ["- cdi"], "caps.yaml:1: here must be a mapping"],
    ["nothing", [""], "caps.yaml:1: here must be a mapping"],
    ["no feature", ["has: []"], "caps.yaml: the declaration names no feature"],
    ["an unknown key", ["has: [cdi]", "needs: [cdi]"], 'caps.yaml:2: there is no key "needs"'],
    ["a feature that is no list item", ["has: cdi"], 'caps.yaml:1: "has" must be a list'],
    ["an unknown feature", ["has:", "  - cdy"], 'caps.yaml:2: there is no feature "cdy"; did you mean "cdi"?'],
    ["a feature of the host", ["has:", "  - swap"], 'caps.yaml:2: "swap" depends on the host'],
    ["a lack of the host", ["lacks:", "  host:", "    cdi: none"], "caps.yaml:2: what the host lacks is no part"],
    ["an unknown kind of lack", ["lacks:", "  never:", "    cdi: none"], 'caps.yaml:2: "lacks" has no key "never"'],
    ["a lack without a reason", ["lacks:", "  default:", "    cdi:"], 'caps.yaml:3: "cdi" has no reason'],
    ["a feature twice", ["has:", "  - cdi", "lacks: { default: { cdi: off } }"], "first at caps.yaml:2; keep one"],
  ] as const) {
    it(`refuses ${what}, with the line`, () => {
      expect(() => parse(...lines)).to.throw(UsageError, message);
    });
  }
});
