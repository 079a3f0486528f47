import { hostArchitecture, type Busybox } from "../../../src/images/busybox.js";

/** Stands for a busybox where nothing is run. */
export const fakeBusybox: Busybox = {
  path: "/nowhere/busybox",
  architecture: hostArchitecture,
  contents: Buffer.from("not a program"),
  applets: ["[", "busybox", "ls", "sh"],
};
