import { cut, harmlessLine } from "../../report/escape.js";
import { deflateSync, inflateSync } from "node:zlib";
import { build, decodeFromCompressedBase64, encodeIntoCompressedBase64, type Histogram } from "hdr-histogram-js";
import type { Unit } from "./scenario.js";

/** One nanosecond to an hour, or a byte to some terabytes, to three significant digits; more makes the histogram grow. */
const RANGE = {
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000_000,
  numberOfSignificantValueDigits: 3,
  bitBucketSize: 32,
  autoResize: true,
} as const;

/** What HdrHistogram's tools show for one: milliseconds of nanoseconds, and bytes as they are. */
const SHOWN_UNIT: Readonly<Record<Unit, number>> = { ns: 1_000_000, bytes: 1 };

/** Reporting points per halving of the distance to 100 %: HdrHistogram's own default. */
const TICKS_PER_HALF_DISTANCE = 5;

/** Header of a V2 histogram: cookie, payload length, index offset, digits (4 bytes each), range (2 x 8), ratio (8). */
const HEADER = { lengthAt: 4, offsetAt: 8, ratioAt: 32, bytes: 40 } as const;

/** Two 4-byte words before the compressed part: cookie and length. */
const ENVELOPE_BYTES = 8;

/**
 * Puts whole nanoseconds or bytes into an HdrHistogram.
 *
 * @throws RangeError for a negative or fractional value: the library would misplace it without a word.
 */
export function buildHistogram(values: readonly number[]): Histogram {
  const histogram = build(RANGE);
  for (const value of values) {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${value} cannot go into a histogram: it holds whole numbers from 0 upwards`);
    }
    histogram.recordValue(value);
  }
  return histogram;
}

/**
 * Encodes a histogram as compressed V2 in base64, the form inside .hlog files.
 *
 * hdr-histogram-js writes 1 as the index offset and the integer 1 where a double belongs. Java's reader ignores both, but
 * HdrHistogram_c applies the offset and reads every count one bucket off. Both fields are set right here: 0 and 1.0.
 */
export function encodeHistogram(histogram: Histogram): string {
  const envelope = Buffer.from(encodeIntoCompressedBase64(histogram), "base64");
  const plain = inflateSync(envelope.subarray(ENVELOPE_BYTES, ENVELOPE_BYTES + envelope.readInt32BE(4)));
  plain.writeInt32BE(0, HEADER.offsetAt);
  plain.writeDoubleBE(1, HEADER.ratioAt);
  const compressed = deflateSync(plain.subarray(0, HEADER.bytes + plain.readInt32BE(HEADER.lengthAt)));
  const start = Buffer.from(envelope.subarray(0, ENVELOPE_BYTES));
  start.writeInt32BE(compressed.length, 4);
  return Buffer.concat([start, compressed]).toString("base64");
}

/** Decodes what {@link encodeHistogram} or another HdrHistogram library encoded. */
export function decodeHistogram(base64: string): Histogram {
  return decodeFromCompressedBase64(base64);
}

/** The percentile distribution in the text form of .hgrm files: latencies in milliseconds, sizes in bytes. */
export function formatHgrm(histogram: Histogram, unit: Unit = "ns"): string {
  return histogram.outputPercentileDistribution(TICKS_PER_HALF_DISTANCE, SHOWN_UNIT[unit]);
}

/** The longest comment: it names a runtime in the runtime's own words. */
const COMMENT_LIMIT_CHARS = 500;

/** When the values of a histogram were measured. */
export interface HistogramInterval {
  /** Wall clock at the start, in milliseconds since the epoch; only a label, no measurement uses it. */
  startedAtMs: number;
  lengthS: number;
  /** First line of the file, for people. */
  comment: string;
  /** Default nanoseconds. */
  unit?: Unit;
}

/**
 * A histogram log (.hlog, format 1.3) with one interval, values in nanoseconds or bytes. Written here because the library's log
 * writer puts a blank line after the start time, which the format does not have.
 */
export function formatHlog(histogram: Histogram, interval: HistogramInterval): string {
  const { startedAtMs, lengthS, comment, unit = "ns" } = interval;
  const start = `${(startedAtMs / 1000).toFixed(3)} (seconds since epoch), ${new Date(startedAtMs).toUTCString()}`;
  const max = (histogram.maxValue / SHOWN_UNIT[unit]).toFixed(3);
  return [
    `#${harmlessLine(cut(comment.replace(/[\r\n]+/g, " "), COMMENT_LIMIT_CHARS))}`,
    "#[Histogram log format version 1.3]",
    `#[StartTime: ${start}]`,
    `"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"`,
    `0.000,${lengthS.toFixed(3)},${max},${encodeHistogram(histogram)}`,
    "",
  ].join("\n");
}
