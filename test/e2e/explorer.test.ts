import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useBrowser, withBrowser } from '../support/browser.ts'
import { Client } from '../support/client.ts'
import { makeLibrary } from '../support/library/library.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

let server: RunningServer
beforeAll(async () => {
  server = await startServer()
  await makeLibrary(new Client(server.url), 'Shown in the explorer')
})

const asBrowser = { headers: { accept: 'text/html' } }

test('a browser gets Apollo Sandbox at the address of the API, with the first query in it', async () => {
  const response = await fetch(`${server.url}/graphql`, asBrowser)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch(/^text\/html/)
  const page = await response.text()
  expect(page).toContain('embeddable-sandbox')
  expect(page).toContain('Welcome to Wordloom')
  expect(page).toContain('query Library')
})

test('without the internet the page of Apollo Sandbox leads to GraphiQL', async () => {
  const page = await (await fetch(`${server.url}/graphql`, asBrowser)).text()
  expect(page).toMatch(/<div class="fallback">\s*<h1>Wordloom<\/h1>[\s\S]*href="\/graphiql"/)
  expect(page).not.toContain('Welcome to Apollo Server')
})

test('the address of the server leads to the explorer', async () => {
  const response = await fetch(server.url, asBrowser)
  expect(response.url).toBe(`${server.url}/graphql`)
  expect(await response.text()).toContain('Welcome to Wordloom')
})

test('GraphiQL and everything it loads come from this server', async () => {
  const response = await fetch(`${server.url}/graphiql`, asBrowser)
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  const page = await response.text()
  const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '')
  const addresses = loaded.filter((address) => address !== 'data:,')
  expect(addresses.length).toBeGreaterThan(3)
  for (const address of addresses) {
    expect(address).toMatch(/^\/graphiql\//)
    const asset = await fetch(server.url + address)
    expect(asset.status).toBe(200)
    expect(asset.headers.get('content-type')).toMatch(/^text\/(javascript|css)/)
    expect((await asset.text()).length).toBeGreaterThan(1000)
  }
})

describe.skipIf(!withBrowser)('in a browser', () => {
  const browser = useBrowser()

  /** A page with everything it complains about and asks others for. */
  async function openPage() {
    const page = await browser().newPage({ viewport: { width: 1280, height: 800 } })
    const complaints: string[] = []
    const elsewhere: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      const address = request.url()
      if (!/^(data|blob):/.test(address) && !address.startsWith(server.url)) elsewhere.push(address)
    })
    return { page, complaints, elsewhere }
  }

  const run = (page: Page) => page.getByRole('button', { name: /execute query/i }).click()
  const shown = (page: Page) => page.locator('.result-window')

  test('GraphiQL opens without complaint, and its first query shows the library', async () => {
    const { page, complaints, elsewhere } = await openPage()
    await page.goto(`${server.url}/graphiql`)
    await run(page)
    const choice = page.getByRole('menuitem', { name: 'Library' })
    await choice.click()
    await shown(page).getByText('Shown in the explorer').waitFor()
    if (process.env['SCREENSHOT']) await page.screenshot({ path: process.env['SCREENSHOT'] })

    await run(page)
    await page.getByRole('menuitem', { name: 'FirstBookshelf' }).click()
    await shown(page).getByText('createBookshelf').waitFor()
    expect(await shown(page).innerText()).toContain('Reading')
    expect(complaints).toEqual([])
    expect(elsewhere).toEqual([])
    await page.close()
  })

  test('without the internet a click leads from the address of the API to GraphiQL', async () => {
    const { page } = await openPage()
    await page.route(/^(?!http:\/\/127\.0\.0\.1)/, (route) => route.abort())
    await page.goto(`${server.url}/graphql`)
    await page.getByRole('link', { name: /GraphiQL/ }).click()
    await page.waitForURL(`${server.url}/graphiql`)
    await page.getByRole('button', { name: /execute query/i }).waitFor()
    await page.close()
  })

  test('GraphiQL opens with a tab for each main task, and with the header of the workspace', async () => {
    const { page, complaints } = await openPage()
    const workspaces: (string | undefined)[] = []
    page.on('request', (request) => void workspaces.push(request.headers()['x-workspace-id']))
    await page.goto(`${server.url}/graphiql`)
    const tabs = page.getByRole('tab')
    await tabs.nth(4).waitFor()
    expect(await tabs.allInnerTexts()).toHaveLength(5)
    await tabs.nth(4).click()
    await run(page)
    await page.getByRole('menuitem', { name: 'Storage' }).click()
    await shown(page).getByText('limitBytes').waitFor()
    expect(workspaces).toContain('01900000-0000-7000-8000-000000000001')
    await page.getByRole('button', { name: 'Headers' }).click()
    await page.getByText('X-Workspace-Id', { exact: false }).first().waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })

  test('GraphiQL knows the documentation of the schema', async () => {
    const { page, complaints } = await openPage()
    await page.goto(`${server.url}/graphiql`)
    await page.getByRole('button', { name: /documentation explorer/i }).click()
    await page.locator('.graphiql-plugin').getByText('bookshelves hold books', { exact: false }).waitFor()
    await page.locator('.graphiql-plugin').getByText('Mutation', { exact: true }).click()
    await page.locator('.graphiql-plugin').getByText('uploadMedia').first().waitFor()
    expect(complaints).toEqual([])
    await page.close()
  })
})
