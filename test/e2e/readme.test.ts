import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'
import { runShell } from '../support/shell.ts'

cleanUpServers()

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** The requests of the README, as they are pasted one after the other into one terminal. */
const pasted = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .map(([, text = '']) => text)
  .filter((text) => text.includes('curl'))

let server: RunningServer
let output = ''
beforeAll(async () => {
  server = await startServer()
  const script = pasted.map((text) => `${text}\necho\n`).join('')
  output = await runShell(script.replaceAll('http://127.0.0.1:4000', server.url))
})

test('the requests of the README work in order', () => {
  expect(pasted.length).toBeGreaterThan(5)
  expect(output).not.toMatch(/"errors"|"message"|"error"/)
  expect(output).toMatch(/Bookshelf [-\da-f]{36}, book [-\da-f]{36}, block [-\da-f]{36}\n/)
  expect(output).toContain('"content":"Another text"')
  expect(output).toContain('"revision":3')
  expect(output).toMatch(/"tag":\{"name":"Astronomy 天文"/)
  expect(output).toContain('"original_name":"coffee.webp"')
})

test('the URL of the upload shows a picture', async () => {
  const url = /"media":\{"url":"([^"]+)"/.exec(output)?.[1] ?? ''
  expect((await fetch(url)).headers.get('content-type')).toBe('image/webp')
})
