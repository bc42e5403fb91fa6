import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const page = 'test/e2e/frontend'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
}

/** Makes the types of the page's operations, checks the page with them, and bundles it into a folder. */
async function buildFrontend(folder: string) {
  const node = (program: string, ...args: string[]) =>
    run(process.execPath, [join('node_modules', program), ...args], {
      cwd: root,
      env: { ...process.env, NODE_ENV: 'development' },
    }).catch((error: unknown) => {
      throw new Error(`${program}: ${(error as { stdout: string }).stdout}`, { cause: error })
    })
  await node('@graphql-codegen/cli/esm/bin.js', '--config', `${page}/codegen.ts`)
  await node('typescript/bin/tsc', '--noEmit', '-p', page)
  await node('vite/bin/vite.js', 'build', page, '--mode', 'development', '--outDir', folder, '--emptyOutDir')
}

/** Serves the page from an origin of its own. */
export async function serveFrontend() {
  const folder = await mkdtemp(join(tmpdir(), 'wordloom-page-'))
  await buildFrontend(folder)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://page')
    const file = pathname === '/' ? '/index.html' : pathname
    readFile(join(folder, file)).then(
      (bytes) => response.setHeader('content-type', types[extname(file)] ?? 'text/plain').end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://localhost:${port}`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await rm(folder, { recursive: true })
    },
  }
}
