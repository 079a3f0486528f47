import type {
  Attempt,
  CallEntry,
  Outcome,
  RunEnd,
  RunEvent,
  RunInfo,
  RunResults,
  SpecInfo,
} from "../../../src/report/model.js";
import { SCHEMA_VERSION } from "../../../src/report/model.js";
import { ResultsFold } from "../../../src/report/results.js";

/** A small made-up run in which every standing occurs. */
export function sampleEvents(): RunEvent[] {
  return [
    {
      type: "runStarted",
      run: sampleRunInfo(),
      specs: SPECS,
      knownFailures: {
        "IMG-009": {
          pattern: "IMG-009",
          reason: "unsupported: no digest in the list, issue 42",
          category: "unsupported",
          where: "known-failures.txt:3",
        },
        "SBX-004": { pattern: "SBX-*", reason: "stays READY, issue 17", where: "known-failures.txt:7" },
      },
    },
    { type: "note", at: at(0), text: "the image endpoint is the runtime's" },
    ...ran("SBX-001", attempt({ status: "ok" }, 180)),
    ...ran("SBX-004", attempt({ status: "ok" }, 95)),
    ...ran(
      "CTR-027",
      attempt(
        {
          status: "mismatch",
          mismatches: [
            { subject: "StopContainer", expected: "to take 0.9s to 5s", seen: "0.04s" },
            { subject: "exit_code", expected: "7", seen: "137 (128 + SIGKILL)" },
          ],
        },
        230,
        [
          call("RunPodSandbox", 0, 112),
          call("CreateContainer", 113, 21),
          call("StartContainer", 135, 48),
          { ...call("StopContainer", 184, 41), request: { containerId: "c1", timeout: "10" }, responses: [{}] },
          { ...call("ContainerStatus", 226, 1), responses: [{ status: { state: "CONTAINER_EXITED", exitCode: 137 } }] },
        ],
      ),
    ),
    ...ran(
      "CTR-031",
      attempt({ status: "mismatch", mismatches: [{ subject: "exit_code", expected: "0", seen: "1" }] }, 1200),
      attempt({ status: "ok" }, 1100),
    ),
    ...ran(
      "IMG-009",
      attempt(
        {
          status: "mismatch",
          mismatches: [{ subject: "repo_digests", expected: "to hold sha256:aaaa", seen: "[]" }],
          note: "the rest of this spec was not reached",
        },
        60,
      ),
    ),
    ...ran(
      "NET-002",
      attempt({ status: "notApplicable", reason: "the host has no IPv6 address beside loopback", lack: "host" }, 2, [
        call("Version", 0, 1),
      ]),
    ),
    ...ran(
      "STR-003",
      attempt(
        {
          status: "broken",
          reason: "the embedded registry closed the connection",
          stack: "Error: the embedded registry closed the connection\n    at pull (registry.js:10:3)",
        },
        3100,
        [{ ...call("PullImage", 4, 3000), code: "Unavailable", details: "connection closed | EOF" }],
        ["container c9 could not be removed: DeadlineExceeded (4)"],
      ),
    ),
    { type: "specStarted", id: "STR-004", at: at(9) },
    {
      type: "finding",
      at: at(10),
      finding: { about: "runtime", title: "Pod sandboxes were left", details: ["sandbox 0a1b (critique-1)"] },
    },
    {
      type: "streamingOffers",
      at: at(10),
      offers: [
        { rpc: "Exec", transport: "spdy", protocol: "v4.channel.k8s.io", offered: true },
        { rpc: "Exec", transport: "websocket", protocol: "v5.channel.k8s.io", offered: "refused with | HTTP 403" },
        { rpc: "PortForward", transport: "spdy", protocol: "portforward.k8s.io", offered: true },
      ],
    },
    {
      type: "runEnded",
      at: at(10),
      end: { how: "interrupted", reason: "stopped by a signal", exitCode: 130, durationMs: 10_250 },
    },
  ];
}

/** The results of events; by default those of {@link sampleEvents}. */
export function resultsOf(events: readonly RunEvent[] = sampleEvents()): RunResults {
  const fold = new ResultsFold();
  for (const event of events) fold.add(event);
  return fold.results();
}

