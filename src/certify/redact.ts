import type { RunInfo } from "../report/model.js";

const SECRET_KEY = /token|password|secret|credential|auth/i;

/** Takes out of a run's facts what a certificate has no need of: credentials, and the names of people in paths. */
export function redactRun(run: RunInfo): RunInfo {
  return {
    ...run,
    endpoint: redactText(run.endpoint),
    imageEndpoint: redactText(run.imageEndpoint),
    options: redactValue(run.options) as RunInfo["options"],
  };
}

function redactValue(value: unknown): unknown {
  if (typeof value === "string") return redactText(value);
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, SECRET_KEY.test(key) ? "REDACTED" : redactValue(inner)]),
  );
}

function redactText(text: string): string {
  return text
    .replace(/(^|:\/\/|\s)[^/@\s]+:[^/@\s]*@/g, "$1REDACTED@")
    .replace(/(\/(?:home|Users)\/)[^/]+/g, "$1REDACTED");
}
