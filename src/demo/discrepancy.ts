// What ends the demo with exit code 1: something was not as virtdc promises.

export class Discrepancy extends Error {
  override readonly name = 'Discrepancy';
}

export function mustHold(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Discrepancy(`not so: ${promise}`);
}
