import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { expect } from "chai";
import { afterEach, describe, it } from "mocha";

import type { Diagnosis } from "../../src/cli/doctor/diagnosis.js";
import { Refusal, startFakeRuntime, type Answers, type FakeRuntime } from "../support/fake-runtime.js";
import { createTempFolder } from "../../src/support/temp-folder.js";
import { listenGrpc } from "./fake-servers.js";
import { runCritique } from "./run-critique.js";

const READY: Answers = {
  status: () => ({
    status: { conditions: [condition("RuntimeReady", true), condition("NetworkReady", true)] } as never,
    runtimeHandlers: [{ name: "runc" }] as never,
  }),
  pullImage: () => ({ imageRef: "x" }),
  removeImage: () => ({}),
  imageStatus: () => ({}),
};

function condition(type: string, status: boolean, reason = "", message = "") {
  return { type, status, reason, message };
}

describe("critique doctor", () => {
  let runtime: FakeRuntime | undefined;
  afterEach(() => runtime?.close());

  async function doctor(answers: Answers, ...more: string[]) {
    runtime = await startFakeRuntime(answers);
    const { code, stdout, stderr } = await runCritique(["doctor", "-r", runtime.socketPath, "--json", ...more]);
    expect(stderr).to.equal("");
    const { diagnoses, runIsPossible } = JSON.parse(stdout) as { diagnoses: Diagnosis[]; runIsPossible: boolean };
    const about = (subject: string) => diagnoses.find((diagnosis) => diagnosis.subject === subject);
    return { code, runIsPossible, about };
  }

  it("ends with 0 when a run is possible", async () => {
    const { code, runIsPossible, about } = await doctor(READY);
    expect(about("runtime")).to.deep.include({ severity: "fine" });
    expect(about("registry")).to.deep.include({ severity: "fine" });
    expect(about("pod")).to.deep.include({ severity: "fine" });
    expect(runtime?.calls).to.include.members(["RunPodSandbox", "StopPodSandbox", "RemovePodSandbox"]);
    expect(about("test images")?.severity).to.equal("fine");
    expect(runIsPossible).to.equal(true);
    expect(code).to.equal(0);
  });

  it("says what is not ready, with the remedy", async () => {
    const { code, about } = await doctor({
      ...READY,
      status: () => ({
        status: {
          conditions: [
            condition("RuntimeReady", true),
            condition("NetworkReady", false, "NotReady", "no \u001b[31mCNI"),
          ],
        } as never,
      }),
    });
    expect(code).to.equal(3);
    expect(about("NetworkReady")).to.deep.include({ severity: "fatal" });
    expect(about("NetworkReady")?.message).to.include("no \\u001b[31mCNI");
    expect(about("NetworkReady")?.remedy).to.include("/etc/cni/net.d");
    expect(about("handler")?.severity).to.equal("note");
  });

  it("says why no pod starts, with the remedy", async () => {
    const details = 'failed to get sandbox image "registry.k8s.io/pause:3.8": no such host';
    const refuse = () => {
      throw new Refusal(status.UNKNOWN, details);
    };
    const { code, about } = await doctor({ ...READY, runPodSandbox: refuse });
    expect(code).to.equal(3);
    expect(about("pod")).to.deep.include({ severity: "fatal" });
    expect(about("pod")?.message).to.include("registry.k8s.io/pause:3.8");
    expect(about("pod")?.remedy).to.include("pause image");
  });

  it("says that the handler is missing", async () => {
    const { code, about } = await doctor(READY, "--runtime-handler", "kata");
    expect(code).to.equal(3);
    expect(about("handler")?.message).to.include('no handler "kata", only runc');
  });

  it("gives CRI-O's users the exact drop-in for the registry", async () => {
    const { code, about } = await doctor({
      ...READY,
      version: () => ({ version: "0.1.0", runtimeName: "cri-o", runtimeVersion: "1.30.0", runtimeApiVersion: "v1" }),
      pullImage: () => {
        throw new Error("http: server gave HTTP response to HTTPS client");
      },
    });
    expect(code).to.equal(3);
    expect(about("registry")?.remedy).to.include('[[registry]]\nlocation = "127.0.0.1"\ninsecure = true');
  });

  it("ends with 3 and the remedy when no runtime answers, and looks at the rest all the same", async () => {
    const { code, stdout } = await runCritique(["doctor", "-r", "/nonexistent/cri.sock"]);
    expect(code).to.equal(3);
    expect(stdout).to.match(/^STOPS +runtime: There is no socket "\/nonexistent\/cri.sock"/m);
    expect(stdout).to.match(/^ +remedy: .*--lab/m);
    expect(stdout)
      .to.match(/disk: .* GiB free/)
      .and.include("A run is impossible");
  });

  it("does not hang where the runtime does", async () => {
    await using folder = await createTempFolder("doctor");
    const socket = join(folder.path, "cri.sock");
    await using _server = await listenGrpc(socket, "runtime.v1.RuntimeService", { Version: "empty", Status: "never" });
    const { code, stdout } = await runCritique(["doctor", "-r", socket]);
    expect(code).to.equal(3);
    expect(stdout).to.include("WARNING  conditions: could not be looked at: Status: DeadlineExceeded");
  });
});
