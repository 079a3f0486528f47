#!/usr/bin/env node
import { existsSync } from "node:fs";

const OLDEST_NODE_MAJOR = 20;
if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE_MAJOR) {
  console.error(`critique: Node ${process.versions.node} is too old; use Node ${OLDEST_NODE_MAJOR} or newer.`);
  process.exit(3);
}
const program = new URL("../dist/src/cli/main.js", import.meta.url);
if (!existsSync(program)) {
  console.error("critique: The program is not built yet; run `npm run build` in its folder.");
  process.exit(3);
}
const { start } = await import(program.href);
await start();
