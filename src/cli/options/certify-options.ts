import { parseList, parsePath, parseText } from "../../config/parsers.js";
import { valueOption } from "./definition.js";

/** What is certified, and where the bundle goes. */
export const CERTIFY_OPTIONS = {
  profile: valueOption({
    flag: "--profile",
    argument: "LIST",
    commands: ["certify"],
    group: "Certification",
    help: "profiles to certify: core, full, or the name of a feature",
    example: "core,user-namespaces",
    default: ["core"],
    parse: parseList(parseText),
  }),
  product: valueOption({
    flag: "--product",
    argument: "FILE",
    commands: ["certify"],
    group: "Certification",
    help: "facts about the product; `critique certify init` writes such a file",
    example: "PRODUCT.yaml",
    default: "PRODUCT.yaml",
    parse: parsePath,
  }),
  bundle: valueOption({
    flag: "--bundle",
    argument: "DIR",
    commands: ["certify"],
    group: "Certification",
    help: "folder for the bundle; its archive goes beside it",
    example: "v1.37/example-runtime",
    defaultText: "certification/, the contract's release and the product's name",
    parse: parsePath,
  }),
};
