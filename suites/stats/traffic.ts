import { NotApplicable, sh, until, type Container, type RuntimeClient } from "../../src/harness/index.js";

const PORT = 8080;

/** Starts a pod that serves a MiB over HTTP; returns its address. */
export async function serveMebibyte(runtime: RuntimeClient): Promise<string> {
  const sandbox = await runtime.runSandbox();
  await sandbox.startContainer({
    command: sh(`
      mkdir /tmp/www; dd if=/dev/zero of=/tmp/www/mebibyte bs=1M count=1
      exec httpd -f -p ${PORT} -h /tmp/www`),
  });
  const ip = (await sandbox.status()).network?.ip;
  if (!ip) throw new NotApplicable("the pod has no address of its own", "runtime");
  return `http://${ip.includes(":") ? `[${ip}]` : ip}:${PORT}/mebibyte`;
}

/** Has a container fetch what `serveMebibyte` serves. */
export async function fetchFrom(address: string, container: Container): Promise<void> {
  let seen = "";
  await until(
    "the container to fetch a MiB from another pod",
    async () => {
      const { exitCode, stderr } = await container.execSync(["wget", "-q", "-O", "/dev/null", address], {
        timeoutS: 10,
      });
      seen = stderr;
      return exitCode === 0;
    },
    { timeoutMs: 20_000, seen: () => seen },
  );
}
