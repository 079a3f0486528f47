import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import {
  behaviour,
  ContainerState,
  expect,
  expectError,
  sh,
  type Container,
  type ContainerOptions,
  type PodSandbox,
  type RuntimeClient,
} from "../../src/harness/index.js";
import { secured, type SecurityContext } from "./process.js";
import { mountLabel, OWN_CATEGORIES, parseLabel, processLabel } from "./selinux-label.js";

const run = promisify(execFile);

/** What critest calls its specs in an unprivileged and in a privileged sandbox. */
const both = (...names: string[]): string[] =>
  ["not privileged", "privileged"].flatMap((privilege) =>
    names.map(
      (name) => `[k8s.io] SELinux runtime should support selinux when single pod sandbox is ${privilege} ${name}`,
    ),
  );

/** Runs the steps in an unprivileged and in a privileged sandbox; `options` makes containers of the same privilege. */
async function withEitherPrivilege(
  runtime: RuntimeClient,
  steps: (
    sandbox: PodSandbox,
    options: (context?: SecurityContext) => Pick<ContainerOptions, "linux">,
    privileged: boolean,
  ) => Promise<void>,
): Promise<void> {
  for (const privileged of [false, true]) {
    const sandbox = await runtime.runSandbox({ linux: { securityContext: { privileged } } });
    await steps(sandbox, (context = {}) => secured({ ...context, privileged }), privileged);
  }
}

behaviour(
  "SEC-036",
  {
    title: "SELinux level alone is sufficient",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "SELinuxOption: an empty part of the label is left to the runtime",
    needs: ["selinux"],
    critest: both("should work with just selinux level set"),
  },
  async ({ runtime }) => {
    await withEitherPrivilege(runtime, async (sandbox, options, privileged) => {
      const container = await sandbox.startContainer(options({ selinuxOptions: { level: "s0" } }));

      const how = `with privileged ${privileged}`;
      expect(await container.status(), `ContainerStatus ${how}`).to.have.fields({
        state: ContainerState.CONTAINER_RUNNING,
        exitCode: 0,
      });
      expect((await container.execSync(["touch", "/file"])).exitCode, `exit code of touch ${how}`).to.equal(0);
      expect(await processLabel(container), `process label ${how}`).to.have.fields({ level: "s0" });
    });
  },
);

behaviour(
  "SEC-037",
  {
    title: "Full SELinux options are applied and malformed ones rejected at create",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync", "ListContainers"],
    clause: "LinuxContainerSecurityContext.selinux_options: label of the container's processes",
    needs: ["selinux"],
    critest: both("should work with selinux set", "should error on create with wrong options"),
  },
  async ({ runtime, rpc }) => {
    const label = { user: "system_u", role: "system_r", type: "svirt_lxc_net_t", level: "s0:c4,c5" };
    await withEitherPrivilege(runtime, async (sandbox, options, privileged) => {
      const how = `with privileged ${privileged}`;
      await expectError(
        sandbox.createContainer(options({ selinuxOptions: { ...label, level: "s0,c4,c5" } })),
        "any",
        `CreateContainer with a malformed level ${how}`,
      );
      const { containers } = await rpc.listContainers({ filter: { podSandboxId: sandbox.id } });
      expect(
        containers.map(({ id }) => id),
        `containers that it left ${how}`,
      ).to.deep.equal([]);

      const container = await sandbox.startContainer(options({ selinuxOptions: label }));
      expect(await container.status(), `ContainerStatus ${how}`).to.have.fields({
        state: ContainerState.CONTAINER_RUNNING,
      });
      expect((await container.execSync(["touch", "/file"])).exitCode, `exit code of touch ${how}`).to.equal(0);
      // Privileged containers have a label of their own; the contract does not say which wins.
      if (!privileged) expect(await processLabel(container), "process label").to.deep.equal(label);
    });
  },
);

behaviour(
  "SEC-038",
  {
    title: "Default SELinux mount label has container file type and categories",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.selinux_options: absent means a label of the runtime's choice per pod",
    needs: ["selinux"],
    critest: both("mount label should have correct role and type", "mount label should have category"),
  },
  async ({ runtime }) => {
    await withEitherPrivilege(runtime, async (sandbox, options, privileged) => {
      const label = await mountLabel(await sandbox.startContainer(options()));

      const subject = `mount label with privileged ${privileged}`;
      expect(label, subject).to.have.fields({ role: "object_r", type: "container_file_t" });
      expect(label.level, `level of the ${subject}`).to.match(OWN_CATEGORIES);
    });
  },
);

