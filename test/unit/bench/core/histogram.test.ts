import { expect } from "chai";
import fc from "fast-check";
import { build, HistogramLogReader, type Histogram } from "hdr-histogram-js";
import { describe, it } from "mocha";
import { inflateSync } from "node:zlib";
import {
  buildHistogram,
  decodeHistogram,
  encodeHistogram,
  formatHgrm,
  formatHlog,
} from "../../../../src/bench/core/histogram.js";
import { quantile } from "../../../../src/bench/core/quantile.js";
import { sortedCopy } from "../../../../src/bench/core/statistics.js";

const durationsNs = fc.array(fc.integer({ min: 0, max: 3_600_000_000_000 }), { minLength: 1, maxLength: 200 });
/** Each run walks some ten thousand counters for each of up to 200 values. */
const FEW_RUNS = { numRuns: 15 };
const interval = { startedAtMs: Date.UTC(2024, 0, 2), lengthS: 12.5, comment: "pod-startup.total, nanoseconds" };

/** Written by the Java library (org.HdrHistogram 2.1.11): 1000 values, i milliseconds and i nanoseconds for i = 1 to 1000. */
const FROM_JAVA =
  "HISTFAAAAJh42pNpmSzMwMC+nQECmKE0I5DpZrBjAYP9B4jAwXWMTH/5mVZzMJ1nZzrMwvSUGYSeMzOdZ2L6yIiCPoPJq4xM5VhhJZwVzWTNZEkCxiYqzyTNJAvE0gRp4lSRp4ufiRcIudFISvlDUxcnEzMTKxwyY2FhF6WNrsHklpGuiwEIwQQ6pEiQ+ibSyZoh6/BRa4ZMogIAOdg+dA==";

/** Everything but the maximum, which only the histogram that the values were put into knows exactly. */
const distribution = (histogram: Histogram) => formatHgrm(histogram).replace(/^#\[Max.*$/m, "");

describe("buildHistogram", function () {
  this.timeout(20_000);

  it("keeps count, extremes and percentiles to three significant digits", () => {
    fc.assert(
      fc.property(durationsNs, fc.constantFrom(0.5, 0.9, 0.99, 0.999), (valuesNs, q) => {
        const histogram = buildHistogram(valuesNs);
        const exactNs = quantile(sortedCopy(valuesNs), q);
        expect(histogram.totalCount).to.equal(valuesNs.length);
        expect(histogram.getValueAtPercentile(q * 100)).to.be.closeTo(exactNs, exactNs / 1000 + 1);
      }),
      FEW_RUNS,
    );
  });

  it("takes a value beyond its range", () => {
    expect(buildHistogram([10_000_000_000_000]).totalCount).to.equal(1);
  });

  it("refuses what it would silently misplace", () => {
    for (const value of [1.5, -1, NaN, Infinity]) expect(() => buildHistogram([value])).to.throw(RangeError);
  });
});

describe("encodeHistogram", function () {
  this.timeout(20_000);

  it("can be decoded to the recorded counts", () => {
    fc.assert(
      fc.property(durationsNs, (valuesNs) => {
        const original = buildHistogram(valuesNs);
        const decoded = decodeHistogram(encodeHistogram(original));
        expect(distribution(decoded)).to.equal(distribution(original));
        expect(decoded.totalCount).to.equal(valuesNs.length);
      }),
      FEW_RUNS,
    );
  });

  it("writes an index offset of 0 and a conversion ratio of 1.0, which HdrHistogram_c applies", () => {
    const envelope = Buffer.from(encodeHistogram(buildHistogram([1_000_000])), "base64");
    const plain = inflateSync(envelope.subarray(8));
    expect(envelope.readUInt32BE(0)).to.equal(0x1c849314);
    expect(envelope.readInt32BE(4)).to.equal(envelope.length - 8);
    expect(plain.readUInt32BE(0)).to.equal(0x1c849313);
    expect(plain.readInt32BE(4)).to.equal(plain.length - 40);
    expect(plain.readInt32BE(8)).to.equal(0);
    expect(plain.readDoubleBE(32)).to.equal(1);
  });

  it("says the same as the Java library about the same values", () => {
    const java = decodeHistogram(FROM_JAVA);
    const ours = buildHistogram(Array.from({ length: 1000 }, (_, index) => (index + 1) * 1_000_001));
    expect(distribution(ours)).to.equal(distribution(java));
  });
});

describe("formatHgrm", () => {
  it("has one line per percentile, in milliseconds, up to all values", () => {
    const lines = formatHgrm(buildHistogram([1_000_000, 2_000_000, 3_000_000])).split("\n");
    expect(lines[0]).to.match(/^ +Value +Percentile +TotalCount +1\/\(1-Percentile\)$/);
    const last = lines.filter((line) => /^ *\d/.test(line)).at(-1);
    expect(last?.trim().split(/ +/).slice(0, 3)).to.deep.equal(["3.000", "1.000000000000", "3"]);
  });
});

describe("formatHlog", () => {
  it("is read by the library's log reader", () => {
    const reader = new HistogramLogReader(formatHlog(buildHistogram([5_000_000, 7_000_000]), interval));
    const histogram = reader.nextIntervalHistogram();
    expect(histogram?.totalCount).to.equal(2);
    expect(histogram?.startTimeStampMsec).to.equal(interval.startedAtMs);
    expect(histogram?.endTimeStampMsec).to.equal(interval.startedAtMs + 12_500);
    expect(reader.nextIntervalHistogram()).to.equal(null);
  });

  it("has no blank line and keeps a comment on its line", () => {
    const text = formatHlog(build(), { ...interval, comment: "a\nb" });
    expect(text.trimEnd().split("\n")).to.have.length(5).and.not.include("");
    expect(text).to.match(/^#a b\n/);
  });
});
