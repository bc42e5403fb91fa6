import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDb } from '../../src/db/client.ts'
import { openMediaUrls } from '../../src/usecases/media/media-urls.ts'
import { useBrowser, withBrowser } from '../support/browser.ts'
import { removeTemporaryFolders, temporaryFolder } from '../support/builders.ts'
import { Client } from '../support/client.ts'
import { statedFile, zipOf } from '../support/media/archives.ts'
import { pdfOf, recording } from '../support/media/documents.ts'
import { makeClip } from '../support/media/clips.ts'
import { makeLibrary } from '../support/library/library.ts'
import { oddSvg } from '../support/media/odd-svg.ts'
import { claimOf, withClaims } from '../support/media/signed-url.ts'
import { photograph } from '../support/media/pictures.ts'
import { until } from '../support/processes.ts'
import { programs } from '../support/programs.ts'
import { cleanUpServers, type RunningServer, startServer } from '../support/server.ts'

cleanUpServers()
removeTemporaryFolders()

/** Runs in the page: seeks into the middle of its video and plays a second of it. */
const playFromTheMiddle = `(async () => {
  const video = document.querySelector('video')
  const event = (name) =>
    new Promise((resolve, reject) => {
      video.addEventListener(name, resolve, { once: true })
      video.addEventListener('error', () => reject(new Error(video.error.message)), { once: true })
    })
  if (video.readyState < video.HAVE_METADATA) await event('loadedmetadata')
  video.currentTime = video.duration / 2
  await event('seeked')
  const { currentTime: sought, readyState: state, duration, videoWidth: width } = video
  await video.play()
  while (video.currentTime < sought + 1) await event('timeupdate')
  return { duration, width, sought, state, played: video.currentTime }
})()`

interface Media {
  readonly id: string
  readonly url: string
  readonly thumbnailUrl: string
}

