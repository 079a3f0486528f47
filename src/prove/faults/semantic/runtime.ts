import type { Fault } from "../fault.js";
import { CallStatus } from "../../proxy/call-status.js";
import { instead, onReply, semantic } from "./semantic.js";

/** What runtimes do wrong in telling of themselves. */
export const RUNTIME_FAULTS: readonly Fault[] = [
  semantic("network-always-ready", {
    title: "Status says that the network is ready whatever its configuration",
    does: () =>
      onReply("status", ({ status }) => {
        for (const condition of status?.conditions ?? []) {
          if (condition.type === "NetworkReady") condition.status = true;
        }
      }),
  }),
  semantic("network-never-ready", {
    title: "Status says that the network is not ready",
    does: () =>
      onReply("status", ({ status }) => {
        for (const condition of status?.conditions ?? []) {
          if (condition.type === "NetworkReady") condition.status = false;
        }
      }),
  }),
  semantic("conditions-renamed", {
    title: "Status gives its conditions names in lower case",
    does: () =>
      onReply("status", ({ status }) => {
        for (const condition of status?.conditions ?? []) condition.type = condition.type.toLowerCase();
      }),
  }),
  semantic("lacking-in-words", {
    title: "RuntimeConfig says in words that it is not implemented, with the code Unknown",
    does: () =>
      instead("runtimeConfig", (_call, hit) => {
        hit();
        throw CallStatus.of("Unknown", "not implemented");
      }),
  }),
  semantic("info-without-asking", {
    title: "Status gives verbose information although nobody asked",
    does: () =>
      onReply("status", (reply, { request }) => {
        if (!request.verbose) reply.info["config"] = "{}";
      }),
  }),
  semantic("info-no-json", {
    title: "Verbose information is no JSON",
    does: () =>
      onReply("status", ({ info }) => {
        for (const key of Object.keys(info)) info[key] = `map[${key}:1]`;
      }),
  }),
  semantic("handlers-lost", {
    title: "Status lists the default handler only",
    does: () =>
      onReply("status", (reply) => {
        reply.runtimeHandlers = reply.runtimeHandlers.filter(({ name }) => name === "");
      }),
  }),
  semantic("handler-features-denied", {
    title: "Status denies the features of handlers",
    does: () =>
      onReply("status", ({ runtimeHandlers }) => {
        for (const handler of runtimeHandlers) delete handler.features;
      }),
  }),
  semantic("version-drifts", {
    title: "Version gives another runtime version in every other call",
    does: () => {
      let calls = 0;
      return onReply("version", (reply) => {
        if (calls++ % 2 === 1) reply.runtimeVersion += "-dirty";
      });
    },
  }),
  semantic("api-version-alpha", {
    title: "Version says that the API is v1alpha2",
    does: () => onReply("version", (reply) => void (reply.runtimeApiVersion = "v1alpha2")),
  }),
];
