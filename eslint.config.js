import neostandard from 'neostandard'

const sources = ['**/*.ts']

export default [
  { ignores: ['dist/**', '.tap/**', 'coverage/**', '.tmp/**'] },
  ...neostandard({ ts: true }),
  {
    files: sources,
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }
    },
    plugins: { '@typescript-eslint': neostandard.plugins['typescript-eslint'].plugin },
    rules: {
      // tap waits for its subtests itself.
      '@typescript-eslint/no-floating-promises': ['error', {
        allowForKnownSafePromises: [{ from: 'package', name: 'PromiseWithSubtest', package: '@tapjs/core' }]
      }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      // A void statement marks a promise that is deliberately not awaited.
      'no-void': ['error', { allowAsStatement: true }]
    }
  }
]
