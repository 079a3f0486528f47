import type { ContractFacts } from "./contract-facts.js";

/** Elements with a release of their own, by name, in the order of the facts. */
export function sinceOfFacts(facts: ContractFacts): Map<string, string> {
  const since = new Map<string, string>();
  const note = (name: string, element: { since?: string }): void => {
    if (element.since !== undefined) since.set(name, element.since);
  };
  const noteAll = (outer: string, element: { since?: string }, members: Record<string, { since?: string }>): void => {
    note(outer, element);
    for (const [name, member] of Object.entries(members)) note(`${outer}.${name}`, member);
  };
  for (const [name, service] of Object.entries(facts.services)) noteAll(name, service, service.rpcs);
  for (const [name, type] of Object.entries(facts.enums)) noteAll(name, type, type.values);
  for (const [name, message] of Object.entries(facts.messages)) noteAll(name, message, message.fields);
  return since;
}

/** Fields that hold credentials, as `Message.field`. */
export function secretsOfFacts(facts: ContractFacts): string[] {
  return Object.entries(facts.messages).flatMap(([message, { fields }]) =>
    Object.entries(fields)
      .filter(([, field]) => field.secret)
      .map(([name]) => `${message}.${name}`),
  );
}

/** Source of src/cri/gen/contract-facts.ts: what the contract says of its elements and no descriptor holds. */
export function contractFactsSource(facts: ContractFacts): string {
  return `// Generated from fixtures/contract/cri-v1.json by "npm run generate": do not edit.

/** The Kubernetes release whose CRI v1 API the contract is. */
export const KUBERNETES_RELEASE = ${JSON.stringify(facts.kubernetes)};

/** First Kubernetes minor release with an element, where that differs from its enclosing element's. */
export const SINCE: ReadonlyMap<string, string> = new Map(${list(sinceOfFacts(facts))});

/** Fields that hold credentials. */
export const SECRET_FIELDS: ReadonlySet<string> = new Set(${list(secretsOfFacts(facts))});
`;
}

function list(entries: Iterable<unknown>): string {
  return `[\n${[...entries].map((entry) => `  ${JSON.stringify(entry)},\n`).join("")}]`;
}
