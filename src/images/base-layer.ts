import type { Busybox } from "./busybox.js";
import type { LayerEntry } from "./layer-entry.js";

/** Users and groups that the declared images and the specs refer to. */
const passwd = [
  "root:x:0:0:root:/root:/bin/sh",
  "daemon:x:1:1:daemon:/:/bin/false",
  "www-data:x:33:33:www-data:/www:/bin/false",
  "tester:x:1000:1000:tester:/home/tester:/bin/sh",
  "user1002:x:1002:1002:user1002:/:/bin/sh",
  "user1003:x:1003:1003:user1003:/:/bin/sh",
  "nobody:x:65534:65534:nobody:/:/bin/false",
];
const group = [
  "root:x:0:",
  "daemon:x:1:",
  "www-data:x:33:",
  "users:x:100:",
  "tester:x:1000:",
  "user1002:x:1002:",
  "user1003:x:1003:",
  "predefined:x:50000:tester",
  "nogroup:x:65534:",
];

/**
 * The lowest layer of every test image: busybox, its applets, users and the usual directories. Each applet is a hard link,
 * so that /bin/ls is an executable of its own path even for shells that would run `ls` without an exec. There is no
 * /etc/hosts, hostname or resolv.conf, which runtimes provide.
 */
export function baseLayer(busybox: Busybox): LayerEntry[] {
  const applets = busybox.applets.filter((name) => name !== "busybox");
  return [
    { type: "file", path: "bin/busybox", content: busybox.contents, mode: 0o755 },
    ...applets.map((name): LayerEntry => ({ type: "hardlink", path: `bin/${name}`, target: "bin/busybox" })),
    { type: "file", path: "etc/passwd", content: lines(passwd) },
    { type: "file", path: "etc/group", content: lines(group) },
    { type: "directory", path: "home/tester", uid: 1000, gid: 1000 },
    { type: "directory", path: "root", mode: 0o700 },
    { type: "directory", path: "tmp", mode: 0o1777 },
    { type: "directory", path: "var/tmp", mode: 0o1777 },
    ...["dev", "proc", "run", "sys", "usr"].map((path): LayerEntry => ({ type: "directory", path })),
  ];
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
