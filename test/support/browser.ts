import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
]

/** Whether there is a browser to test in. */
export const withBrowser = existsSync(executablePath)
if (!withBrowser) console.log(`No test in a browser: there is no ${executablePath}. Set CHROMIUM.`)

/** A browser for the tests of a `describe`, with a profile of its own. */
export function useBrowser() {
  const opened: { browser?: Browser; profile?: string } = {}
  beforeAll(async () => {
    opened.profile = await mkdtemp(join(tmpdir(), 'wordloom-browser-'))
    // The browser keeps its own files below HOME.
    const env = { ...process.env, HOME: opened.profile }
    opened.browser = await chromium.launch({ executablePath, args: flags, env })
  })
  afterAll(async () => {
    await opened.browser?.close()
    if (opened.profile) await rm(opened.profile, { recursive: true, force: true })
  })
  return () => {
    if (!opened.browser) throw new Error('The browser is there from beforeAll on.')
    return opened.browser
  }
}
