/** What an audit of the dependencies said: safe, with known vulnerabilities, or nothing, because nobody could be asked. */
export type AuditVerdict =
  { verdict: "safe" } | { verdict: "vulnerable"; packages: string[] } | { verdict: "notAudited"; reason: string };

/** Severities that fail the gate; lesser ones come and go too often to stop work. */
const FAILING = new Set(["high", "critical"]);

/**
 * Reads what `npm audit --json` wrote to stdout. Mirrors and air-gapped registries have no audit endpoint: their refusal is
 * no verdict on the dependencies.
 *
 * @throws Error when it is neither a report nor npm's word on why there is none
 */
export function auditVerdict(stdout: string): AuditVerdict {
  const found = parse(stdout);
  if (isRecord(found.vulnerabilities)) {
    const packages = Object.entries(found.vulnerabilities).flatMap(([name, value]) => {
      const { severity, range } = isRecord(value) ? value : {};
      return FAILING.has(String(severity)) ? [`${name} ${String(range)} (${String(severity)})`] : [];
    });
    return packages.length === 0 ? { verdict: "safe" } : { verdict: "vulnerable", packages };
  }
  const { summary } = isRecord(found.error) ? found.error : {};
  const reason = [found.message, summary].find((text) => typeof text === "string" && text !== "");
  if (typeof reason === "string") return { verdict: "notAudited", reason };
  throw new Error(`npm audit answered neither a report nor an error: ${JSON.stringify(stdout.slice(0, 300))}`);
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    // Said by the caller, with the text.
  }
  return {};
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