describe.skipIf(!withBrowser)('in a browser', () => {
  const browser = useBrowser()
  let server: RunningServer
  let blockId: string

  /** Another site: it serves pages, and hears what comes to it. */
  const asked: string[] = []
  const pages = new Map<string, { type: string; body: string }>()
  const elsewhere = createServer(({ url = '' }, response) => {
    const page = pages.get(url)
    if (!page) asked.push(url)
    response.writeHead(page ? 200 : 404, { 'content-type': page?.type ?? 'text/plain' }).end(page?.body)
  })
  const far = () => `http://localhost:${(elsewhere.address() as AddressInfo).port}`

  beforeAll(async () => {
    server = await startServer()
    blockId = (await makeLibrary(new Client(server.url))).blockId
    await new Promise<void>((resolve) => elsewhere.listen(0, 'localhost', resolve))
  })
  afterAll(() => elsewhere.close())

  async function upload(bytes: Buffer, fileName: string, role = 'IMAGE'): Promise<Media> {
    const slot = { ownerType: 'BLOCK', ownerId: blockId, role }
    const answer = await new Client(server.url).upload({ slot }, new Blob([new Uint8Array(bytes)]), fileName)
    const { uploadMedia } = answer.data as { uploadMedia?: { media?: Media } }
    if (!uploadMedia?.media) throw new Error(JSON.stringify(answer))
    return uploadMedia.media
  }

  async function openPage(body = ''): Promise<Page> {
    const path = `/page-${pages.size}`
    pages.set(path, { type: 'text/html', body: `<!doctype html><link rel="icon" href="data:,">${body}` })
    const page = await browser().newPage()
    await page.goto(far() + path)
    return page
  }

  /** How wide a page of another site shows a picture; null when it does not. */
  const widthIn = (page: Page, url: string) =>
    page.evaluate<number | null>(`new Promise((resolve) => {
      const image = new Image()
      image.onload = () => resolve(image.naturalWidth)
      image.onerror = () => resolve(null)
      image.src = ${JSON.stringify(url)}
    })`)

  test('a page of another site shows a picture by its signed URL, and fetches it once', async () => {
    const { id, url, thumbnailUrl } = await upload(await photograph(), '照片.jpg')
    const page = await openPage()
    for (let visit = 0; visit < 3; visit += 1) {
      expect(await widthIn(page, url)).toBeGreaterThan(100)
      expect(await widthIn(page, thumbnailUrl)).toBeGreaterThan(100)
      await page.goto(`${far()}/page-0`)
    }
    expect(server.output().split(`/media/${id}?`)).toHaveLength(2)
    expect(server.output().split(`/media/${id}/thumbnail?`)).toHaveLength(2)
    await page.close()
  })

  test('an altered and an expired URL show nothing, and say what to do', async () => {
    const { id, url } = await upload(await photograph(), 'picture.jpg')
    const page = await openPage()
    const db = openDb(
      { host: join(server.dataDir, 'socket'), port: 5432, user: 'wordloom', database: 'wordloom' },
      1,
      () => {},
    )
    const lastWeek = () => new Date(Date.now() - 7 * 24 * 3_600_000)
    const { workspaceId } = claimOf(url)
    const past = openMediaUrls({ db, now: lastWeek }, { hours: 24, windowHours: 24 })
    const expired = server.url + (await past.sign({ id, workspaceId, trashed: false }))
    await db.close()
    for (const [bad, code] of [
      [url.slice(0, -1), 'MEDIA_URL_INVALID'],
      [withClaims(url, { expires: 0xffffffff }), 'MEDIA_URL_INVALID'],
      [expired, 'MEDIA_URL_EXPIRED'],
    ] as const) {
      expect(await widthIn(page, bad)).toBeNull()
      const opened = await page.goto(bad)
      expect(opened?.status()).toBe(403)
      expect(await page.content()).toContain(code)
      await page.goto(far() + '/page-0')
    }
    expect(await widthIn(page, url)).toBeGreaterThan(100)
    await page.close()
  })

  /** Opens an SVG in every way there is, and clicks it. */
  async function openEveryWay(url: string) {
    const direct = await browser().newPage()
    // What is downloaded is no page.
    await direct.goto(url).catch(() => {})
    await direct.mouse.click(200, 200)
    const embedded = await openPage(
      `<title>page</title><img src="${url}"><iframe src="${url}"></iframe>
       <object data="${url}" type="image/svg+xml"></object><embed src="${url}">`,
    )
    await embedded.mouse.click(200, 200)
    return [direct, embedded]
  }

  /** The same, for so long that one which nobody keeps from it has run and fetched; gives what else was asked for. */
  async function openOdd(url: string) {
    asked.length = 0
    const opened = await openEveryWay(url)
    // As a server that knows nothing of this would send it; the browser asks for an icon by itself.
    pages.set('/favicon.ico', { type: 'image/png', body: '' })
    pages.set('/odd.svg', { type: 'image/svg+xml', body: oddSvg(`${far()}/free`) })
    const free = await openEveryWay(`${far()}/odd.svg`)
    const ofFree = () => new Set(asked.filter((path) => path.startsWith('/free/')))
    const surely = ['/script', '/onload', '/image', '/use.svg'].map((path) => `/free${path}`)
    await until(() => ofFree().size > 12 && surely.every((path) => ofFree().has(path)))
    const titles = await Promise.all(opened.map((page) => page.title()))
    for (const page of [...opened, ...free]) await page.close()
    return { asked: asked.filter((path) => !ofFree().has(path)), titles }
  }

  test('an SVG in which everything runs elsewhere runs and fetches nothing here', async () => {
    const svg = oddSvg(far())
    const { url, thumbnailUrl } = await upload(Buffer.from(svg), 'odd.svg')
    expect(await openOdd(url)).toEqual({ asked: [], titles: ['still', 'page'] })
    expect(await openOdd(`${url}&download=`)).toMatchObject({ asked: [] })
    asked.length = 0
    const page = await openPage()
    expect(await widthIn(page, url)).toBe(400)
    expect(await widthIn(page, thumbnailUrl)).toBe(320)
    expect(asked).toEqual([])
    await page.close()
  })

  /** Files in which a script or a link would run or fetch something, if anything took them for what they pretend to be. */
  const hostile = (to: string): Readonly<Record<string, Buffer>> => {
    const html =
      `<!DOCTYPE html><title>ran</title><script>fetch('${to}/script'); document.title = 'ran'</script>` +
      `<img src="${to}/image">`
    const action = `/OpenAction << /S /JavaScript /JS (app.launchURL\\("${to}/pdf"\\); app.alert\\(1\\)) >>`
    return {
      'page.html': Buffer.from(html),
      'page.svg': Buffer.from(`A text ${oddSvg(to)}`),
      'run.js': Buffer.from(`document.title = 'ran'; fetch('${to}/run')`),
      'style.css': Buffer.from(`body { background: url("${to}/style") }`),
      'page.json': Buffer.from(JSON.stringify({ html })),
      'report.pdf': pdfOf({ catalogue: action }),
      'page.pdf': Buffer.concat([pdfOf(), Buffer.from(html), Buffer.from(oddSvg(to))]),
      'book.epub': statedFile('application/epub+zip', html),
      'page.zip': Buffer.concat([zipOf([html, '', 'stored'])]),
      'wide.html': Buffer.from(`\ufeff${html}`, 'utf16le'),
    }
  }

  test('a document in which something would run elsewhere runs and fetches nothing here', async () => {
    for (const [name, bytes] of Object.entries(hostile(far()))) {
      const { url } = await upload(bytes, name, 'ATTACHMENT')
      asked.length = 0
      const saved = browser().newPage()
      const direct = await saved
      const download = direct.waitForEvent('download')
      await direct.goto(url).catch(() => {})
      expect((await download).suggestedFilename(), name).toBe(name)
      const embedded = await openPage(
        `<title>page</title><img src="${url}"><iframe src="${url}"></iframe><object data="${url}"></object>
         <embed src="${url}"><script src="${url}"></script><link rel="stylesheet" href="${url}">
         <script type="module" src="${url}"></script><iframe sandbox="allow-scripts" src="${url}"></iframe>`,
      )
      await embedded.mouse.click(200, 200)
      // The same as a server that knows nothing of this would send it, so that there was time to run.
      pages.set('/free.html', {
        type: 'text/html',
        body: hostile(`${far()}/free`)['page.html']?.toString() ?? '',
      })
      const free = await openPage(`<iframe src="${far()}/free.html"></iframe>`)
      await until(() => ['/free/script', '/free/image'].every((path) => asked.includes(path)))
      expect([await embedded.title(), asked.filter((path) => !path.startsWith('/free/'))], name).toEqual([
        'page',
        [],
      ])
      for (const page of [direct, embedded, free]) await page.close()
    }
  })

  test('a recording plays by its signed URL', async () => {
    const { url } = await upload(await recording('sine.mp3'), 'voice.mp3', 'ATTACHMENT')
    const page = await openPage(`<audio preload="metadata" src="${url}"></audio>`)
    const duration = await page.evaluate<number>(`new Promise((resolve, reject) => {
      const audio = document.querySelector('audio')
      const heard = () => resolve(audio.duration)
      if (audio.readyState > 0) heard()
      audio.addEventListener('loadedmetadata', heard)
      audio.addEventListener('error', () => reject(new Error(audio.error.message)))
    })`)
    expect(duration).toBeGreaterThan(0.9)
    await page.close()
  })

  test.skipIf(programs.ffmpeg === null)('a video plays by its signed URL, from its middle too', async () => {
    // Noise, so that it is too large to be fetched as a whole at the beginning.
    const source = ['-f', 'lavfi', '-i', 'testsrc=d=40:r=10:s=320x240,noise=alls=60:allf=t']
    const codec = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '6M']
    const path = await makeClip(join(await temporaryFolder(), 'clip.webm'), [...source, ...codec])
    const bytes = await readFile(path)
    const { url } = await upload(bytes, 'clip.webm', 'VIDEO')

    const page = await openPage(`<video preload="metadata" muted src="${url}"></video>`)
    const parts: { status: number; start: number }[] = []
    page.on('response', (response) => {
      if (response.url() !== url) return
      const start = /bytes (\d+)-/.exec(response.headers()['content-range'] ?? '')?.[1]
      parts.push({ status: response.status(), start: Number(start) })
    })
    await page.reload()
    const seen =
      await page.evaluate<Record<'duration' | 'width' | 'sought' | 'state' | 'played', number>>(
        playFromTheMiddle,
      )
    expect(seen.duration).toBeCloseTo(40, 0)
    expect(seen.width).toBe(320)
    expect(seen.sought).toBeCloseTo(20, 0)
    expect(seen.state).toBeGreaterThanOrEqual(2)
    expect(seen.played).toBeGreaterThanOrEqual(seen.sought + 1)
    expect(parts.every(({ status }) => status === 206)).toBe(true)
    expect(parts.some(({ start }) => start > bytes.length / 4)).toBe(true)
    await page.close()
  })
})
