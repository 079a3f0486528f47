import type { DescField, DescFile } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";

import { contractName, elementsOf, type ContractElement } from "../../../src/cri/contract-elements.js";
import type { ContractFacts, FieldFacts, RpcFacts } from "../../../tools/contract-facts.js";

/**
 * Compares a compiled proto file with the facts in both directions.
 *
 * @returns one sentence for each element that differs, with what the facts say and what the file says.
 */
export function contractDifferences(file: DescFile, facts: ContractFacts): string[] {
  const expected = wordsOfFacts(facts);
  const seen = new Map([...elementsOf(file)].map(([name, element]) => [name, wordsOfElement(element)]));
  return [...new Set([...expected.keys(), ...seen.keys()])]
    .filter((name) => expected.get(name) !== seen.get(name))
    .map((name) => `${name}: expected ${expected.get(name) ?? "nothing"}, seen ${seen.get(name) ?? "nothing"}`);
}

function wordsOfFacts(facts: ContractFacts): Map<string, string> {
  const words = new Map<string, string>();
  for (const [service, { rpcs }] of Object.entries(facts.services)) {
    words.set(service, "service");
    for (const [name, rpc] of Object.entries(rpcs)) words.set(`${service}.${name}`, rpcFactsWords(rpc));
  }
  for (const [name, { values }] of Object.entries(facts.enums)) {
    words.set(name, "enum");
    for (const [value, { number }] of Object.entries(values)) words.set(`${name}.${value}`, `value ${number}`);
  }
  for (const [message, { fields }] of Object.entries(facts.messages)) {
    words.set(message, "message");
    for (const [name, field] of Object.entries(fields)) words.set(`${message}.${name}`, fieldFactsWords(field));
  }
  return words;
}

function rpcFactsWords(rpc: RpcFacts): string {
  return `${rpc.serverStreaming ? "server_streaming" : "unary"} rpc ${rpc.request} -> ${rpc.response}`;
}

function fieldFactsWords({ number, type, repeated, deprecated }: FieldFacts): string {
  return `field ${number} ${repeated ? "repeated " : ""}${type}${deprecated ? " deprecated" : ""}`;
}

function wordsOfElement(element: ContractElement): string {
  switch (element.kind) {
    case "rpc":
      return `${element.methodKind} rpc ${contractName(element.input)} -> ${contractName(element.output)}`;
    case "enum_value":
      return `value ${element.number}`;
    case "field":
      return `field ${element.number} ${labelOf(element)}${typeOf(element)}${element.deprecated ? " deprecated" : ""}`;
    default:
      return element.kind;
  }
}

function labelOf(field: DescField): string {
  if (field.oneof) return `oneof ${field.oneof.name} `;
  if (field.proto.proto3Optional) return "optional ";
  return field.fieldKind === "list" ? "repeated " : "";
}

function typeOf(field: DescField): string {
  const value = field.message ?? field.enum;
  const name = value ? contractName(value) : scalarName(field.scalar);
  return field.fieldKind === "map" ? `map<${scalarName(field.mapKey)}, ${name}>` : name;
}

function scalarName(scalar: ScalarType | undefined): string {
  return scalar === undefined ? "unknown type" : ScalarType[scalar].toLowerCase();
}
