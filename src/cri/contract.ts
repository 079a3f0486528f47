import type { DescMethod } from "@bufbuild/protobuf";

import { CONTRACT_ELEMENTS, contractName } from "./contract-elements.js";
import { SECRET_FIELDS, SINCE } from "./gen/contract-facts.js";

export { KUBERNETES_RELEASE } from "./gen/contract-facts.js";

/** The first release with runtime.v1: an element without a later one is as old as the API. */
const FIRST_RELEASE = "1.20";

/** An RPC of the contract. */
export interface ContractRpc {
  /** As the contract spells it, for instance `StopContainer`; no name occurs in both services. */
  name: string;
  service: string;
  /** First Kubernetes minor release with this RPC. */
  since: string;
  method: DescMethod;
}

/** All RPCs of both services, in the order of the contract. */
export const CONTRACT_RPCS: readonly ContractRpc[] = [...CONTRACT_ELEMENTS].flatMap(([element, method]) =>
  method.kind === "rpc"
    ? [{ name: method.name, service: contractName(method.parent), since: sinceOf(element), method }]
    : [],
);

/**
 * The first Kubernetes minor release whose CRI v1 API has an element under this name, for instance `1.33`.
 *
 * @param element `Service`, `Service.Rpc`, `Message`, `Message.field`, `Enum` or `Enum.VALUE`, spelled as in the contract.
 * @throws RangeError when the contract has no such element.
 */
export function sinceOf(element: string): string {
  assertElement(element);
  for (let name = element; name !== ""; name = enclosing(name)) {
    const since = SINCE.get(name);
    if (since !== undefined) return since;
  }
  return FIRST_RELEASE;
}

/**
 * Whether a field holds a credential (AuthConfig), which no log or report may show.
 *
 * @param message name of the message in the contract, without package.
 * @param field name of the field in the contract, in snake_case.
 */
export function isSecretField(message: string, field: string): boolean {
  return SECRET_FIELDS.has(`${message}.${field}`);
}

/**
 * Whether a field has a meaning on Windows only: its path leads to, or through, a message made for Windows.
 *
 * @param fieldPath a message and the way from it, for instance `ContainerConfig.windows.resources.cpu_count`.
 * @throws RangeError when the contract has no such path.
 */
export function isWindowsOnly(fieldPath: string): boolean {
  return messagesAlong(fieldPath).some((message) => message.startsWith("Windows"));
}

/** The messages a field path starts in and passes through, that of the last field included. */
function messagesAlong(fieldPath: string): string[] {
  const [start = "", ...names] = fieldPath.split(".");
  assertElement(start);
  const messages = [start];
  let place: string | undefined = start;
  for (const name of names) {
    const element = `${place ?? "(a scalar)"}.${name}`;
    assertElement(element);
    const field = CONTRACT_ELEMENTS.get(element);
    place = field?.kind === "field" && field.message ? contractName(field.message) : undefined;
    if (place !== undefined) messages.push(place);
  }
  return messages;
}

function assertElement(element: string): void {
  if (CONTRACT_ELEMENTS.has(element)) return;
  throw new RangeError(
    `"${element}" is not an element of the CRI v1 contract: ` +
      `write it as Message.field, Enum.VALUE or Service.Rpc, spelled as in proto/runtime/v1/api.proto.`,
  );
}

function enclosing(element: string): string {
  return element.slice(0, Math.max(0, element.lastIndexOf(".")));
}
