/**
 * Who may import whom; `npm run lint` holds it. Imports of types count too, generated code is free.
 * Each path below src may import itself and the paths beside it. Nothing else may import the files of the processes.
 */
const layers = {
  'domain/': [],
  // What a process reports of itself. Others import its interfaces, and the wrapper of the storage is made for it.
  'observe/': ['storage/file-storage.ts'],
  'storage/': ['domain/'],
  'probes/': ['domain/'],
  'mail/': ['domain/'],
  'db/': ['domain/'],
  // Jobs are enqueued in the transaction of the caller.
  'queue/': ['domain/', 'db/client.ts', 'db/rows.ts', 'db/sql.ts'],
  'usecases/': ['domain/', 'observe/', 'storage/', 'probes/', 'mail/', 'db/', 'queue/'],
  // Resolvers and loaders read from db.
  'graphql/': ['domain/', 'db/', 'usecases/'],
  // How people sign in: better-auth on our database.
  'auth/': ['domain/', 'db/', 'usecases/', 'config.ts', 'sign-in-config.ts'],
  // It mounts graphql. Of db it uses the state of the migrations, and types.
  'http/': [
    'domain/',
    'auth/',
    'db/postgres/',
    'db/rows.ts',
    'usecases/',
    'graphql/',
    'observe/',
    'config.ts',
    'sign-in-config.ts',
    'version.ts',
  ],
  'jobs/': ['domain/', 'observe/', 'queue/', 'usecases/'],
  'cli/': ['domain/', 'db/', 'usecases/', 'app.ts'],
  'config.ts': [
    'domain/',
    'storage/s3-client.ts',
    'sign-in-config.ts',
    'trusted-proxies.ts',
    'unknown-variables.ts',
  ],
  'sign-in-config.ts': [],
  'trusted-proxies.ts': [],
  'unknown-variables.ts': ['domain/'],
  'version.ts': [],
  'log.ts': ['config.ts', 'secret-texts.ts'],
  'secret-texts.ts': [],
  'signals.ts': [],
}

const underUsecases = ['media', 'library', 'tags', 'upkeep', 'job-control', 'search', 'people']

/** The folders of the use cases, from the top down. All of them may import the files beside them, which import no folder. */
const wings = {
  copies: underUsecases,
  trash: underUsecases,
  // What share links show, and to whom.
  sharing: ['people'],
  media: underUsecases.slice(1),
  library: ['job-control', 'search'],
  tags: ['job-control', 'search'],
  upkeep: ['job-control', 'search'],
  'job-control': ['search'],
  people: ['job-control', 'search'],
  search: [],
}

/** The packages that domain may use: functions of plain values, and tables of characters. */
const packagesOfDomain = [
  ...['diff/', 'fractional-indexing/', 'pinyin-pro/', 'opencc-js/dist/esm-lib/dict/'],
  // Markdown and HTML as trees.
  ...[
    'unified/',
    'unist-util-visit/',
    'remark-(parse|gfm|rehype)/',
    'rehype-(sanitize|stringify)/',
    '@types/hast/',
  ],
]

const oneOf = (paths, root = 'src/') => `^${root}(${paths.join('|')})`
const besideWings = 'usecases/[^/]+$'
const foldersOf = (names) => names.map((name) => `usecases/${name}/`)

const walls = [
  ...Object.entries(layers).map(([path, others]) => [path, '', others]),
  ...Object.entries(wings).map(([name, others]) => [
    `usecases/${name}/`,
    'usecases/',
    [besideWings, ...foldersOf(others)],
  ]),
  [besideWings, 'usecases/', []],
]

export default {
  forbidden: [
    { name: 'no-circles', from: {}, to: { circular: true } },
    ...walls.map(([path, within, others]) => ({
      name: path === besideWings ? 'beside-the-wings' : path.replace(/\W(ts)?$/, '').replace('/', '-'),
      from: { path: oneOf([path]) },
      to: { path: oneOf([within]), pathNot: oneOf([path, ...others]) },
    })),
    {
      name: 'domain-packages',
      from: { path: oneOf(['domain/']) },
      to: { pathNot: [oneOf(['']), oneOf(packagesOfDomain, 'node_modules/')] },
    },
  ].map((rule) => ({ ...rule, severity: 'error' })),
  options: {
    doNotFollow: { path: ['^node_modules/', oneOf(['db/generated/', 'graphql/generated.ts'])] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
}
