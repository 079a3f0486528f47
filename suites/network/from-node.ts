import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { get } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { hostPid, sh, until, type Container, type PodSandbox } from "../../src/harness/index.js";

/** An answer that is not there by then does not come: the pods are on this machine. */
const ANSWER_MS = 2_000;

/** A test server's page is a line; of anything else a part is enough to show. */
const MAX_PAGE_CHARACTERS = 1_000;

/** A container that serves one page on some TCP ports of its pod. */
export function servePage(sandbox: PodSandbox, page: string, ...ports: number[]): Promise<Container> {
  const servers = ports.map((port) => `httpd -p ${port} -h /tmp/www`);
  const script = ["mkdir /tmp/www", `echo ${page} > /tmp/www/index.html`, ...servers, "trap 'exit 0' TERM"];
  return sandbox.startContainer({ command: sh(`${script.join("; ")}; sleep 2147483 & wait`) });
}

/** What the node gets from a web server: the page, or in words what it got instead. */
export function pageAt(address: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const request = get({ host: address, port, path: "/", agent: false, signal }, (response) => {
      let page = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        page += text;
        if (page.length > MAX_PAGE_CHARACTERS) response.destroy();
      });
      response.on("error", () => undefined);
      response.on("close", () => resolve(response.statusCode === 200 ? page.trim() : `status ${response.statusCode}`));
    });
    request.on("error", () => resolve("no answer"));
  });
}

/** Waits until the node gets this page. */
export async function untilPageAt(address: string, port: number, page: string): Promise<void> {
  let seen = "";
  const isThere = async (): Promise<boolean> => (seen = await pageAt(address, port)) === page;
  // Networks that program the node in the background, as those with an agent do, get half a minute.
  await until(`the page of the pod at ${address}:${port}`, isThere, { timeoutMs: 30_000, seen: () => seen });
}

/**
 * Waits until datagrams that the node sends there arrive in a pod. Nobody listens to them there, so a kernel counts them,
 * the node's in the pod's network namespace or the pod's own.
 */
export async function untilDatagramsArrive(address: string, port: number, container: Container): Promise<void> {
  const pid = await hostPid((await container.statusResponse(true)).info);
  const counts = async (): Promise<number[]> => [
    unwantedDatagrams(await container.output(["cat", "/proc/net/snmp"])),
    pid === undefined ? 0 : unwantedDatagrams(await readFile(`/proc/${pid}/net/snmp`, "utf8")),
  ];
  const before = await counts();
  let sent = 0;
  let arrived = 0;
  // One could be a stray of another's.
  const enough = 3;
  await until(
    `${enough} datagrams to ${address}:${port} to arrive in the pod`,
    async () => {
      await sendDatagram(address, port);
      sent++;
      arrived = Math.max(...(await counts()).map((count, index) => count - (before[index] ?? 0)));
      return arrived >= enough;
    },
    { seen: () => `${arrived} of ${sent}` },
  );
}

/** UDP datagrams to ports without a listener, from the text of /proc/net/snmp: udpNoPorts of RFC 4113. */
function unwantedDatagrams(text: string): number {
  const [names = [], values = []] = text
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([protocol]) => protocol === "Udp:");
  return Number(values[names.indexOf("NoPorts")] ?? 0);
}

function sendDatagram(address: string, port: number): Promise<void> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.send("critique", port, address, (error) => {
      socket.close();
      if (error) reject(error);
      else resolve();
    });
  });
}

/** A TCP port that nothing on the node listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The IPv4 address by which the node reaches the world; undefined where it has no route there. Nothing is sent. */
export async function nodeAddress(): Promise<string | undefined> {
  const socket = createSocket("udp4");
  try {
    // An address for documentation (RFC 5737): a node without a route of its own takes the default one.
    const connected = new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(9, "203.0.113.1", resolve);
    });
    await connected;
    return socket.address().address;
  } catch {
    return undefined;
  } finally {
    socket.close();
  }
}
