/** What a promise rejects with; an error when it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`the promise resolved, with ${JSON.stringify(value)}`);
}
