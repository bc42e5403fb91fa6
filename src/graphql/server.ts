import { readdirSync, readFileSync } from 'node:fs'
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server'
import { unwrapResolverError } from '@apollo/server/errors'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled'
import { GraphQLError, type GraphQLFormattedError, type ValidationRule } from 'graphql'
import { AccessDenied } from '../domain/access.ts'
import { serverFault } from '../domain/server-fault.ts'
import { retryAfterSeconds, Unavailable } from '../domain/unavailable.ts'
import { WorkspaceRequired } from '../domain/workspace-trash.ts'
import type { Manifest } from '../domain/operations-manifest.ts'
import type { QueryLimits } from '../domain/query-limits.ts'
import type { GraphQLContext } from './context.ts'
import { costLimit } from './cost-limit.ts'
import { documentLimits } from './document-limits.ts'
import { landingPage } from './landing-page.ts'
import { checkedManifest } from './manifest-check.ts'
import { operationReport } from './operation-report.ts'
import { resolvers } from './resolvers/index.ts'
import { oneUploadPerOperation } from './uploads.ts'

const folder = new URL('../../schema/', import.meta.url)

/** The texts of `schema/*.graphql`. */
export function schemaTexts(): string[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'))
  return files.sort().map((name) => readFileSync(new URL(name, folder), 'utf8'))
}

export interface ApolloSettings {
  readonly maxQueryCost: number
  readonly queryLimits: QueryLimits
  /** Whether clients can read the schema. */
  readonly introspection: boolean
  /** The query that Apollo Sandbox opens with; null: there is no Sandbox. */
  readonly firstQuery: string | null
  /** The only operations that are accepted; undefined: all are. */
  readonly manifest: Manifest | undefined
}

export async function createApollo(settings: ApolloSettings): Promise<ApolloServer<GraphQLContext>> {
  const { maxQueryCost, queryLimits, introspection, firstQuery, manifest } = settings
  const rules = [knownOperations, oneUploadPerOperation, ...(introspection ? [] : [noIntrospection])]
  const apollo = new ApolloServer<GraphQLContext>({
    typeDefs: schemaTexts(),
    resolvers,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: queryLimits.tokens },
    validationRules: rules,
    validationOptions: { hideSuggestions: !introspection },
    ...(manifest ? { persistedQueries: false as const } : {}),
    formatError: introspection ? formatError : (...given) => withoutSuggestions(formatError(...given)),
    plugins: [
      // That plugin instruments every field and halves the speed of large answers; we give no cache hints.
      ApolloServerPluginCacheControlDisabled(),
      firstQuery === null ? ApolloServerPluginLandingPageDisabled() : landingPage(firstQuery, '/graphiql'),
      ...(manifest ? [checkedManifest(manifest, { limits: queryLimits, rules })] : []),
      operationReport,
      documentLimits(queryLimits),
      costLimit(maxQueryCost),
      errorLog,
    ],
  })
  await apollo.start()
  return apollo
}

/** GraphQL's built-in rules accept operation types that the schema does not define, such as subscriptions. */
const knownOperations: ValidationRule = (context) => ({
  OperationDefinition: (node) => {
    if (context.getSchema().getRootType(node.operation)) return
    context.reportError(new GraphQLError(`This API has no ${node.operation}s.`, { nodes: node }))
  },
})

/** Apollo Server has such a rule, but its message is about its own configuration. */
const noIntrospection: ValidationRule = (context) => ({
  Field: (node) => {
    if (!['__schema', '__type'].includes(node.name.value)) return
    const message =
      'Introspection is switched off on this server (INTROSPECTION=false). Read the schema in `schema.graphql` of Wordloom.'
    const extensions = { validationErrorCode: 'INTROSPECTION_DISABLED' }
    context.reportError(new GraphQLError(message, { nodes: node, extensions }))
  },
})

/** Suggestions of nearly right names would give the schema away. */
const withoutSuggestions = (formatted: GraphQLFormattedError): GraphQLFormattedError => ({
  ...formatted,
  message: formatted.message.replace(/ ?Did you mean .+\?$/, ''),
})

const internal = 'INTERNAL_SERVER_ERROR'

/** graphql reports this after 50 errors in the variables; Apollo does not recognise it as a client error. */
const tooManyFaults = 'Too many errors processing variables'

/** Apollo gives some client errors a status but no code. */
const isRefusal = ({ extensions }: GraphQLError) =>
  (extensions['http'] as { status?: number } | undefined)?.status === 400

/** The status and headers of the answer, also if it has some data. */
const unavailable = () => ({
  status: 503,
  headers: new HeaderMap([['retry-after', String(retryAfterSeconds)]]),
})

/** Logs server faults, with the request they belong to. */
const errorLog: ApolloServerPlugin<GraphQLContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didEncounterErrors: ({ errors, contextValue: { log, requestId } }) => {
        for (const error of errors) {
          if (error.message.startsWith(tooManyFaults)) error.extensions['code'] = 'BAD_USER_INPUT'
          if (isRefusal(error)) error.extensions['code'] ??= 'BAD_REQUEST'
          // Errors with a code are intentional refusals.
          if (error.originalError instanceof WorkspaceRequired) {
            error.extensions['code'] = error.originalError.code
            error.extensions['http'] = { status: error.originalError.statusCode }
          }
          if (error.extensions['code'] !== undefined || error.originalError instanceof AccessDenied) continue
          error.extensions['requestId'] = requestId
          if (error.originalError instanceof Unavailable) error.extensions['http'] = unavailable()
          log.error({ err: error.originalError ?? error, path: error.path }, 'A request failed')
        }
        return Promise.resolve()
      },
      willSendResponse: ({ response: { body, http } }) => {
        const result = body.kind === 'single' ? body.singleResult : undefined
        const isRefused = result?.errors?.some(({ extensions }) => extensions?.['code'] === 'FORBIDDEN')
        if (isRefused === true && result?.data == null) http.status = 403
        return Promise.resolve()
      },
    }),
}

/** The parser calls itself for each level of a list, object or selection. */
const stackOverflow = 'Maximum call stack size exceeded'
const tooNested = 'The document is nested too deeply to be read. Nest it less, and send values in variables.'

/** The errors that clients see: client errors unchanged, server faults only with the ID of the request in the log. */
function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = unwrapResolverError(error)
  if (cause instanceof AccessDenied) {
    return { ...formatted, message: cause.message, extensions: { code: 'FORBIDDEN' } }
  }
  if (formatted.message === stackOverflow) return { ...formatted, message: tooNested }
  if (formatted.extensions?.['code'] !== internal) return formatted
  const { requestId } = formatted.extensions
  const { code, message } = serverFault(cause, String(requestId))
  return { ...formatted, message, extensions: { code, requestId } }
}
