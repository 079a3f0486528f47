#!/usr/bin/env node
import { existsSync } from "node:fs";

const program = new URL("../dist/src/cli/main.js", import.meta.url);
if (!existsSync(program)) {
  console.error("critique: The program is not built yet; run `npm run build` in its folder.");
  process.exit(3);
}
const { start } = await import(program.href);
await start();
