import type { CodegenConfig } from '@graphql-codegen/cli'
import scalars from '../../../clients/scalars.json' with { type: 'json' }

const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: 'test/e2e/frontend/operations.graphql',
  generates: {
    'test/e2e/frontend/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        scalars,
        strictScalars: true,
        // Apollo Client asks for `__typename` by itself.
        nonOptionalTypename: true,
        skipTypeNameForRoot: true,
        useTypeImports: true,
        enumsAsTypes: true,
        emitLegacyCommonJSImports: false,
      },
    },
  },
}

export default config