behaviour(
  "SEC-039",
  {
    title: "Default SELinux process label follows privilege",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause:
      "LinuxContainerSecurityContext.privileged: without confinement, and so without the label of other containers",
    needs: ["selinux"],
    critest: both("process label should have correct role and type", "process label should have category"),
  },
  async ({ runtime }) => {
    await withEitherPrivilege(runtime, async (sandbox, options, privileged) => {
      const label = await processLabel(await sandbox.startContainer(options()));

      const subject = `process label with privileged ${privileged}`;
      const type = privileged ? "spc_t" : "container_t";
      expect(label, subject).to.have.fields({ role: "system_r", type });
      // A privileged process is kept from no pod's files: it has no categories, or all of them.
      const level = privileged ? /^s0(-s0)?(:c0\.c1023)?$/ : OWN_CATEGORIES;
      expect(label.level, `level of the ${subject}`).to.match(level);
    });
  },
);

behaviour(
  "SEC-040",
  {
    title: "SELinux categories are shared inside a pod and differ between pods",
    level: "required",
    rpcs: ["CreateContainer", "ExecSync"],
    clause: "LinuxContainerSecurityContext.selinux_options: absent means a label of the runtime's choice per pod",
    needs: ["node-root", "selinux"],
    critest: [
      ...both("should create containers with the same process label"),
      "[k8s.io] SELinux runtime should support selinux when multiple pod sandboxes are not privileged should create containers with different process labels",
    ],
  },
  async ({ runtime, tempFolder }) => {
    await withEitherPrivilege(runtime, async (sandbox, options, privileged) => {
      const labels = [];
      for (let count = 0; count < 2; count++) {
        labels.push(await processLabel(await sandbox.startContainer(options())));
      }
      expect(labels[1], `process label of a second container with privileged ${privileged}`).to.deep.equal(labels[0]);
    });

    const folder = await tempFolder("relabelled");
    await writeFile(`${folder}/file`, "content\n");
    const mount = { containerPath: "/volume", hostPath: folder };
    const owner = await runtime.startContainer({ mounts: [{ ...mount, selinuxRelabel: true }] });
    const stranger = await runtime.startContainer({ mounts: [mount] });
    expect(await processLabel(stranger), "process label of another pod").to.not.deep.equal(await processLabel(owner));
    expect(await owner.output(["cat", "/volume/file"]), "a file that was relabelled for the pod").to.equal("content\n");
    const refused = await stranger.execSync(["cat", "/volume/file"]);
    expect(refused.exitCode, "exit code of cat in another pod").to.not.equal(0);
  },
);

behaviour(
  "SEC-041",
  {
    title: "selinux_relabel on a mount relabels the host directory",
    level: "required",
    rpcs: ["CreateContainer", "StartContainer", "ExecSync"],
    clause: "Mount.selinux_relabel: relabels the host path so that the container's label may use it",
    needs: ["node-root", "selinux"],
  },
  async ({ runtime, tempFolder }) => {
    const sandbox = await runtime.borrowSandbox();
    const relabelled = await tempFolder("relabelled");
    const foreign = await tempFolder("foreign");
    const container = await sandbox.startContainer({
      mounts: [
        { containerPath: "/relabelled", hostPath: relabelled, selinuxRelabel: true },
        { containerPath: "/foreign", hostPath: foreign, selinuxRelabel: false },
      ],
    });

    expect(await exitCodeOfWriting(container, "/relabelled/file"), "exit code of writing, relabelled").to.equal(0);
    expect(await exitCodeOfWriting(container, "/foreign/file"), "exit code of writing, not relabelled").to.not.equal(0);
    const { stdout } = await run("stat", ["--format=%C", relabelled]);
    const { level } = await processLabel(container);
    expect(parseLabel(stdout), "label of the relabelled folder on the node").to.have.fields({
      type: "container_file_t",
      level,
    });
  },
);

async function exitCodeOfWriting(container: Container, path: string): Promise<number> {
  return (await container.execSync(sh(`echo > ${path}`))).exitCode;
}
