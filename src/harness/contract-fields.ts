import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { contractName } from "../cri/contract-elements.js";
import { CONTRACT_RPCS, isWindowsOnly } from "../cri/contract.js";
import type { ContractField } from "../report/model.js";

/**
 * Every field of the contract that a request or a reply can hold, in the order in which the RPCs reach them. A message
 * that occurs in several places is one: `LinuxContainerResources.cpu_shares` is sent however it is sent.
 */
export function contractFields(): ContractField[] {
  const fields = new Map<string, ContractField>();
  const enter = (desc: DescMessage, side: "request" | "reply", isWindows: boolean): void => {
    for (const field of desc.fields) {
      const name = `${contractName(desc)}.${field.name}`;
      const windowsOnly = isWindows || isWindowsOnly(name);
      const known = fields.get(name) ?? { name, in: [], windowsOnly };
      fields.set(name, known);
      // What is also reached on a way without Windows is not for Windows only.
      const isNew = !known.in.includes(side) || (known.windowsOnly && !windowsOnly);
      if (!known.in.includes(side)) known.in.push(side);
      known.windowsOnly &&= windowsOnly;
      const inner = isNew ? messageOf(field) : undefined;
      if (inner) enter(inner, side, windowsOnly);
    }
  };
  for (const { method } of CONTRACT_RPCS) {
    enter(method.input, "request", false);
    enter(method.output, "reply", false);
  }
  return [...fields.values()];
}

function messageOf(field: DescField): DescMessage | undefined {
  return field.fieldKind === "message" || field.fieldKind === "list" ? field.message : undefined;
}
