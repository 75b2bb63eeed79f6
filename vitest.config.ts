import { defineConfig } from 'vitest/config'

/** `MORAINE_REPORT=FILE` also writes the counts as JSON: what `.ci/run` sums. */
const report = process.env.MORAINE_REPORT

export default defineConfig({
  test: {
    maxWorkers: 2,
    // A limit for what hangs, not a measure: a busy machine takes ten times as long as a quiet one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // `npm run coverage`. Worker threads and the built command line run too, but are not counted.
    coverage: {
      provider: 'v8',
      include: ['src/**'],
      reporter: ['text-summary', 'json'],
      reportsDirectory: '.ci/coverage',
      // A test that a busy machine fails must not take the figures of the others along.
      reportOnFailure: true,
      thresholds: {
        branches: 94,
        'src/codec/**': { branches: 100 },
        'src/store/local*': { branches: 100 },
        'src/commit/**': { branches: 100 },
        'src/store/s3/**': { branches: 98 },
        'src/store/azure/**': { branches: 98 },
        'src/store/gcs/**': { branches: 95 },
        'src/store/http/**': { branches: 98 },
        'src/parquet/**': { branches: 93 },
        'src/arrow/**': { branches: 95 },
        'src/scan/**': { branches: 93 },
        'src/types/**': { branches: 95 },
        'src/expr/**': { branches: 96 },
        'src/partition/**': { branches: 94 },
        'src/format/**': { branches: 92 },
      },
    },
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          setupFiles: ['tests/support/sentinel.ts'],
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/interop/**', 'tests/stores/**'],
        },
      },
      {
        extends: true,
        test: {
          // Real servers of the object-store protocols, installed by .ci/stores-setup.
          name: 'stores',
          include: ['tests/stores/**/*.test.ts'],
          setupFiles: ['tests/support/sentinel.ts'],
        },
      },
      {
        extends: true,
        // Reads what we write with other engines; needs the Python packages of tests/interop/requirements.txt.
        test: { name: 'interop', include: ['tests/interop/**/*.test.ts'] },
      },
    ],
  },
})
