import { LabError } from "./lab-error.js";

/**
 * The names and addresses that belong to one lab. All follow from its id, so that a lab can be removed even when its
 * record was never written.
 */
export interface LabIdentity {
  /** Three hexadecimal digits, 000 to 1ff. */
  readonly id: string;
  /** The name of its control group at the top of each hierarchy. */
  readonly cgroupName: string;
  readonly bridge: string;
  /** The name of its CNI network, which the portmap plugin writes into the comments of its iptables rules. */
  readonly networkName: string;
  readonly ipv4: Subnet;
  readonly ipv6: Subnet;
}

export interface Subnet {
  /** In CIDR notation. */
  readonly subnet: string;
  /** The bridge's address. */
  readonly gateway: string;
  readonly prefixLength: number;
}

/** How many ids there are: one for each /24 of 198.18.0.0/15. */
export const labIdCount = 512;

/**
 * Derives a lab's names and addresses. The IPv4 subnet is a part of 198.18.0.0/15, which RFC 2544 sets aside for
 * benchmarking: neither container platforms nor office networks use it. The IPv6 subnet is a unique local one (RFC 4193).
 *
 * @throws LabError when the id is malformed.
 */
export function labIdentity(id: string): LabIdentity {
  if (!/^[01][0-9a-f]{2}$/.test(id)) {
    throw new LabError(
      `"${id}" is not the id of a lab, which has three hexadecimal digits such as 07f`,
      "see the ids in the list of labs",
    );
  }
  const number = parseInt(id, 16);
  const ipv4Prefix = `198.${18 + (number >> 8)}.${number & 0xff}`;
  const ipv6Prefix = `fdc1:7e57:1ab:${number.toString(16)}`;
  return {
    id,
    cgroupName: `critique-lab-${id}`,
    bridge: `critique-${id}`,
    networkName: `critique-lab-${id}`,
    ipv4: { subnet: `${ipv4Prefix}.0/24`, gateway: `${ipv4Prefix}.1`, prefixLength: 24 },
    ipv6: { subnet: `${ipv6Prefix}::/64`, gateway: `${ipv6Prefix}::1`, prefixLength: 64 },
  };
}

/** The id with a number from 0 to {@link labIdCount} - 1. */
export function labIdOf(number: number): string {
  return number.toString(16).padStart(3, "0");
}
