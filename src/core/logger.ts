/** Where the scheduler and task bodies write their log lines. `console` fits, and so does pino. */
export interface Logger {
  debug(message: string, ...rest: readonly unknown[]): void;
  info(message: string, ...rest: readonly unknown[]): void;
  warn(message: string, ...rest: readonly unknown[]): void;
  error(message: string, ...rest: readonly unknown[]): void;
}

/** Keeps quiet about the ordinary and lets warnings and errors through. The default. */
export const quietLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (message, ...rest) => console.warn(message, ...rest),
  error: (message, ...rest) => console.error(message, ...rest),
};

/** Writes a line from our own code: a logger that throws must not stop what it was told about. */
export function logSafely(
  logger: Logger,
  level: keyof Logger,
  message: string,
  ...rest: readonly unknown[]
): void {
  try {
    logger[level](message, ...rest);
  } catch {
    // There is nowhere left to tell it.
  }
}
