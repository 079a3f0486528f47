/** Continued fractions converge in some ten steps here; the sum for small arguments in some forty. */
const TERMS = 100;

/**
 * The probability that a standard normal variable lies farther from 0 than `z`, on either side.
 *
 * Series near 0 and continued fraction beyond (Abramowitz and Stegun, 26.2.11 and 26.2.14); exact to about 12 digits.
 */
export function twoSidedNormalP(z: number): number {
  const x = Math.abs(z);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let k = 1; k < TERMS; k++) {
      term *= (x * x) / (2 * k + 1);
      sum += term;
    }
    return 1 - 2 * density * sum;
  }
  let fraction = x;
  for (let k = TERMS; k > 0; k--) fraction = x + k / fraction;
  return (2 * density) / fraction;
}
