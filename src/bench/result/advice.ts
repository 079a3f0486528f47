import { formatDurationNs } from "../../support/duration.js";
import type { ClockFacts } from "../core/clock.js";
import type { Environment } from "../core/environment.js";
import { PERCENTILES, samplesNeeded } from "../core/quantile.js";
import type { ScenarioRun } from "../core/scenario-execution.js";
import { outlierTotal } from "../core/statistics.js";
import type { BenchWarning } from "../core/warnings.js";
import type { MeasuredMetric, MetricResult } from "./metric.js";

/** Load per processor above which other work on the host shows in the figures. */
const BUSY_LOAD_PER_CPU = 0.5;

/** Share of the event loop's time in use from which its own queue becomes part of each latency. */
const BUSY_EVENT_LOOP = 0.7;

/** Disturbance of the harness, relative to the median, from which it is worth a word. */
const NOTICEABLE_SHARE = 0.1;

/** A duration shorter than so many steps of the clock is more grid than value. */
const CLOCK_STEPS = 100;

/** What the host's state says about all figures. */
export function adviseOnEnvironment({ loadAtStart, cpus, cpuGovernor }: Environment): BenchWarning[] {
  const warnings: BenchWarning[] = [];
  const [load] = loadAtStart;
  if (load / cpus > BUSY_LOAD_PER_CPU) {
    warnings.push({
      kind: "busyHost",
      message: `the host was busy at the start: load ${load.toFixed(2)} on ${cpus} processors`,
      advice: "end other work before measuring, and compare only runs made side by side",
    });
  }
  if (cpuGovernor !== undefined && cpuGovernor !== "performance") {
    warnings.push({
      kind: "powerSaving",
      message: `the processors' frequency governor is "${cpuGovernor}"`,
      advice: `choose "performance" for the time of the measurement, for example with cpupower frequency-set`,
    });
  }
  return warnings;
}

/** What a scenario's course says about its figures. */
export function adviseOnScenario(
  run: ScenarioRun,
  metrics: readonly MetricResult[],
  clock: ClockFacts,
  floor: MetricResult,
): BenchWarning[] {
  const total = metrics.find(({ phase }) => phase === "total");
  const found = [...adviseOnCourse(run)];
  if (total?.state === "measured") {
    found.push(...adviseOnSample(total, run), ...adviseOnHarness(total, run, clock, floor));
  }
  return found.map((warning) => ({ subject: run.scenario.name, ...warning }));
}

function* adviseOnCourse({ end, warmup, store, notes }: ScenarioRun): Generator<BenchWarning> {
  if (end.state === "completed" && warmup.end === "limit") {
    yield {
      kind: "notSteady",
      message: `no steady state was seen in ${warmup.iterations} warm-up iterations`,
      advice: "look at the samples over time before reading an average, and quiet the host",
    };
  }
  const errors = store.errorGroups.reduce((sum, { count }) => sum + count, store.otherErrors);
  if (errors > 0) {
    const first = store.errorGroups[0]!;
    yield {
      kind: "errors",
      message: `${errors} errors, the first in phase ${first.phase}: ${first.message}`,
      advice: "latencies hold successful attempts only: do not compare them without the errors",
    };
  }
  const missed = notes.get("missedNotification") ?? 0;
  if (missed > 0) {
    yield {
      kind: "missedNotifications",
      message: `${missed} log lines were found by the fallback's look, up to 20 ms late`,
      advice: "do not read firstLog more finely than that; inotify limits of the host may be too low",
    };
  }
}

function* adviseOnSample(total: MeasuredMetric, { warmup }: ScenarioRun): Generator<BenchWarning> {
  const { unsupportedPercentiles: unsupported, sampleCount, samples, p50, outliers } = total;
  if (unsupported.length > 0) {
    const needs = unsupported.map((name) => `${name} needs ${samplesNeeded(PERCENTILES[name])}`).join(", ");
    yield {
      kind: "fewSamples",
      message: `${sampleCount} samples cannot tell ${unsupported.join(" and ")} from the largest value (${needs})`,
      advice: "take more samples, or read only what the table does not mark with ~",
    };
  }
  const rest = samples.slice(1);
  if (warmup.end !== "steady" && rest.length >= 4 && samples[0]! > 1.5 * p50 && samples[0]! > Math.max(...rest)) {
    yield {
      kind: "slowFirstRun",
      message: `the first sample took ${formatDurationNs(samples[0]!)}, the median is ${formatDurationNs(p50)}`,
      advice: "warm up, or leave the number of warm-up iterations to the steady-state detection",
    };
  }
  const severe = outliers.lowSevere + outliers.highSevere;
  if (severe > 0) {
    yield {
      kind: "outliers",
      message: `${outlierTotal(outliers)} of ${sampleCount} samples are outliers, ${severe} of them severe; all are kept`,
      advice: "prefer the median to the mean, and look for what else ran at that time",
    };
  }
}

function* adviseOnHarness(
  { p50 }: MeasuredMetric,
  { harness }: ScenarioRun,
  clock: ClockFacts,
  floor: MetricResult,
): Generator<BenchWarning> {
  const { eventLoopDelay, eventLoopUtilization, garbageCollection } = harness;
  if (eventLoopUtilization > BUSY_EVENT_LOOP || eventLoopDelay.p99 > NOTICEABLE_SHARE * p50) {
    yield {
      kind: "eventLoopSaturated",
      message:
        `the harness's event loop was ${Math.round(eventLoopUtilization * 100)} % busy and ` +
        `${formatDurationNs(eventLoopDelay.p99)} late at its 99th percentile, against a median of ${formatDurationNs(p50)}`,
      advice: "lower the load, or give the harness a processor of its own",
    };
  }
  if (garbageCollection.max > NOTICEABLE_SHARE * p50) {
    yield {
      kind: "garbageCollection",
      message:
        `${garbageCollection.count} garbage collections paused the harness, for up to ` +
        `${formatDurationNs(garbageCollection.max)} against a median of ${formatDurationNs(p50)}`,
      advice: "treat the highest percentiles as the harness's own where they are of that size",
    };
  }
  if (p50 < CLOCK_STEPS * clock.resolutionNs) {
    yield {
      kind: "clockResolution",
      message: `the median is ${formatDurationNs(p50)} and the clock's step ${formatDurationNs(clock.resolutionNs)}`,
      advice: "measure something that takes longer",
    };
  }
  if (floor.state === "measured" && p50 < floor.p50) {
    yield {
      kind: "belowFloor",
      message: `the median ${formatDurationNs(p50)} lies below that of a Version call, ${formatDurationNs(floor.p50)}`,
      advice: "conclude nothing about the runtime from it",
    };
  }
}
