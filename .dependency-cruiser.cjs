/** Import boundaries of the project: `npm run boundaries`. */
const only = (from, allowed, comment) => ({
  name: `${from.replaceAll("/", "-")}-imports`,
  comment,
  severity: "error",
  from: { path: `^${from}/` },
  to: { path: "^(src|suites|test|tools)/", pathNot: [from, ...allowed].map((folder) => `^${folder}/`) },
});

module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "A cycle hides who depends on whom.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    only("src/support", [], "Helpers know nothing of the project."),
    only("src/cri", ["src/support"], "The client of the contract is a leaf."),
    only("src/nri", ["src/support"], "The NRI plugin knows a socket, not a suite."),
    only("src/streaming", ["src/support"], "Streaming takes a URL, not an RPC."),
    only("src/registry", ["src/support"], "The registry serves what it is given."),
    only("src/images", ["src/support", "src/registry"], "Images are built for the registry's content types."),
    only("src/lab", ["src/support", "src/images", "src/registry"], "The lab is a containerd, not a suite."),
    only("src/report", ["src/support"], "Reports are made from the model alone."),
    only(
      "src/harness",
      ["src/support", "src/cri", "src/nri", "src/streaming", "src/registry", "src/images", "src/report"],
      "The harness runs specs.",
    ),
    only(
      "src/certify",
      ["src/support", "src/cri", "src/config", "src/harness", "src/images", "src/report"],
      "A bundle is made of a run that was recorded.",
    ),
    only("suites", ["src/harness"], "A spec imports the harness and nothing else of the tool."),
    {
      name: "report-without-mocha",
      comment: "Reports do not know how specs are executed.",
      severity: "error",
      from: { path: "^src/report/" },
      to: { path: "node_modules/(mocha|chai)/" },
    },
    {
      name: "mocha-stays-in-its-bridge",
      comment: "Mocha executes; everything else is ours.",
      severity: "error",
      from: { path: "^(src|suites)/", pathNot: "^src/harness/mocha-bridge" },
      to: { path: "node_modules/mocha/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
