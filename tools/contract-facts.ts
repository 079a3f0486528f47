import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { REPO_ROOT } from "./repo-root.js";

/** The published CRI v1 API in numbers; fixtures/contract/README.md explains the format. */
export interface ContractFacts {
  kubernetes: string;
  package: string;
  syntax: string;
  services: Record<string, ServiceFacts>;
  enums: Record<string, EnumFacts>;
  messages: Record<string, MessageFacts>;
}

export interface ServiceFacts {
  since?: string;
  rpcs: Record<string, RpcFacts>;
}

export interface RpcFacts {
  request: string;
  response: string;
  serverStreaming?: boolean;
  since?: string;
}

export interface EnumFacts {
  since?: string;
  values: Record<string, EnumValueFacts>;
}

export interface EnumValueFacts {
  number: number;
  since?: string;
}

export interface MessageFacts {
  since?: string;
  fields: Record<string, FieldFacts>;
}

export interface FieldFacts {
  number: number;
  type: string;
  repeated?: boolean;
  deprecated?: boolean;
  secret?: boolean;
  since?: string;
}

/** Reads fixtures/contract/cri-v1.json. */
export async function readContractFacts(): Promise<ContractFacts> {
  const text = await readFile(join(REPO_ROOT, "fixtures/contract/cri-v1.json"), "utf8");
  return JSON.parse(text) as ContractFacts;
}
