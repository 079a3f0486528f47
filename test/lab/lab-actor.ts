/**
 * Does one thing with labs and prints the outcome as JSON on stdout; progress goes to stderr. The tests run it as a process of
 * its own inside an isolated host, and kill it at will.
 */
import { readdir, readFile } from "node:fs/promises";

import { CriConnection } from "../../src/cri/client.js";
import { parseEndpoint } from "../../src/cri/endpoint.js";
import { labCommand, labCondition, type LabState, listLabs, startLab, stopLab } from "../../src/lab/index.js";
import { runProcess } from "../../src/support/process.js";
import { waitUntil } from "../../src/support/wait-until.js";

/** What a pod said about itself. */
export interface PodReport {
  readonly handler: string;
  /** The addresses of the pod, IPv4 first. */
  readonly addresses: string[];
  /** What `uname -r` prints in its container. */
  readonly kernelRelease: string;
  /** What the container's web server answered by way of the host port. */
  readonly answer: string;
}

/** Everything a lab could leave on its host; equal before and after. */
export interface Traces {
  readonly mounts: string[];
  readonly links: string[];
  readonly routes: string[];
  readonly rules: string[];
  readonly ipForward: string;
  readonly files: string[];
}

const actions = {
  async up(options: Record<string, unknown>): Promise<LabState> {
    return startLab({ ...options, isReady, onProgress: (line) => console.error(line) });
  },
  /** Never gets further than to a containerd that answers. */
  async hang(): Promise<LabState> {
    const isNeverReady = () => {
      console.error("asked whether it is ready");
      return Promise.resolve(false);
    };
    return startLab({ isReady: isNeverReady, onProgress: (line) => console.error(line) });
  },
  /** Interrupts the start as soon as a progress line has the text. */
  async interrupt({ at }: { at: string }): Promise<string> {
    const controller = new AbortController();
    const onProgress = (line: string) => {
      if (line.includes(at)) controller.abort(new Error("interrupted"));
    };
    const started = startLab({ signal: controller.signal, onProgress });
    return started.then(
      () => "started",
      (error: unknown) => (error as Error).message,
    );
  },
  down: ({ id }: { id: string }): Promise<boolean> => stopLab(id),
  async list() {
    const states = await listLabs();
    return Promise.all(states.map(async (state) => ({ id: state.id, condition: await labCondition(state) })));
  },
  async pods({ id }: { id: string }): Promise<PodReport[]> {
    const state = await theLab(id);
    const reports: PodReport[] = [];
    for (const [index, handler] of state.handlers.entries()) reports.push(await runPod(state, handler, 18080 + index));
    return reports;
  },
  async exec({ id, argv }: { id: string; argv: string[] }): Promise<string> {
    const { file, args } = await labCommand(await theLab(id), argv);
    return (await runProcess(file, args)).stdout;
  },
  traces,
};

async function theLab(id: string): Promise<LabState> {
  const state = (await listLabs()).find((lab) => lab.id === id);
  if (state === undefined) throw new Error(`no lab ${id}`);
  return state;
}

async function isReady(endpoint: string): Promise<boolean> {
  const connection = new CriConnection(parseEndpoint(endpoint));
  try {
    const { status } = await connection.rpc().status({}, { timeoutMs: 5000 });
    return status?.conditions.every((condition) => condition.status || !condition.type.endsWith("Ready")) ?? false;
  } finally {
    connection.close();
  }
}

/** Runs a pod whose container serves a page on port 80, which the host port leads to. */
async function runPod(state: LabState, handler: string, hostPort: number): Promise<PodReport> {
  const connection = new CriConnection(parseEndpoint(state.endpoint));
  try {
    const cri = connection.rpc();
    const config = {
      metadata: { name: `pod-${handler}`, uid: handler, namespace: "lab-test", attempt: 0 },
      portMappings: [{ containerPort: 80, hostPort }],
      linux: { cgroupParent: "/lab-test" },
    };
    const { podSandboxId } = await cri.runPodSandbox({ config, runtimeHandler: handler });
    const network = (await cri.podSandboxStatus({ podSandboxId })).status?.network;
    const server = "echo page > /tmp/index.html; exec httpd -f -p 80 -h /tmp";
    const { containerId } = await cri.createContainer({
      podSandboxId,
      sandboxConfig: config,
      config: {
        metadata: { name: "server", attempt: 0 },
        image: { image: state.pauseImage },
        command: ["/bin/sh", "-c", server],
      },
    });
    await cri.startContainer({ containerId });
    const uname = await cri.execSync({ containerId, cmd: ["uname", "-r"], timeout: 30n });
    return {
      handler,
      addresses: [network?.ip ?? "", ...(network?.additionalIps ?? []).map(({ ip }) => ip)],
      kernelRelease: Buffer.from(uname.stdout).toString().trim(),
      answer: await fetchPage(`http://127.0.0.1:${hostPort}/`),
    };
  } finally {
    connection.close();
  }
}

async function fetchPage(url: string): Promise<string> {
  const page = await waitUntil(async () => (await fetch(url, { signal: AbortSignal.timeout(2000) })).text(), {
    description: `a page from ${url}`,
    timeoutMs: 20_000,
  });
  return page.trim();
}

async function traces(): Promise<Traces> {
  const lines = async (file: string, args: string[]) => (await runProcess(file, args)).stdout.split("\n");
  const rules = [...(await lines("iptables-save", [])), ...(await lines("ip6tables-save", []))];
  const files = await Promise.all(
    ["/run", "/tmp", "/var/lib", "/dev/shm"].map(async (folder) => {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true });
      return entries.map((entry) => `${entry.parentPath}/${entry.name}`);
    }),
  );
  return {
    mounts: (await readFile("/proc/self/mounts", "utf8")).split("\n"),
    links: (await readdir("/sys/class/net")).sort(),
    routes: (await lines("ip", ["route", "show", "table", "all"])).concat(await lines("ip", ["-6", "route"])).sort(),
    rules: rules.filter((line) => !line.startsWith("#")),
    ipForward: await readFile("/proc/sys/net/ipv4/ip_forward", "utf8"),
    files: files.flat().sort(),
  };
}

const [name = "", input = "{}"] = process.argv.slice(2);
const action = Object.entries<(this: void, input: never) => Promise<unknown>>(actions).find(
  ([key]) => key === name,
)?.[1];
process.stdout.write(JSON.stringify(await action?.(JSON.parse(input) as never)));