export function sampleRunInfo(): RunInfo {
  return {
    schema: SCHEMA_VERSION,
    suiteVersion: "0.1.0",
    runId: "20260102-030405-abcd",
    startedAt: at(0),
    endpoint: "unix:///run/containerd/containerd.sock",
    imageEndpoint: "unix:///run/containerd/containerd.sock",
    endpointSource: "--runtime-endpoint",
    runtime: { name: "containerd", version: "v2.1.4", apiVersion: "v1" },
    handler: "runc",
    host: { kernel: "6.12.0", architecture: "amd64", cpus: 2, cgroupDriver: "systemd" },
    capabilities: { seccomp: true, userNamespaces: "the runtime reports no support for handler runc" },
    contract: { rpcs: ["Version", "RunPodSandbox", "StopPodSandbox", "RemovePodSandbox", "PodSandboxStatus"] },
    options: { parallel: 2, retries: 1 },
    seed: 4711,
    parallel: 2,
  };
}

export function specInfo(id: string, title: string, more: Partial<SpecInfo> = {}): SpecInfo {
  return {
    id,
    title,
    area: "container",
    level: "required",
    rpcs: ["ContainerStatus"],
    clause: "ContainerStatus",
    needs: [],
    tags: [],
    critest: [],
    ...more,
  };
}

export function attempt(outcome: Outcome, durationMs = 10, calls: CallEntry[] = [], cleanup: string[] = []): Attempt {
  return { outcome, durationMs, calls, notes: [], cleanup };
}

export function call(method: string, atMs: number, durationMs: number): CallEntry {
  return { method, atMs, durationMs, code: "OK" };
}

/** The events of one spec with its attempts. */
export function ran(id: string, ...attempts: Attempt[]): RunEvent[] {
  return attempts.flatMap((one): RunEvent[] => [
    { type: "specStarted", id, at: at(1) },
    { type: "specEnded", id, at: at(2), attempt: one },
  ]);
}

/** A run of one spec with these attempts. */
export function resultsOfOne(...attempts: Attempt[]): RunResults {
  return resultsOf([
    { type: "runStarted", run: sampleRunInfo(), specs: [specInfo("CTR-001", "a container starts")] },
    ...ran("CTR-001", ...attempts),
    { type: "runEnded", at: at(3), end: { how: "completed", reason: "", exitCode: 0, durationMs: 3_000 } },
  ]);
}

/** A run of many specs, of which about one in twenty is not as expected. */
export function largeRun(specCount: number): RunResults {
  const areas = ["runtime", "sandbox", "container", "image", "streaming", "networking", "security", "resources"];
  const levels = ["required", "recommended", "optional"] as const;
  const specs = Array.from({ length: specCount }, (_, index) =>
    specInfo(`BIG-${String(index).padStart(4, "0")}`, `behaviour number ${index} holds while others run beside it`, {
      area: areas[index % areas.length] ?? "",
      level: levels[index % 3] ?? "optional",
      rpcs: ["RunPodSandbox", index % 2 === 0 ? "CreateContainer" : "PullImage"],
      clause: `Request.field_${index % 40}: what the contract says about field ${index % 40}`,
    }),
  );
  const calls = ["RunPodSandbox", "CreateContainer", "StartContainer", "StopPodSandbox", "RemovePodSandbox"];
  const transcript = calls.map((method, index) => call(method, index * 50, 20 + index));
  return resultsOf([
    { type: "runStarted", run: sampleRunInfo(), specs },
    ...specs.flatMap(({ id }, index) => {
      if (index % 40 === 7) return ran(id, attempt(mismatch(index), 800 + index, transcript));
      if (index % 40 === 9) {
        return ran(id, attempt({ status: "notApplicable", reason: "the kernel has no such feature", lack: "host" }, 1));
      }
      if (index % 160 === 11) return ran(id, attempt(mismatch(index), 900, transcript), attempt({ status: "ok" }, 700));
      return ran(id, attempt({ status: "ok" }, 100 + (index % 900), transcript));
    }),
    { type: "runEnded", at: at(50), end: { how: "completed", reason: "", exitCode: 1, durationMs: 600_000 } },
  ]);
}

/** The end of a run whose runtime went. */
export const RUNTIME_LOST: RunEnd = { how: "runtimeLost", reason: "", exitCode: 3, durationMs: 1 };

/** Texts that a runtime may send to break what shows them. */
export const NASTY_TEXTS = {
  script: "</script><script>window.broken = true</script><img src=x onerror='window.broken = true'>",
  attribute: `" onmouseover="window.broken = true" x='`,
  ansi: "\u001b[2J\u001b[31mred\u001b]0;title\u0007\u009b31m",
  controls: "a\u0000b\u0008c\u000dd\u007fe\u0085f",
  bidi: "user\u202etxt.exe\u2066 \u2069\u200f",
  halves: "lone \ud800 half \udc00",
  noncharacters: "\ufffe\uffff\u{e0041}",
  markdown: "```\n# heading\n| a | b |\n[x](javascript:alert(1)) @octocat #1 <!-- ]]> --> **bold** \\",
  xml: "]]></failure><testcase name='forged'/><![CDATA[ &amp; <?pi?>",
  formula: '=HYPERLINK("http://example.org")',
  workflow: "::error::forged\n::set-output name=a::b%0A",
  yaml: "...\n---\nok 99 - forged # TODO",
  long: `begin${"x".repeat(10 * 1024 * 1024)}end`,
} as const;

