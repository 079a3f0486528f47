import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { describe, it } from "mocha";
import { parseAllDocuments } from "yaml";

import { OPTION_LIST } from "../../src/cli/options.js";
import { REPO_ROOT } from "../../tools/repo-root.js";
import { run } from "./packed.js";

const MANIFESTS = [
  "action.yml",
  "deploy/kubernetes-job.yaml",
  "deploy/sonobuoy-plugin.yaml",
  "deploy/examples/github-workflow.yaml",
  "deploy/examples/gitlab-ci.yaml",
];

/** Options of other programs that the manifests call. */
const FOREIGN = new Set(["--plugin", "--wait"]);

const flags = new Set<string>(OPTION_LIST.map(({ flag }) => flag));

async function read(path: string): Promise<{ text: string; content: unknown }> {
  const text = await readFile(join(REPO_ROOT, path), "utf8");
  const documents = parseAllDocuments(text);
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).to.deep.equal([]);
  expect(documents).to.have.lengthOf(1);
  return { text, content: documents[0]?.toJS() as unknown };
}

describe("the manifests", () => {
  for (const path of MANIFESTS) {
    it(`${path} is YAML and names options that there are`, async () => {
      const { text } = await read(path);
      const named = [...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => flag);
      expect(named.filter((flag) => !flags.has(flag) && !FOREIGN.has(flag))).to.deep.equal([]);
    });
  }

  for (const path of ["deploy/kubernetes-job.yaml", "deploy/sonobuoy-plugin.yaml"]) {
    it(`${path} mounts each volume that it declares, shared folders at the node's own path`, async () => {
      const { content } = await read(path);
      const { podSpec, container } = podOf(content);
      const mounts = new Map(container.volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
      for (const { name, hostPath } of podSpec.volumes) expect(mounts.get(name), name).to.equal(hostPath.path);
      expect(podSpec).to.include({ hostNetwork: true, hostPID: true });
    });
  }

  it("action.yml has shell scripts without mistakes that bash notices, and no input written into them", async () => {
    const { content } = await read("action.yml");
    const { inputs, runs } = content as {
      inputs: Record<string, { description: string }>;
      runs: { using: string; steps: { run: string; env?: Record<string, string> }[] };
    };
    expect(runs.using).to.equal("composite");
    for (const { run: script } of runs.steps) {
      expect(script).to.not.include("${{");
      await run("bash", ["-n", "-c", script], REPO_ROOT);
    }
    const used = runs.steps.flatMap(({ env = {} }) => Object.values(env)).join(" ");
    for (const name of Object.keys(inputs)) expect(used).to.include(`inputs.${name} `);
    const { content: workflow } = await read("deploy/examples/github-workflow.yaml");
    const steps = (workflow as { jobs: { critique: { steps: { uses: string; with?: object }[] } } }).jobs.critique
      .steps;
    const given = steps.find(({ uses }) => uses.includes("critique@"))?.with ?? {};
    expect(Object.keys(inputs)).to.include.members(Object.keys(given));
  });
});

interface PodSpec {
  hostNetwork: boolean;
  hostPID: boolean;
  volumes: { name: string; hostPath: { path: string } }[];
}
interface Container {
  volumeMounts: { name: string; mountPath: string }[];
}

function podOf(content: unknown): { podSpec: PodSpec; container: Container } {
  if (typeof content === "object" && content !== null && "podSpec" in content) {
    const { podSpec, spec } = content as { podSpec: PodSpec; spec: Container };
    return { podSpec, container: spec };
  }
  const { spec } = (content as { spec: { template: { spec: PodSpec & { containers: Container[] } } } }).spec.template;
  const [container] = spec.containers;
  if (!container) throw new Error("the pod has no container");
  return { podSpec: spec, container };
}
