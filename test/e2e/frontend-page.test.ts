import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useBrowser, withBrowser } from '../support/browser.ts'
import { Client } from '../support/client.ts'
import { serveFrontend } from '../support/frontend.ts'
import { photographFile } from '../support/media/pictures.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()

interface Created {
  readonly bookshelf?: { readonly id: string }
  readonly book?: { readonly id: string }
  readonly block?: { readonly id: string }
}

describe.skipIf(!withBrowser)('a page of another origin', () => {
  const browser = useBrowser()
  let server: RunningServer
  let client: Client
  let frontend: Awaited<ReturnType<typeof serveFrontend>>
  const books: string[] = []

  const create = async (mutation: string, fields: string, input: object) => {
    const document = `mutation($input: ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Input!) {
      made: ${mutation}(input: $input) { ... on ${mutation[0]?.toUpperCase()}${mutation.slice(1)}Success { ${fields} } } }`
    const answer = await client.send(document, { input })
    return (answer.data as { made: Created }).made
  }

  beforeAll(async () => {
    ;[server, frontend] = await Promise.all([startServer(), serveFrontend()])
    client = new Client(server.url)
    const travels = await create('createBookshelf', 'bookshelf { id }', { name: 'Travels' })
    await create('createBookshelf', 'bookshelf { id }', { name: 'Archive' })
    for (let number = 1; number <= 24; number += 1) {
      const input = { bookshelfId: travels.bookshelf?.id, title: `Journey ${number}` }
      books.push((await create('createBook', 'book { id }', input)).book?.id ?? '')
    }
    const { block } = await create('createBlock', 'block { id }', { bookId: books[0], content: 'A picture' })
    const slot = { ownerType: 'BLOCK', ownerId: block?.id, role: 'IMAGE' }
    const file = new Blob([Uint8Array.from(await photographFile('rocket.jpg'))])
    await client.upload({ slot }, file, 'rocket.jpg')
    await client.upload(
      { slot: { ownerType: 'BOOKSHELF', ownerId: travels.bookshelf?.id, role: 'COVER' } },
      file,
      'shelf.jpg',
    )
  })
  afterAll(() => frontend.close())

  /** The page with the shelf open, what its console complains about, and where else it asks. */
  async function openShelf() {
    const page = await browser().newPage()
    const complaints: string[] = []
    const elsewhere: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      const url = request.url()
      const isOwn = [server.url, frontend.origin].some((origin) => url.startsWith(origin))
      if (!isOwn && !/^(data|blob):/.test(url)) elsewhere.push(url)
    })
    await page.goto(`${frontend.origin}/?api=${server.url}`)
    await page.getByRole('button', { name: 'Travels' }).click()
    await page.getByRole('heading', { name: 'Travels' }).waitFor()
    const expectQuiet = () => {
      expect({ complaints, elsewhere }).toEqual({ complaints: [], elsewhere: [] })
    }
    return { page, expectQuiet }
  }

  const card = (page: Page, title: string) => page.getByRole('listitem', { name: title, exact: true })
  const count = (page: Page) => page.getByTestId('count').textContent()
  const isShown = (page: Page, title: string) =>
    card(page, title)
      .locator('img')
      .evaluate((image) => (image as unknown as { decode(): Promise<void> }).decode())

  test('shows shelves with covers, and the next page of a shelf', async () => {
    const { page, expectQuiet } = await openShelf()
    await page
      .getByRole('list', { name: 'Bookshelves' })
      .locator('img')
      .evaluate((image) => (image as unknown as { decode(): Promise<void> }).decode())
    expect(await count(page)).toBe('20 of 24 books')
    await page.getByRole('button', { name: 'More' }).click()
    await card(page, 'Journey 24').waitFor()
    expect(await count(page)).toBe('24 of 24 books')
    expectQuiet()
  })

  test('makes a picture of a block the cover of a book, without an upload', async () => {
    const { page, expectQuiet } = await openShelf()
    const storage = await page.getByTestId('storage').textContent()
    const book = card(page, 'Journey 1')
    await book.getByRole('button', { name: 'Choose a cover' }).click()
    await book.getByRole('textbox', { name: 'Search pictures' }).fill('ROCK')
    await book.getByRole('button', { name: 'rocket.jpg' }).click()
    await isShown(page, 'Journey 1')
    await page.reload()
    expect(await page.getByTestId('storage').textContent()).toBe(storage)
    expectQuiet()
  })

  test('copies a book with its cover', async () => {
    const { page, expectQuiet } = await openShelf()
    await card(page, 'Journey 1').getByRole('button', { name: 'Copy' }).click()
    await expect.poll(() => count(page)).toContain('of 25 books')
    expectQuiet()
  })

  test('moves the chosen books to another shelf at once', async () => {
    const { page, expectQuiet } = await openShelf()
    for (const title of ['Journey 5', 'Journey 3']) await card(page, title).getByRole('checkbox').check()
    await page.getByRole('button', { name: 'Move to Archive' }).click()
    await card(page, 'Journey 3').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Archive', exact: true }).click()
    await card(page, 'Journey 3').waitFor()
    const shown = await page
      .getByRole('list', { name: 'Books' })
      .getByRole('textbox', { name: 'Title' })
      .all()
    expect(await Promise.all(shown.map((title) => title.inputValue()))).toEqual(['Journey 5', 'Journey 3'])
    expectQuiet()
  })

  test('shows what somebody else wrote before it is overwritten', async () => {
    const { page, expectQuiet } = await openShelf()
    const title = card(page, 'Journey 7').getByRole('textbox', { name: 'Title' })
    await title.fill('Mine')
    await client.send('mutation($input: UpdateBookInput!) { updateBook(input: $input) { __typename } }', {
      input: { bookId: books[6], title: 'Theirs' },
    })
    await title.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Conflict' })
    await dialog.getByText('Somebody wrote: Theirs').waitFor()
    await dialog.getByRole('button', { name: 'Keep mine' }).click()
    await card(page, 'Mine').waitFor()
    expectQuiet()
  })

  test('uploads a cover with progress, and the storage in use is read again in the same request', async () => {
    const { page, expectQuiet } = await openShelf()
    const storage = await page.getByTestId('storage').textContent()
    const book = card(page, 'Journey 8')
    const buffer = await photographFile('upright-coffee.jpg')
    await book
      .getByLabel('Upload a cover')
      .setInputFiles({ name: 'coffee.jpg', mimeType: 'image/jpeg', buffer })
    await book.getByText('INSERT').waitFor()
    expect(await book.getByRole('progressbar').getAttribute('value')).toBe('1')
    await isShown(page, 'Journey 8')
    expect(await page.getByTestId('storage').textContent()).not.toBe(storage)
    expectQuiet()
  })

  test('offers to restore what another tab has trashed', async () => {
    const stale = await openShelf()
    const { page, expectQuiet } = await openShelf()
    await card(page, 'Journey 9').getByRole('button', { name: 'Trash' }).click()
    await card(page, 'Journey 9').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Open the trash' }).click()
    await page.getByText(/^Journey 9, from Travels/).waitFor()

    const title = card(stale.page, 'Journey 9').getByRole('textbox', { name: 'Title' })
    await title.fill('Journey nine')
    await title.press('Enter')
    await stale.page.getByRole('button', { name: 'Restore it' }).click()
    await card(stale.page, 'Journey 9').getByRole('textbox', { name: 'Title' }).waitFor()
    stale.expectQuiet()
    expectQuiet()
  })
})