/** A run in which every text that may come from a runtime is nasty: one failed and one broken spec per text. */
export function nastyRun(texts: readonly string[] = Object.values(NASTY_TEXTS)): RunResults {
  return resultsOf(nastyEvents(texts));
}

/** The events of {@link nastyRun}. */
export function nastyEvents(texts: readonly string[] = Object.values(NASTY_TEXTS)): RunEvent[] {
  const specs = texts.flatMap((_, index) => [
    specInfo(`BAD-${index}01`, "a nasty text in a mismatch"),
    specInfo(`BAD-${index}02`, "a nasty text in a broken spec"),
    specInfo(`BAD-${index}03`, "a nasty text in a reason"),
  ]);
  const run = sampleRunInfo();
  const text = texts.map((one) => one.slice(0, 50)).join("");
  return [
    { type: "runStarted", run: { ...run, runtime: { name: text, version: text, apiVersion: "v1" } }, specs },
    ...texts.flatMap((nasty, index) => {
      const calls = [
        {
          ...call("PullImage", 1, 2),
          code: "Unknown",
          details: nasty,
          request: { image: nasty },
          responses: [{ [nasty.slice(0, 99)]: nasty }],
        },
      ];
      const one = {
        ...attempt(
          { status: "mismatch", mismatches: [{ subject: nasty, expected: nasty, seen: nasty }], note: nasty },
          1,
          calls,
          [nasty],
        ),
        notes: [nasty],
        runtimeLog: nasty,
      };
      const finding: RunEvent = {
        type: "finding",
        at: at(3),
        finding: { about: "runtime", title: nasty, details: [nasty] },
      };
      return [
        finding,
        ...ran(`BAD-${index}01`, one),
        ...ran(`BAD-${index}02`, attempt({ status: "broken", reason: nasty, stack: nasty }, 1, calls, [nasty])),
        ...ran(`BAD-${index}03`, attempt({ status: "notApplicable", reason: nasty, lack: "runtime" }, 1, calls)),
      ];
    }),
  ];
}

function mismatch(index: number): Outcome {
  const mismatches = [
    { subject: `ContainerStatus.field_${index % 40}`, expected: "CONTAINER_EXITED", seen: "CONTAINER_RUNNING" },
    { subject: "exit_code", expected: "0", seen: String(index % 256) },
  ];
  return { status: "mismatch", mismatches };
}

function at(second: number): string {
  return new Date(Date.UTC(2026, 0, 2, 3, 4, 5 + second)).toISOString();
}

const SPECS: SpecInfo[] = [
  specInfo("SBX-001", "RunPodSandbox returns a usable id", {
    area: "sandbox",
    rpcs: ["RunPodSandbox"],
    clause: "RunPodSandbox",
  }),
  specInfo("SBX-004", "StopPodSandbox moves the sandbox to NOTREADY", {
    area: "sandbox",
    rpcs: ["StopPodSandbox"],
    clause: "StopPodSandbox",
  }),
  specInfo("CTR-027", "a process that handles SIGTERM exits in its own time within the grace period", {
    rpcs: ["StopContainer", "ContainerStatus"],
    clause: "StopContainerRequest.timeout: the runtime sends the stop signal and kills only after the grace period",
  }),
  specInfo("CTR-031", "an exit code of zero is reported as such", { level: "recommended" }),
  specInfo("IMG-009", "ListImages reports the digest an image was pulled by", {
    area: "image",
    level: "recommended",
    rpcs: ["PullImage", "ListImages"],
    clause: "Image.repo_digests",
  }),
  specInfo("NET-002", "a dual-stack sandbox has an IPv6 address", {
    area: "networking",
    level: "optional",
    rpcs: ["PodSandboxStatus"],
    clause: "PodSandboxNetworkStatus.additional_ips",
    needs: ["ipv6"],
  }),
  specInfo("STR-003", "exec streams 1 MB in order", {
    area: "streaming",
    rpcs: ["Exec"],
    clause: "ExecResponse.url",
    tags: ["slow"],
  }),
  specInfo("STR-004", "attach sees what is written after it", {
    area: "streaming",
    rpcs: ["Attach"],
    clause: "AttachResponse.url",
  }),
];
