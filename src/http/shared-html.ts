import { createHash } from 'node:crypto'
import type { SharedFile } from '../usecases/sharing/shared-files.ts'
import { Html, html } from './pages/html.ts'

interface Block {
  readonly html: string
  readonly files: readonly SharedFile[]
}

interface Book {
  readonly title: string
  readonly summary: string | null
  readonly cover: SharedFile | null
}

type Shown = { readonly cover: SharedFile | null; readonly next: string | null } & (
  | (Book & { readonly type: 'BOOK'; readonly blocks: readonly Block[] })
  | {
      readonly type: 'BOOKSHELF'
      readonly name: string
      readonly description: string | null
      readonly books: readonly (Book & { readonly url: string })[]
    }
)

const style = `:root { color-scheme: light dark; }
body { max-width: 44rem; margin: 0 auto; padding: 1rem; font: 1.0625rem/1.6 system-ui, 'Noto Sans CJK SC', sans-serif;
  overflow-wrap: anywhere; }
img, video { max-width: 100%; height: auto; }
pre, table { display: block; overflow-x: auto; }
figure { margin: 1rem 0; }
figcaption { font-size: .9rem; opacity: .8; }
[data-broken] { text-decoration: line-through; opacity: .7; }
nav { margin: 2rem 0; }`

const styleHash = createHash('sha256').update(style).digest('base64')

/** The page runs nothing and sends nothing. Pictures may come from the store that files are redirected to. */
export const sharedPolicy =
  `default-src 'none'; style-src 'sha256-${styleHash}'; img-src 'self' https: data:; media-src 'self' https:; ` +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const page = (title: string, body: Html) =>
  html`<!doctype html>
    <html>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        ${body}
      </body>
    </html>`.text

export const missingPage = (message: string) => page('Not found', html`<p>${message}</p>`)

/** A picture of a file, a link to it if it may be downloaded, or its name. */
function figure({ fileName, altText, caption, url, pictures }: SharedFile) {
  const largest = pictures.at(-1)
  const shown = largest
    ? html`<img
        src="${largest.url}"
        alt="${altText ?? fileName}"
        loading="lazy"
        referrerpolicy="no-referrer"
      />`
    : html`${fileName}`
  const linked = url === null ? shown : html`<a href="${url}" rel="noreferrer">${shown}</a>`
  return html`<figure>${linked}${caption !== null && html`<figcaption>${caption}</figcaption>`}</figure>`
}

const optional = (file: SharedFile | null) => (file ? figure(file) : false)

/** A plain page of what a share link shows. `shelf` is the URL of the shared bookshelf that a book is on. */
export function sharedHtml(shown: Shown, shelf: string | null): string {
  const [title, about] =
    shown.type === 'BOOK' ? [shown.title, shown.summary] : [shown.name, shown.description]
  const body =
    shown.type === 'BOOK'
      ? shown.blocks.map(
          (block) => html`<section>${new Html(block.html)}${block.files.map(figure)}</section>`,
        )
      : shown.books.map(
          (book) =>
            html`<section>
              <h2><a href="${book.url}">${book.title}</a></h2>
              ${book.summary !== null && html`<p>${book.summary}</p>`}
            </section>`,
        )
  return page(
    title,
    html`${shelf !== null && html`<nav><a href="${shelf}">All books</a></nav>`}
      <h1>${title}</h1>
      ${optional(shown.cover)} ${about !== null && html`<p>${about}</p>`} ${body}
      ${shown.next !== null && html`<nav><a href="${shown.next}" rel="next">Next page</a></nav>`}`,
  )
}
