import { createHash, randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { defaultWorkspaceId } from '../../src/domain/access.ts'
import { useBrowser, withBrowser } from '../support/browser.ts'
import { queryDatabase } from '../support/library/library.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

const password = 'correct horse battery'

/** Where to leave pictures of the pages, to look at. */
const pictures = process.env['WORDLOOM_PAGE_PICTURES']

interface Answer {
  readonly data: Record<string, unknown> | null
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}

describe.skipIf(!withBrowser)('people in a browser', () => {
  const browser = useBrowser()
  let server: RunningServer
  let base: string

  beforeAll(async () => {
    server = await startServer({ SIGN_IN: 'true', LOG_LEVEL: 'info' })
    // Passkeys are of a host, which for a server of this machine is `localhost`.
    base = server.url.replace('127.0.0.1', 'localhost')
  })

  /** A page in a browser of its own, and what its console complains about. */
  async function open(locale = 'en-GB') {
    const context = await browser().newContext({ locale })
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    return { page, complaints }
  }

  /** Pictures of a page in both languages, on a desk and on a phone. */
  async function picture(page: Page, name: string) {
    if (pictures === undefined) return
    await mkdir(pictures, { recursive: true })
    const address = page.url()
    for (const [lang, width] of [
      ['en', 1000],
      ['zh', 360],
      ['en', 360],
    ] as const) {
      const url = new URL(address)
      url.searchParams.set('lang', lang)
      await page.setViewportSize({ width, height: 700 })
      await page.goto(url.href)
      await page.screenshot({ path: `${pictures}/${name}-${lang}-${width}.png`, fullPage: true })
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      expect([name, lang, width, overflow]).toEqual([name, lang, width, 0])
    }
    await page.setViewportSize({ width: 1000, height: 700 })
    await page.goto(address)
  }

  /** A virtual authenticator, as one of a device with a fingerprint. */
  async function addAuthenticator(page: Page) {
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
  }

  /** Asks the API with the session of the page. */
  const ask = (page: Page, query: string) =>
    page.evaluate(
      async ({ query: text }) => {
        const response = await fetch('/graphql', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ query: text }),
        })
        return (await response.json()) as Answer
      },
      { query },
    )

  async function signIn(page: Page, email: string) {
    await page.goto(`${base}/sign-in`)
    await page.getByLabel('Email').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL('**/account')
  }

  async function register(page: Page, path: string, name: string) {
    await page.goto(`${base}${path}`)
    await picture(page, `invitation-of-${name}`)
    await page.getByLabel('Name').fill(name)
    await page.getByLabel('Email').fill(`${name}@example.org`)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByText('Welcome. You are a member now.').waitFor()
  }

  /** The path of an invitation as a viewer into the default workspace. */
  async function invite() {
    const secret = randomBytes(32).toString('base64url')
    const hash = createHash('sha256').update(secret).digest('hex')
    await queryDatabase(
      server,
      `insert into invitations (workspace_id, id, role, secret_hash, created_by, created_at, expires_at)
       select '${defaultWorkspaceId}', gen_random_uuid(), 'VIEWER', '\\x${hash}', id, now(), now() + interval '1 hour'
       from users where email = 'ada@example.org'`,
    )
    return `/invitations/${secret}`
  }

  test('the first person comes by the link in the log and signs in by password and by passkey', async () => {
    const { page, complaints } = await open()
    await addAuthenticator(page)
    const [setup = ''] = /\/invitations\/[\w-]+/.exec(server.output()) ?? []
    await register(page, setup, 'ada')
    await page.getByText('Owner').waitFor()

    await page.getByLabel('Name of the passkey').fill('My laptop')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
    await page.getByText('The passkey is added.').waitFor()
    await page.getByText('My laptop').waitFor()
    await picture(page, 'account')

    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('You are signed out.').waitFor()
    await page.goto(`${base}/graphiql`)
    await page.waitForURL('**/sign-in?next=%2Fgraphiql')
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await page.waitForURL('**/graphiql')
    await page.locator('.graphiql-container').waitFor()
    expect(await ask(page, '{ viewer { name } workspace { id } }')).toMatchObject({
      data: { viewer: { name: 'ada' }, workspace: { id: defaultWorkspaceId } },
    })

    await page.goto(`${base}/account`)
    await page.getByRole('listitem').filter({ hasText: 'My laptop' }).getByRole('button').click()
    await page.getByText('The passkey is removed.').waitFor()
    expect(complaints).toEqual([])
  })

  test('a person who is invited sees the shared workspace alone and, as a viewer, changes nothing', async () => {
    const { page: owner } = await open()
    await signIn(owner, 'ada@example.org')
    const made = await ask(owner, 'mutation { createWorkspace(input: { name: "Private" }) { __typename } }')
    expect(made.data).toEqual({ createWorkspace: { __typename: 'CreateWorkspaceSuccess' } })

    const { page, complaints } = await open()
    await register(page, await invite(), 'grace')
    const workspaces = page.locator('section', { hasText: 'grace@example.org' }).getByRole('listitem')
    expect(await workspaces.count()).toBe(1)
    expect(await workspaces.textContent()).toMatch(/Viewer/)
    const shelf = await ask(page, 'mutation { createBookshelf(input: { name: "A" }) { __typename } }')
    expect(shelf.errors?.[0]).toMatchObject({
      message: 'Your role VIEWER does not allow this.',
      extensions: { code: 'FORBIDDEN' },
    })
    expect(complaints.filter((text) => !text.includes('403'))).toEqual([])
  })

  test('a session that ended everywhere leads to sign in', async () => {
    const [here, there] = [await open('zh-CN'), await open()]
    await signIn(there.page, 'ada@example.org')
    await here.page.goto(`${base}/sign-in`)
    await here.page.getByLabel('邮箱').fill('ada@example.org')
    await here.page.getByLabel('密码').fill('wrong password')
    await here.page.getByRole('button', { name: '登录', exact: true }).click()
    await here.page.getByText('邮箱或密码不正确。').waitFor()
    expect(await here.page.getByLabel('邮箱').inputValue()).toBe('ada@example.org')
    await here.page.getByLabel('密码').fill(password)
    await here.page.getByRole('button', { name: '登录', exact: true }).click()
    await here.page.getByRole('heading', { name: '您的账号' }).waitFor()
    await here.page.getByRole('button', { name: '在所有设备上退出' }).click()
    await here.page.getByText('您已退出登录。').waitFor()
    await there.page.goto(`${base}/account`)
    await there.page.waitForURL('**/sign-in?next=%2Faccount')
    const answer = await ask(there.page, '{ workspace { id } }')
    expect(answer.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  })

  test('the pages work without JavaScript', async () => {
    const context = await browser().newContext({ locale: 'en-GB', javaScriptEnabled: false })
    const page = await context.newPage()
    await signIn(page, 'grace@example.org')
    await page.getByText('Passkeys need JavaScript').waitFor()
    await page.getByLabel('Name', { exact: true }).fill('Grace H')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Your name is saved.').waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('You are signed out.').waitFor()
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.getByText('This server sends no mail.').waitFor()
    await context.close()
  })

  test.runIf(pictures !== undefined)('the other pages are pictured', async () => {
    const { page } = await open()
    for (const [name, path] of [
      ['sign-in', '/sign-in'],
      ['forgot', '/forgot-password'],
      ['reset', '/reset-password?token=x'],
      ['gone', '/invitations/nothing'],
    ] as const) {
      await page.goto(`${base}${path}`)
      await picture(page, name)
    }
  })
})
