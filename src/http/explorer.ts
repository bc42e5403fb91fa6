import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { FastifyInstance, FastifyReply, onRequestAsyncHookHandler } from 'fastify'
import { refuse } from './authenticate.ts'
import { firstHeaders, tabs } from './explorer-queries.ts'

const require = createRequire(import.meta.url)

/** The files of GraphiQL: the name in the URL, the package, the path in the package and the type. */
const assets = [
  ['react.js', 'react', 'umd/react.production.min.js', 'text/javascript'],
  ['react-dom.js', 'react-dom', 'umd/react-dom.production.min.js', 'text/javascript'],
  ['graphiql.js', 'graphiql', 'graphiql.min.js', 'text/javascript'],
  ['graphiql.css', 'graphiql', 'graphiql.min.css', 'text/css'],
] as const

const contentPolicy =
  "default-src 'self'; script-src 'self' 'sha256-HASH'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:"

const script = `
const fetcher = async (params, { headers } = {}) => {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(params),
  })
  return response.json()
}
ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: ${JSON.stringify(tabs)},
    defaultHeaders: ${JSON.stringify(firstHeaders)},
    shouldPersistHeaders: true,
    schemaDescription: true,
  }),
)`

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Wordloom: GraphiQL</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/graphiql/graphiql.css" />
    <style>
      body { margin: 0; }
      #graphiql { height: 100vh; }
    </style>
  </head>
  <body>
    <div id="graphiql">Loading…</div>
    <script src="/graphiql/react.js"></script>
    <script src="/graphiql/react-dom.js"></script>
    <script src="/graphiql/graphiql.js"></script>
    <script>${script}</script>
  </body>
</html>
`

/**
 * Serves GraphiQL at `/graphiql`, all from npm packages, so that it works without the internet. `onRequest` lets people
 * sign in first.
 */
export function explorerRoutes(
  app: FastifyInstance,
  hashOf: (text: string) => string,
  onRequest: onRequestAsyncHookHandler[],
) {
  const policy = contentPolicy.replace('HASH', hashOf(script))
  app.get('/graphiql', { onRequest }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page),
  )
  for (const [name, module, path, type] of assets) {
    const file = join(dirname(require.resolve(`${module}/package.json`)), path)
    app.get(`/graphiql/${name}`, async (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .header('cache-control', 'public, max-age=86400')
        .send(await readFile(file)),
    )
  }
  app.get('/', (_request, reply) => reply.redirect('/graphql'))
}

/** Answers requests for an explorer where there is none. */
export const refuseExplorer = (reply: FastifyReply) =>
  refuse(
    reply,
    404,
    'NOT_FOUND',
    'The explorers are switched off on this server (EXPLORERS=false). Send operations to /graphql by POST.',
  )

/** Says at the addresses of the explorers that there are none. */
export function withoutExplorers(app: FastifyInstance) {
  for (const path of ['/', '/graphiql', '/graphiql/*'])
    app.get(path, (_request, reply) => refuseExplorer(reply))
}
