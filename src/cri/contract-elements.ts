import type {
  DescEnum,
  DescEnumValue,
  DescField,
  DescFile,
  DescMessage,
  DescMethod,
  DescService,
} from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";

import { file_runtime_v1_api } from "./gen/runtime/v1/api_pb.js";

export type ContractElement = DescService | DescMethod | DescMessage | DescField | DescEnum | DescEnumValue;

/** Name of a service, message or enum without the package: `ContainerStatus`, `SecurityProfile.ProfileType`. */
export function contractName(type: DescService | DescMessage | DescEnum): string {
  return type.typeName.slice(type.file.proto.package.length + 1);
}

/**
 * Every element of a contract by its name: `RuntimeService`, `RuntimeService.StopContainer`, `StopContainerRequest`,
 * `StopContainerRequest.timeout`, `Signal`, `Signal.SIGNAL_SIGTERM`. Names are spelled as in the proto file.
 */
export function elementsOf(file: DescFile): Map<string, ContractElement> {
  const elements = new Map<string, ContractElement>();
  for (const type of nestedTypes(file)) {
    if (type.kind === "extension") continue;
    const name = contractName(type);
    elements.set(name, type);
    for (const member of membersOf(type)) elements.set(`${name}.${member.name}`, member);
  }
  return elements;
}

/** The elements of the CRI v1 contract. */
export const CONTRACT_ELEMENTS: ReadonlyMap<string, ContractElement> = elementsOf(file_runtime_v1_api);

function membersOf(type: DescService | DescMessage | DescEnum): readonly (DescMethod | DescField | DescEnumValue)[] {
  switch (type.kind) {
    case "service":
      return type.methods;
    case "message":
      return type.fields;
    case "enum":
      return type.values;
  }
}
