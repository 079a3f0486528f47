import {
  answerOf,
  behaviour,
  expect,
  RpcError,
  sh,
  until,
  readMainProcess,
  type Container,
  type ContainerOptions,
} from "../../src/harness/index.js";

/** The strings that process 1 of a container has in one of its /proc files, each ended by a NUL. */
async function procStrings(container: Container, file: "cmdline" | "environ"): Promise<string[]> {
  return (await readMainProcess(container, file, "/bin/sh")).split("\0").slice(0, -1);
}

const IDLE_SCRIPT = "trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done";

/** ENTRYPOINT and CMD of the test image `entrypoint`, as it is declared. */
const ENTRYPOINT = ["/bin/sh", "-c", IDLE_SCRIPT, "entrypoint"];
const CMD = ["from-image"];

behaviour(
  "CTR-018",
  {
    title: "command replaces the image's ENTRYPOINT and drops its CMD, and reaches the process unaltered",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "ContainerConfig.command, args: replace ENTRYPOINT and CMD; no shell is involved",
  },
  async ({ runtime }) => {
    const args = ["a b", `"quoted" 'twice'`, "$HOME", "line\nbreak", "", "ünïcödé 字"];
    const sandbox = await runtime.borrowSandbox();

    const withArgs = await sandbox.startContainer({
      image: "entrypoint",
      command: ["/bin/sh", "-c", IDLE_SCRIPT],
      args,
    });
    const alone = await sandbox.startContainer({
      image: "entrypoint",
      command: ["/bin/sh", "-c", IDLE_SCRIPT, "alone"],
    });

    expect(await procStrings(withArgs, "cmdline"), "arguments of process 1, with command and args").to.deep.equal([
      "/bin/sh",
      "-c",
      IDLE_SCRIPT,
      ...args,
    ]);
    expect(await procStrings(alone, "cmdline"), "arguments of process 1, with command only").to.deep.equal([
      "/bin/sh",
      "-c",
      IDLE_SCRIPT,
      "alone",
    ]);
  },
);

behaviour(
  "CTR-019",
  {
    title: "Without a command the image's ENTRYPOINT runs, with args or else with the image's CMD",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer"],
    clause: "ContainerConfig.args: replace the image's CMD; empty means the image's CMD",
  },
  async ({ runtime }) => {
    const sandbox = await runtime.borrowSandbox();

    const withArgs = await sandbox.startContainer({ image: "entrypoint", command: [], args: ["a1", "a2"] });
    const bare = await sandbox.startContainer({ image: "entrypoint", command: [], args: [] });

    expect(await procStrings(withArgs, "cmdline"), "arguments of process 1, with args").to.deep.equal([
      ...ENTRYPOINT,
      "a1",
      "a2",
    ]);
    expect(await procStrings(bare, "cmdline"), "arguments of process 1, without args").to.deep.equal([
      ...ENTRYPOINT,
      ...CMD,
    ]);
  },
);

behaviour(
  "CTR-021",
  {
    title: "The environment is the image's, overridden by the configuration's, byte for byte",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "ContainerConfig.envs: added to the image's environment and overriding it; the last entry of a key wins",
  },
  async ({ runtime }) => {
    const odd = `a=b "c" 'd' $HOME ünïcödé 字\nnext line`;
    const envs = Object.entries({ A: "cfg", C: "cfg", EMPTY: "", ODD: odd }).map(([key, value]) => ({
      key,
      value: Buffer.from(value),
    }));
    envs.push({ key: "TWICE", value: Buffer.from("first") }, { key: "TWICE", value: Buffer.from("last") });
    const sandbox = await runtime.borrowSandbox();

    const container = await sandbox.startContainer({ image: "environment", envs });
    const bare = await sandbox.startContainer({ image: "no-environment" });

    const own = ["A", "B", "C", "EMPTY", "ODD", "TWICE", "PATH"];
    const environment = (await procStrings(container, "environ")).filter((entry) => own.includes(keyOf(entry)));
    // A runtime adds variables of its own, HOSTNAME for instance.
    expect(environment, "environment of process 1").to.have.members([
      "PATH=/opt/bin:/bin",
      "A=cfg",
      "B=image",
      "C=cfg",
      "EMPTY=",
      `ODD=${odd}`,
      "TWICE=last",
    ]);
    const paths = (await procStrings(bare, "environ")).filter((entry) => keyOf(entry) === "PATH");
    expect(paths, "PATH of an image without one").to.have.lengthOf(1);
    expect(paths[0], "PATH of an image without one").to.match(/^PATH=\/.*\bbin\b/);
  },
);

const keyOf = (entry: string): string => entry.slice(0, entry.indexOf("="));

behaviour(
  "CTR-022",
  {
    title: "working_dir overrides the image's WORKDIR, and / is the last resort",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "ContainerConfig.working_dir: empty means the image's WORKDIR, and else /",
  },
  async ({ runtime, note }) => {
    const sandbox = await runtime.borrowSandbox();
    const start = (options: ContainerOptions): Promise<Container> =>
      sandbox.startContainer({ command: sh(`pwd > /told; ${IDLE_SCRIPT}`), ...options });

    const configured = await start({ image: "working-dir", workingDir: "/tmp" });
    const fromImage = await start({ image: "working-dir" });
    const nowhere = await start({});
    // Runtimes make a directory that is missing, yet the contract does not promise it.
    const missing = await answerOf(start({ workingDir: "/does/not/exist/yet" }));
    const file = await answerOf(start({ workingDir: "/etc/passwd" }));

    expect(await toldBy(configured), "working directory with working_dir").to.equal("/tmp");
    expect(await toldBy(fromImage), "working directory of an image with WORKDIR").to.equal("/srv/work");
    expect(await toldBy(nowhere), "working directory without either").to.equal("/");
    if (missing instanceof RpcError) note(`a working_dir that does not exist is refused: ${missing.message}`);
    else expect(await toldBy(missing), "working directory that was missing").to.equal("/does/not/exist/yet");
    const answer = file instanceof RpcError ? "refused" : "OK";
    expect(answer, "creating and starting a container with a file as working_dir").to.equal("refused");
  },
);

/** What the main process wrote into `/told`. */
async function toldBy(container: Container): Promise<string> {
  return until("the main process to have written its file", async () => {
    const { stdout, exitCode } = await container.execSync(["cat", "/told"]);
    return exitCode === 0 && stdout.trimEnd();
  });
}
