import { fileURLToPath } from "node:url";

/** Absolute path of the checkout, seen from the compiled file in dist/tools. */
export const REPO_ROOT = fileURLToPath(new URL("../../", import.meta.url));
