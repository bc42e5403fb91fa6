import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Plain values in, plain values out. Imports are held by dependency-rules.js. */
const domain = {
  files: ['src/domain/**/*.ts'],
  rules: {
    'no-restricted-syntax': [
      'error',
      ...[
        "MemberExpression[object.name='Date'][property.name='now']",
        "NewExpression[callee.name='Date'][arguments.length=0]",
        "MemberExpression[object.name='Math'][property.name='random']",
        'MemberExpression[object.name=/^(crypto|performance)$/]',
      ].map((selector) => ({
        selector,
        message: 'The caller gives the time and random values to the domain.',
      })),
    ],
  },
}

const restrict = (files, ignores, selectors) => ({
  files,
  ignores,
  rules: {
    'no-restricted-syntax': ['error', ...selectors.map(([selector, message]) => ({ selector, message }))],
  },
})

const sqlWords =
  /\b(select\s[\s\S]*\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|order\s+by\s+[\w.]+(\s+(asc|desc|limit)\b|,|$)|\w\s+is\s+(not\s+)?null\b|=\s*any\s*\(|for\s+(no\s+key\s+)?update\b|rollback\s+to\b)/
    .source
const onePlace =
  'SQL is written in src/db alone. Name the condition, order or statement and let src/db write it.'

/** No SQL outside of src/db: a renamed column must not break an entry point or an operation. */
const sqlInDbAlone = restrict(
  ['src/**/*.ts'],
  ['src/db/**', 'src/queue/**', 'src/domain/**'],
  [
    [`TemplateElement[value.raw=/${sqlWords}/]`, onePlace],
    [`Literal[value=/${sqlWords}/]`, onePlace],
    ['ImportDeclaration[source.value=/db.sql\\.ts$/]', onePlace],
    ['MemberExpression[property.name=/^\\$(query|execute)Raw/]', onePlace],
    ["MemberExpression[object.property.name='pool'][property.name='query']", onePlace],
  ],
)

const composed = 'SQL is composed of `sql` values (src/db/sql.ts), so that values and text cannot part.'
const surgery = 'A statement is composed, never edited as text: pass the part that differs as an `sql` value.'

/** In src/db SQL is a value that is composed, never a text that is edited. */
const sqlIsComposed = restrict(
  ['src/db/**/*.ts', 'src/queue/**/*.ts'],
  ['src/db/sql.ts', 'src/db/transaction-sql.ts', 'src/db/generated/**'],
  [
    ['MemberExpression[property.name=/^\\$(query|execute)Raw/]', composed],
    ["MemberExpression[object.name='Prisma'][property.name=/^(sql|raw|join|empty|Sql)$/]", composed],
    [
      'CallExpression[callee.property.name=/^(replace|replaceAll|slice|includes|split|substring|startsWith)$/]' +
        '[callee.object.property.name=/^(text|sql|strings|statement)$/]',
      surgery,
    ],
    ['MemberExpression[property.name=/^(strings|statement)$/]', surgery],
  ],
)

export default defineConfig([
  globalIgnores([
    'dist',
    'node_modules',
    '.wordloom',
    'src/db/generated',
    'src/domain/generated',
    'src/graphql/generated.ts',
    // Its types come from its operations; its test checks them.
    'test/e2e/frontend',
  ]),
  tseslint.configs.strictTypeChecked,
  { languageOptions: { parserOptions: { projectService: { allowDefaultProject: ['*.js'] } } } },
  {
    rules: {
      // Messages may contain numbers.
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
  sqlInDbAlone,
  sqlIsComposed,
  domain,
])
