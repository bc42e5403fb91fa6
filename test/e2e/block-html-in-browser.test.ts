import { describe, expect, test } from 'vitest'
import { blockHtml } from '../../src/domain/markdown/block-html.ts'
import { blockTree } from '../../src/domain/markdown/block-tree.ts'
import { useBrowser, withBrowser } from '../support/browser.ts'

const id = '01900000-0000-7000-8000-00000000000a'

/** Texts that would run something, or load something by themselves, if they were written into a page as they are. */
const vectors = [
  '<script>window.ran = 1</script>',
  '<img src=x onerror="window.ran = 1">',
  '<svg onload="window.ran = 1"><script>window.ran = 1</script></svg>',
  '<iframe srcdoc="<script>parent.ran = 1</script>"></iframe>',
  '<details open ontoggle="window.ran = 1">a</details>',
  '<style>@import "http://127.0.0.1:1/style"; * { background: url(http://127.0.0.1:1/back) }</style>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.ran=1&gt;">',
  '<form><input autofocus onfocus="window.ran = 1"></form>',
  '<base href="javascript:/a/+window.ran/**/=1//">',
  '<meta http-equiv="refresh" content="0;url=javascript:window.ran=1">',
  '[a](javascript:window.ran=1)',
  '[a](JaVaScRiPt&colon;window.ran=1)',
  '[a](java&Tab;script:window.ran=1)',
  '[a](\u0001javascript:window.ran=1)',
  '[a](data:text/html;base64,PHNjcmlwdD5vcGVuZXIucmFuPTE8L3NjcmlwdD4=)',
  '[a](vbscript:window.ran=1)',
  '<javascript:window.ran=1>',
  '[a]: javascript:window.ran=1\n\n[a]',
  '![a](javascript:window.ran=1)',
  '![" onerror="window.ran=1](x:y)',
  '[a](https://127.0.0.1:1/ "\' onmouseover=\'window.ran=1")',
  `[<img src=x onerror=window.ran=1>](media:${id})`,
  `![x](media:${id}" onerror="window.ran=1)`,
  '[^ran]\n\n[^ran]: <b onclick="window.ran = 1">a</b>',
  '| <script>window.ran = 1</script> |\n| - |\n| <img src=x onerror=window.ran=1> |',
  '```js"onmouseover="window.ran=1\na\n```',
  '```"><script>window.ran=1</script>\na\n```',
]
const media = {
  mimeType: 'image/png"><script>window.ran=1</script>',
  fileName: '"><img src=x onerror=window.ran=1>',
  altText: '" onload="window.ran=1',
  url: 'data:text/html,<script>window.ran=1</script>',
  pictures: [],
}

describe.skipIf(!withBrowser)('in a browser', () => {
  const browser = useBrowser()

  test('the HTML of no text runs, loads or replaces anything of the page', async () => {
    const page = await browser().newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url()))
    const kinds = ['TEXT', 'HEADING', 'LIST', 'QUOTE', 'CODE', 'IMAGE', 'VIDEO']
    const written = kinds.flatMap((kind) =>
      vectors.map((content) => {
        const attributes = { level: 2, language: 'js" onclick="window.ran=1' }
        return blockHtml(blockTree({ id, kind, content, attributes }), new Map([[`MEDIA ${id}`, { media }]]))
      }),
    )
    expect(written).toHaveLength(kinds.length * vectors.length)
    for (const html of written) {
      await page.setContent(`<!doctype html><link rel="icon" href="data:,"><body>${html}</body>`)
      const seen = await page.evaluate<{ ran: boolean; bad: string[] }>(`(async () => {
        for (const link of document.querySelectorAll('a[href]')) {
          link.addEventListener('click', (event) => event.target.protocol.startsWith('http') && event.preventDefault())
          link.click()
        }
        await new Promise((resolve) => setTimeout(resolve, 0))
        const bad = [...document.body.querySelectorAll('*')].flatMap((element) => [
          ...(/^(script|style|iframe|object|embed|form|base|meta|svg|math)$/i.test(element.tagName) ? [element.tagName] : []),
          ...[...element.attributes].filter(({ name, value }) =>
            /^(on|style$|srcdoc$|name$)/.test(name) ||
            (/^(href|src|poster)$/.test(name) && /^\\\\s*(javascript|data|vbscript):/i.test(value))).map(({ name }) => name),
        ])
        return { ran: 'ran' in window, bad }
      })()`)
      expect(seen, html).toEqual({ ran: false, bad: [] })
    }
    expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([])
    await page.close()
  })
})
