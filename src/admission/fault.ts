/** A broken promise of our own code, not of the caller's input: never caught, never turned into an outcome. */
export class AdmissionFault extends Error {
  override readonly name = 'AdmissionFault';
}

export function fault(message: string): never {
  throw new AdmissionFault(`assertion failed in admission: ${message}`);
}
