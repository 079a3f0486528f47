import { create } from "@bufbuild/protobuf";
import { setTimeout as sleep } from "node:timers/promises";
import { ExecSyncResponseSchema, type ExecSyncResponse } from "../../../cri/gen/runtime/v1/api_pb.js";
import { CallStatus } from "../../proxy/call-status.js";
import type { Fault } from "../fault.js";
import { instead, onReply, onRequest, semantic } from "./semantic.js";

/** An early implementation read this much of the output, and no more. */
const FIRST_CHUNK_BYTES = 65_536;

/** What runtimes do wrong with ExecSync. */
export const EXEC_FAULTS: readonly Fault[] = [
  semantic("exec-output-merged", {
    title: "ExecSync gives stderr as part of stdout",
    does: () =>
      onReply("execSync", (reply) => {
        reply.stdout = Buffer.concat([reply.stdout, reply.stderr]);
        reply.stderr = new Uint8Array();
      }),
  }),
  semantic("exec-output-swapped", {
    title: "ExecSync gives stdout as stderr and stderr as stdout",
    does: () =>
      onReply("execSync", (reply) => {
        [reply.stdout, reply.stderr] = [reply.stderr, reply.stdout];
      }),
  }),
  semantic("exec-exit-code-lost", {
    title: "ExecSync always gives the exit code 0",
    does: () => onReply("execSync", (reply) => void (reply.exitCode = 0)),
  }),
  semantic("exec-exit-code-one", {
    title: "ExecSync gives the exit code 1 for every failure",
    does: () => onReply("execSync", (reply) => void (reply.exitCode &&= 1)),
  }),
  semantic("exec-failure-is-error", {
    title: "ExecSync answers an error where the command fails",
    does: () =>
      instead("execSync", async (call, hit) => {
        const reply = (await call.forward()) as ExecSyncResponse;
        if (reply.exitCode === 0) return reply;
        hit();
        throw CallStatus.of("Unknown", `command terminated with exit code ${reply.exitCode}`);
      }),
  }),
  semantic("exec-output-cut", {
    title: "ExecSync gives the first 64 KiB of the output",
    does: () =>
      onReply("execSync", (reply) => {
        reply.stdout = reply.stdout.subarray(0, FIRST_CHUNK_BYTES);
        reply.stderr = reply.stderr.subarray(0, FIRST_CHUNK_BYTES);
      }),
  }),
  semantic("exec-output-of-failure-lost", {
    title: "ExecSync gives no output of a command that fails",
    does: () =>
      onReply("execSync", (reply) => {
        if (reply.exitCode !== 0) reply.stdout = reply.stderr = new Uint8Array();
      }),
  }),
  semantic("exec-output-trimmed", {
    title: "ExecSync trims the line end after the output",
    does: () =>
      onReply("execSync", (reply) => {
        if (reply.stdout.at(-1) === 10) reply.stdout = reply.stdout.subarray(0, -1);
      }),
  }),
  semantic("exec-output-as-text", {
    title: "ExecSync replaces bytes that are no UTF-8",
    does: () => onReply("execSync", (reply) => void (reply.stdout = Buffer.from(Buffer.from(reply.stdout).toString()))),
  }),
  semantic("exec-output-with-carriage-returns", {
    title: "ExecSync gives line ends as a terminal does",
    does: () =>
      onReply("execSync", (reply) => {
        reply.stdout = Buffer.from(Buffer.from(reply.stdout).toString("latin1").replaceAll("\n", "\r\n"), "latin1");
      }),
  }),
  semantic("exec-through-shell", {
    title: "ExecSync runs the command through a shell",
    does: () =>
      onRequest("execSync", (request) => {
        if (request.cmd.length > 1 && request.cmd[0] !== "/bin/sh")
          request.cmd = ["/bin/sh", "-c", request.cmd.join(" ")];
      }),
  }),
  semantic("exec-empty-arguments-dropped", {
    title: "ExecSync drops empty arguments",
    does: () => onRequest("execSync", (request) => void (request.cmd = request.cmd.filter((word) => word !== ""))),
  }),
  semantic("exec-timeout-in-milliseconds", {
    title: "ExecSync takes its timeout as milliseconds",
    reach: { sent: "ExecSync.timeout" },
    does: () =>
      instead("execSync", async (call, hit) => {
        const { timeout } = call.request;
        if (timeout === 0n) return call.forward();
        const late = sleep(Number(timeout), undefined, { signal: call.signal }).then(() => {
          hit();
          throw CallStatus.of("DeadlineExceeded", "the command took too long");
        });
        late.catch(() => undefined);
        return Promise.race([call.forward(), late]);
      }),
  }),
  semantic("exec-timeout-leaves-process", {
    title: "ExecSync answers at its timeout and leaves the command running",
    reach: { sent: "ExecSync.timeout" },
    does: () =>
      instead("execSync", async (call, hit) => {
        const timeoutMs = Number(call.request.timeout) * 1000;
        if (timeoutMs === 0) return call.forward();
        const endless = { ...call.request, timeout: 600n };
        const running = call.rpc.execSync(endless).catch(() => call.forward());
        const late = sleep(timeoutMs, undefined, { signal: call.signal }).then(() => {
          hit();
          throw CallStatus.of("DeadlineExceeded", "the command took too long");
        });
        late.catch(() => undefined);
        return Promise.race([running, late]);
      }),
  }),
  semantic("exec-timeout-is-success", {
    title: "ExecSync answers success at its timeout",
    reach: { refused: true },
    does: () =>
      instead("execSync", (call, hit) =>
        call.forward().catch((error: unknown) => {
          if (!(error instanceof CallStatus) || call.request.timeout === 0n) throw error;
          hit();
          return create(ExecSyncResponseSchema);
        }),
      ),
  }),
  semantic("exec-timeout-stops-container", {
    title: "ExecSync stops the container at its timeout",
    reach: { refused: true },
    does: () =>
      instead("execSync", (call, hit) =>
        call.forward().catch(async (error: unknown) => {
          const { containerId, timeout } = call.request;
          if (timeout > 0n) {
            hit();
            await call.rpc.stopContainer({ containerId, timeout: 0n }).catch(() => undefined);
          }
          throw error;
        }),
      ),
  }),
  semantic("exec-waits-for-a-while", {
    title: "ExecSync answers three seconds after the command has ended, as if a child held its output open",
    upstream: "https://github.com/containerd/containerd/issues/9568",
    delayMs: 3_000,
    does: () =>
      instead("execSync", async (call, hit) => {
        const reply = await call.forward();
        hit();
        await sleep(3_000, undefined, { signal: call.signal }).catch(() => undefined);
        return reply;
      }),
  }),
  semantic("exec-in-other-container", {
    title: "ExecSync runs every command in the first container",
    does: () => {
      let first: string | undefined;
      return onRequest("execSync", (request) => void (request.containerId = first ??= request.containerId));
    },
  }),
];
