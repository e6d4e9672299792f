import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/soak/**', 'node_modules/**'],
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'machines/**/*.ts'],
      // The command itself runs as a process of its own in test/cli, where nobody counts its lines.
      exclude: ['src/cli/{main,program,process}.ts', 'src/cli/{commands,drawing,running,serving}/**'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        lines: 95,
        'machines/**': { branches: 100 },
        'src/admission/**': { branches: 100 },
      },
    },
  },
});
