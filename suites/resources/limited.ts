import {
  cgroupLimits,
  cpuWeightsOf,
  expect,
  type CgroupLimits,
  type Container,
  type ContainerOptions,
} from "../../src/harness/index.js";

/** Resources of a container in their plain form. */
export type Resources = Exclude<
  NonNullable<NonNullable<ContainerOptions["linux"]>["resources"]>,
  { $typeName: string }
>;

/** Options of a container with these limits. */
export const limited = (resources: Resources): Pick<ContainerOptions, "linux"> => ({ linux: { resources } });

/** So many MiB in bytes, as a request takes them. */
export const mebibytes = (count: number): bigint => BigInt(count) * 1024n * 1024n;

/** States what the container's cgroup must say. CPU shares are compared in the form the kernel has them. */
export async function expectLimits(
  container: Container,
  expected: Omit<CgroupLimits, "cpuWeight">,
  when = "",
): Promise<void> {
  const seen = await cgroupLimits(container);
  for (const [name, value] of Object.entries(expected) as [keyof typeof expected, number][]) {
    const subject = `${name} of the container's cgroup${when && ` ${when}`}`;
    if (name === "cpuShares" && seen.cpuWeight !== undefined) {
      expect(seen.cpuWeight, `cpu.weight for ${value} shares${when && ` ${when}`}`).to.be.oneOf(cpuWeightsOf(value));
    } else {
      expect(seen[name], subject).to.equal(value);
    }
  }
}
