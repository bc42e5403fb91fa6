import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Who may import whom: the folders a folder must not import from. Generated code and node_modules are free. */
const walls = {
  domain: ['usecases', 'db', 'storage', 'probes', 'jobs', 'graphql', 'http', 'cli'],
  usecases: ['graphql', 'http', 'cli', 'jobs/(handlers|run|schedule)'],
  db: ['usecases', 'storage', 'probes', 'jobs', 'graphql', 'http', 'cli'],
  storage: ['usecases', 'db', 'probes', 'jobs', 'graphql', 'http', 'cli'],
  probes: ['usecases', 'db', 'storage', 'jobs', 'graphql', 'http', 'cli'],
  jobs: ['storage', 'probes', 'graphql', 'http', 'cli'],
  graphql: ['storage', 'probes', 'jobs', 'http', 'cli'],
  http: ['probes', 'jobs', 'cli'],
  cli: ['graphql', 'http', 'jobs', 'storage', 'probes'],
}

const outside = '^(\\.\\./)+'

const restricted = Object.entries(walls).map(([folder, others]) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `${outside}(${others.join('|')})(/|\\.ts)`,
            message: `src/${folder} must not know of it: see "Who may import whom" in CONTRIBUTING.md.`,
          },
          ...(folder === 'domain'
            ? [
                {
                  regex: '^(node:(?!buffer)|@prisma|pg|fastify|sharp|graphql)',
                  message: 'Rules know only plain values.',
                },
              ]
            : []),
        ],
      },
    ],
  },
}))

export default defineConfig([
  globalIgnores(['dist', 'node_modules', '.wordloom', 'src/db/generated', 'src/graphql/generated.ts']),
  tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js'] } } } },
  {
    rules: {
      // Numbers and unknowns in messages are what messages are for.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A failed promise of an event listener or hook is handled where it is awaited.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config.ts reads the environment.' },
      ],
    },
  },
  {
    files: ['src/config.ts', 'prisma.config.ts', 'test/**', 'bench/**', 'vitest.config.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
  ...restricted,
])
