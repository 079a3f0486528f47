export interface CommandDefinition {
  /** Words that call it: `run`, `lab up`. */
  name: string;
  /** What it does, for the list of commands. */
  summary: string;
  /** More of it, for its own help. */
  description?: string;
  /** Its arguments that are no options. */
  operands?: { usage: string; help: string; minimum: number; maximum: number };
  /** Command lines worth copying, with what they do. */
  examples: readonly (readonly [command: string, effect: string])[];
}

const UNLIMITED = Number.MAX_SAFE_INTEGER;

/** Every command, in the order of the help. */
export const COMMANDS = [
  {
    name: "run",
    summary: "validate one runtime and write reports",
    description:
      "Runs the selected specs against a CRI runtime and writes the reports into a folder of their own. Everything it creates has a name of its own and is removed again.",
    examples: [
      ["critique run", "the runtime found on this machine"],
      ["critique run --lab=crun", "a private, throw-away containerd with crun"],
      ["critique run -r unix:///run/crio/crio.sock --runtime-handler kata", "one handler of a CRI-O"],
      ["critique run --ids 'SBX-*,CTR-001' --fail-fast", "some specs, up to the first failure"],
    ],
  },
  {
    name: "bench",
    summary: "measure one runtime and write histograms and reports",
    examples: [
      ["critique bench --scenario pod-startup --samples 100", "how long pods take to start"],
      ["critique bench --lab --scenario pod-startup", "the same in a throw-away containerd"],
    ],
  },
  {
    name: "compare",
    summary: "measure and validate several runtimes or handlers side by side, and tell what differs",
    description:
      "Targets take turns in random order, so that whatever else the host does meets all of them alike. Naming scenarios compares latency and cost, naming specs compares verdicts, naming both or neither does both. The first target is what the others are compared with.",
    examples: [
      ["critique compare --lab --handlers runc,crun --scenario pod-startup", "two handlers in a throw-away containerd"],
      [
        "critique compare --lab --handlers runc,runc --scenario exec-sync",
        "one handler with itself: how noisy is this host?",
      ],
      [
        "critique compare --target old=unix:///run/old.sock --target new=unix:///run/new.sock#runc --ids 'STR-*'",
        "verdicts of two runtimes",
      ],
    ],
  },
  {
    name: "prove",
    summary: "show that the suite notices faults: break a runtime's behaviour on the way, one fault at a time",
    description:
      "Runs the specs through a proxy between suite and runtime, first without a fault and then with one at a time those that touch what it changes. Faults leave things behind on the runtime, so it wants a lab. Every result is on disk as soon as it is known; --resume continues a run.",
    examples: [
      ["critique prove --lab --budget 10m", "a fair sample of all faults, against a throw-away containerd"],
      ["critique prove --lab --family semantic --all-killers", "which specs notice what runtimes have done"],
      ["critique prove --lab --faults 'ignored:CreateContainer.*'", "what if CreateContainer ignored a field?"],
    ],
  },
  {
    name: "proxy",
    summary: "put a CRI endpoint in front of a runtime, with or without a fault",
    description:
      "Any CRI client works through it: calls are passed on as they are, streaming connections too. With --faults the runtime behind it misbehaves in one way, so that you see what your tool makes of it. It prints its endpoint and runs until a signal ends it.",
    examples: [
      ["critique proxy -r unix:///run/containerd/containerd.sock", "passes everything on"],
      ["critique proxy --socket /run/faulty.sock --faults noop:StopContainer", "StopContainer does nothing"],
    ],
  },
  {
    name: "list",
    summary: "show the behaviours that are tested",
    examples: [
      ["critique list --level required", "what every runtime must do"],
      ["critique list --label-filter 'rpc:StopContainer' --json", "for a script"],
    ],
  },
  {
    name: "doctor",
    summary: "tell what would stop or weaken a run on this host, and the remedy for each",
    description:
      "Nothing it does stays: it pulls one image without content from the suite's registry, starts one pod sandbox, and removes both again.",
    examples: [["critique doctor -r unix:///run/containerd/containerd.sock", "this host and this runtime"]],
  },
  {
    name: "clean",
    summary: "remove what runs left that were killed",
    description:
      "Every run keeps a ledger of what it makes. What a killed one left is removed when the next run starts at the same endpoint, or by this. Nothing is touched of a run that is under way, nor anything that does not carry the suite's label.",
    examples: [
      ["critique clean", "at every endpoint that a run was killed at"],
      ["critique clean -r unix:///run/containerd/containerd.sock", "at one endpoint"],
    ],
  },
  {
    name: "report",
    summary: "render reports again from a run folder; several folders of a sharded run are merged",
    operands: {
      usage: "[DIR...]",
      help: "run folders; default the newest in reports/",
      minimum: 0,
      maximum: UNLIMITED,
    },
    examples: [
      ["critique report reports/20260101-120000", "every format again, from events.ndjson"],
      ["critique report merge shard-1 shard-2 --report-dir merged", "one report of a run in two shards"],
    ],
  },
  {
    name: "report merge",
    summary: "merge the folders of a sharded run into one",
    operands: { usage: "DIR DIR...", help: "the folders of all shards", minimum: 2, maximum: UNLIMITED },
    examples: [["critique report merge shard-1 shard-2 --report-dir merged", "one report of a run in two shards"]],
  },
  {
    name: "lab up",
    summary: "start a private, throw-away containerd; it stays until `lab down`",
    examples: [
      ["critique lab up --handlers runc,crun", "prints its endpoint once it answers"],
      ["critique lab up --containerd /opt/containerd-2/bin --json", "with other binaries"],
    ],
  },
  {
    name: "lab exec",
    summary: "run a command where a lab's runtime lives, in its mount namespace",
    operands: { usage: "-- CMD [ARG...]", help: "the command and its arguments", minimum: 1, maximum: UNLIMITED },
    examples: [["critique lab exec -- crictl pods", "whatever is installed on the machine"]],
  },
  {
    name: "lab down",
    summary: "remove labs with everything they left, also after a crash",
    examples: [["critique lab down", "all labs of this user"]],
  },
  {
    name: "lab list",
    summary: "show the labs that are up",
    examples: [["critique lab list --json", "for a script"]],
  },
  {
    name: "certify",
    summary: "make a bundle of a run that a vendor can submit and anyone can verify",
    description:
      "Refuses where a spec that the profile requires failed, was skipped or did not run; known failures are no excuse. The run must be complete: made with --exclusive, without choosing specs.",
    operands: { usage: "[DIR]", help: "the folder of a run; default the newest in reports/", minimum: 0, maximum: 1 },
    examples: [
      ["critique certify reports/run-1 --product PRODUCT.yaml", "the profile core"],
      ["critique certify --profile core,user-namespaces --bundle v1.37/example", "of the newest run"],
    ],
  },
  {
    name: "certify init",
    summary: "write a PRODUCT.yaml to fill in",
    operands: { usage: "[FILE]", help: "the file to write; default PRODUCT.yaml", minimum: 0, maximum: 1 },
    examples: [["critique certify init", "PRODUCT.yaml in this folder"]],
  },
  {
    name: "certify verify",
    summary: "check bundles offline, and name every file that was changed, added or removed",
    operands: { usage: "BUNDLE...", help: "folders or archives of bundles", minimum: 1, maximum: UNLIMITED },
    examples: [
      ["critique certify verify certification/v1.37/example-runtime.tar.gz", "an archive, without unpacking it"],
    ],
  },
  {
    name: "completion",
    summary: "print a completion script for a shell",
    operands: { usage: "bash|zsh|fish", help: "the shell", minimum: 1, maximum: 1 },
    examples: [["source <(critique completion bash)", "for this session"]],
  },
] as const satisfies readonly CommandDefinition[];

export type CommandName = (typeof COMMANDS)[number]["name"];
