import type { Certificate } from "./certificate.js";
import { harmlessLine } from "../report/escape.js";
import { slugOf } from "./product.js";

/** README.md of a bundle: what is certified, and how anybody can see the same. */
export function certificateReadme(certificate: Certificate, options: Readonly<Record<string, unknown>>): string {
  const { product, runtime, versions, run, profiles, notOffered } = certificate;
  const handler = runtime.handler === "" ? "its default handler" : `handler ${runtime.handler}`;
  const slug = slugOf(product);
  const flags = Object.entries(options).map(([key, value]) =>
    value === true ? ` --${key}` : ` --${key} '${textOf(value)}'`,
  );
  return `# ${line(product.name)} ${line(product.version)}

Conformance of the Container Runtime Interface, tested with critique ${versions.critique} on ${run.startedAt.slice(0, 10)}.

| | |
| --- | --- |
| Product | ${cell(product.name)} ${cell(product.version)} of ${cell(product.vendor)} |
| Runtime | ${cell(runtime.name)} ${cell(runtime.version)}, CRI ${cell(runtime.apiVersion)}, ${cell(handler)} |
| Contract | Kubernetes ${versions.contract} |
| Profiles | ${profiles.map(({ name, passed }) => `${name} (${passed.length} specs passed)`).join(", ")} |
| Not offered | ${cell(Object.keys(notOffered).join(", ") || "-")} |

## To reproduce

With critique ${versions.critique}, as root, on a node that runs nothing else:

\`\`\`sh
critique run --report-dir out${line(flags.join(""))}
critique certify out --product PRODUCT.yaml --profile ${profiles.map(({ name }) => name).join(",")}
\`\`\`

## To verify

\`\`\`sh
critique certify verify ${slug}
\`\`\`

No network is needed. It recomputes every checksum and makes all that follows from events.ndjson again.
`;
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(",") : String(value));
/** A text of somebody else's on one line. */
const line = (text: string): string => harmlessLine(text.replace(/[\r\n`]+/g, " "));
const cell = (text: string): string => line(text).replace(/[\\|<[]/g, "\\$&");
