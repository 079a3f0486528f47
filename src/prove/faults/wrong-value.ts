import { ScalarType, type DescField } from "@bufbuild/protobuf";
import type { Fields } from "./field-path.js";

/**
 * Gives a field another value of its type, as far off as a real mistake is: other text, the opposite, the next value of
 * an enum; a small number is off by one, a large one by the factor of a wrong unit; of a list the last item is missing, or there
 * twice where it is the only one; of a map all values are wrong.
 *
 * @returns whether anything changed: a message has wrong values only in its fields
 */
export function putWrongValue(holder: Fields, field: DescField): boolean {
  const value = holder[field.localName];
  switch (field.fieldKind) {
    case "message":
      return false;
    case "list": {
      const items = value as unknown[];
      if (items.length === 0) return false;
      holder[field.localName] = items.length > 1 ? items.slice(0, -1) : [...items, ...items];
      return true;
    }
    case "map": {
      const texts = Object.entries(value as Fields).filter((entry): entry is [string, string] => {
        return typeof entry[1] === "string";
      });
      holder[field.localName] = Object.fromEntries(texts.map(([key, text]) => [key, wrongText(text)]));
      return texts.length > 0;
    }
    case "enum": {
      const numbers = field.enum.values.map((entry) => entry.number);
      holder[field.localName] = numbers[(numbers.indexOf(value as number) + 1) % numbers.length];
      return numbers.length > 1;
    }
    case "scalar":
      holder[field.localName] = wrongScalar(value);
      return true;
  }
}

/** Above this a number is a size, a time or an amount, and what goes wrong with it is its unit. */
const LARGE = 65_536n;

function wrongScalar(value: unknown): unknown {
  if (typeof value === "string") return wrongText(value);
  if (typeof value === "boolean") return !value;
  if (typeof value === "bigint") return wrongInteger(value);
  if (typeof value === "number") return Number.isInteger(value) ? Number(wrongInteger(BigInt(value))) : value * 1000;
  const bytes = Buffer.from(value as Uint8Array);
  return bytes.length === 0 ? Buffer.from("wrong") : bytes.map((byte) => byte ^ 1);
}

function wrongInteger(value: bigint): bigint {
  return value > LARGE ? value / 1000n : value + 1n;
}

function wrongText(text: string): string {
  return text === "" ? "wrong" : `${text}-wrong`;
}

/** Whether a wrong value can be put into a field at all. */
export function canBeWrong(field: DescField): boolean {
  return field.fieldKind !== "message" && field.scalar !== ScalarType.DOUBLE;
}
