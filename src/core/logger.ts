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
