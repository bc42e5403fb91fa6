import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useBrowser, withBrowser } from '../support/browser.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

/** Runs in the page: what a request comes to. */
const tried = (request: string) =>
  `${request}.then(async (response) => ({ status: response.status, id: response.headers.get('x-request-id')?.length }), String)`

const withHeaders = (url: string) =>
  tried(`fetch('${url}/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: 'Bearer later',
      'apollographql-client-name': 'frontend',
      'apollographql-client-version': '1.0.0',
      'x-apollo-operation-id': 'a',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
    body: '{"query":"{ __typename }"}',
  })`)

const byGet = (url: string) => tried(`fetch('${url}/graphql?query={__typename}')`)

describe.skipIf(!withBrowser)('a page of another origin', () => {
  const browser = useBrowser()
  const servers: { own?: RunningServer; closed?: RunningServer } = {}
  const pages = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><link rel="icon" href="data:,">')
  })
  beforeAll(async () => {
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
    servers.own = await startServer()
    servers.closed = await startServer({ CORS_ORIGINS: 'https://app.example', TIMEZONE: 'UTC' })
  })
  afterAll(() => pages.close())

  const urlOf = (name: keyof typeof servers) => servers[name]?.url ?? ''
  async function open(host: string): Promise<Page> {
    const page = await browser().newPage()
    await page.goto(`http://${host}:${(pages.address() as AddressInfo).port}`)
    return page
  }

  test.each(['localhost', '127.0.0.1'])(
    'at %s uses the API with the headers of its client and by GET',
    async (host) => {
      const page = await open(host)
      const answered = { status: 200, id: 36 }
      expect(await page.evaluate(withHeaders(urlOf('own')))).toEqual(answered)
      expect(await page.evaluate(byGet(urlOf('own')))).toEqual(answered)
      await page.close()
    },
  )

  test.each(['localhost', '127.0.0.1'])(
    'at %s reads nothing when it is not listed, and cannot have a query run by a picture',
    async (host) => {
      const page = await open(host)
      expect(await page.evaluate(withHeaders(urlOf('closed')))).toContain('Failed to fetch')
      expect(await page.evaluate(byGet(urlOf('closed')))).toContain('Failed to fetch')
      for (const name of ['own', 'closed'] as const) {
        // The log shows this parameter, and hides the query.
        const mark = `lang=${host}`
        const path = `/graphql?query={from:__typename}&${mark}`
        await page.evaluate(`void (new Image().src = '${urlOf(name)}${path}')`)
        const line = () =>
          servers[name]
            ?.output()
            .split('\n')
            .find((text) => text.includes(mark)) ?? ''
        await expect.poll(line).toContain('"statusCode":400')
      }
      expect(servers.closed?.output()).toContain('TIMEZONE. Did you mean TIME_ZONE?')
      expect(servers.closed?.output()).toContain('not in CORS_ORIGINS tried to use the API')
      await page.close()
    },
  )
})
