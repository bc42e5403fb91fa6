import type pg from 'pg'
import { searchDocument } from '../../../src/domain/library-search.ts'
import { bulkId } from '../bulk.ts'

const words = [
  ...['lake', 'river', 'forest', 'winter', 'summer', 'portrait', 'kitchen', 'garden', 'bridge', 'station'],
  ...[
    'harbour',
    'village',
    'meadow',
    'sunset',
    'morning',
    'concert',
    'birthday',
    'wedding',
    'museum',
    'market',
  ],
]
const places = ['Berlin', 'Zürich', 'Wien', 'Graz', 'Basel', 'Bern', '湖边', '北京', 'Lyon', 'Nice']

/** File names of which each is that of many media. */
const names = words.flatMap((word) => places.map((place) => `${place}_${word}.jpg`))

/** A document as the search would store it, without its segment. */
function documentOf(fileName: string) {
  const { text, terms } = searchDocument({ title: fileName, body: '', byParts: true })
  return { fileName, text, terms: `{${terms.join(',')}}` }
}

const mediaPerBlock = 20
const perSegment = 2_048
const position = (number: string) => `'a' || lpad((${number})::text, 7, '0')`

/**
 * Fills a workspace with `count` media in blocks of one book, with their documents. One in 10 shares its bytes with its
 * predecessor, one in 50 is a video, one in 20 a PNG. The first 20 have a category and a type of their own; one in
 * 20,000 is named `Zugspitze`. Without `searchable` they have no documents.
 */
export async function fillMedia(
  pool: pg.Pool,
  workspaceId: string,
  count: number,
  { searchable = true } = {},
) {
  const documents = [...names, 'Zugspitze.jpg'].map(documentOf)
  const at = (n: string) => `timestamptz '2026-01-01' + (${n}) * interval '1 second'`
  const nameAt = `(case when n % 20000 = 7 then ${documents.length} else 1 + (n * 7919::bigint) % ${names.length} end)`
  const facts = `1, now(), now()`
  const statements: [string, ...unknown[]][] = [
    [
      `insert into bookshelves (workspace_id, id, name, sort_key, position, version, created_at, updated_at, created_by, updated_by)
      values ($1::uuid, ${bulkId(1, '1')}, 'Shelf', 'shelf', 'a0', ${facts}, 'owner', 'owner')`,
    ],
    [
      `insert into books (workspace_id, id, bookshelf_id, title, sort_key, position, version, created_at, updated_at, created_by, updated_by)
      values ($1::uuid, ${bulkId(2, '1')}, ${bulkId(1, '1')}, 'Book', 'book', 'a0', ${facts}, 'owner', 'owner')`,
    ],
    [
      `insert into blocks (workspace_id, id, book_id, position, written_at, written_by, version, created_at, updated_at, created_by, updated_by)
      select $1::uuid, ${bulkId(3, 'n')}, ${bulkId(2, '1')}, ${position('n')}, now(), 'owner', ${facts}, 'owner', 'owner'
      from generate_series(1, ${Math.ceil(count / mediaPerBlock)}) n`,
    ],
    [
      `insert into blobs (workspace_id, id, storage_key, sha256, size_bytes, mime_type, extension, ref_count, created_at)
      select $1::uuid, ${bulkId(4, 'n')}, 'files/' || $1::uuid::text || n,
        encode(sha256((n || $1::uuid::text)::bytea), 'hex'), 1000 + (n * 7919::bigint) % 5000000,
        'image/jpeg', 'jpg', case when n % 10 = 9 then 2 else 1 end, ${at('n')}
      from generate_series(1, ${count}) n where n % 10 <> 0`,
    ],
    [
      `insert into media (workspace_id, id, blob_id, block_id, role, position, file_name, sort_key, category, size_bytes,
        mime_type, created_by, version, created_at, updated_at, updated_by)
      select $1::uuid, ${bulkId(5, 'n')}, ${bulkId(4, 'blob')}, ${bulkId(3, `1 + (n - 1) / ${mediaPerBlock}`)},
        case when n % 50 = 0 then 'VIDEO' when n % 1000 = 1 then 'ATTACHMENT' else 'IMAGE' end::media_role,
        ${position('n')}, names.file_name, lower(names.file_name) || E'\\x01\\x01',
        case when n <= 20 then 'rare' when n % 100 = 0 then 'poster' else 'upload' end,
        1000 + (blob * 7919::bigint) % 5000000,
        case when n <= 20 then 'image/avif' when n % 50 = 0 then 'video/mp4' when n % 20 = 1 then 'image/png'
          else 'image/jpeg' end,
        case when n <= 20 then 'ada' else 'owner' end, 1, ${at('n')}, ${at('n')}, 'owner'
      from generate_series(1, ${count}) n cross join lateral (select case when n % 10 = 0 then n - 1 else n end as blob) as original
      join unnest($2::text[]) with ordinality as names (file_name, number) on names.number = ${nameAt}`,
      documents.map(({ fileName }) => fileName),
    ],
  ]
  const documentsOfMedia: [string, ...unknown[]][] = [
    [
      `insert into search_segments (workspace_id, id, entity_type)
      select $1::uuid, n, 'MEDIA' from generate_series(1, ${Math.ceil(count / perSegment)}) n`,
    ],
    [`drop index search_documents_terms_idx`],
    [
      `insert into search_documents (workspace_id, entity_id, entity_type, media_id, segment_id, text, terms)
      select $1::uuid, ${bulkId(5, 'n')}, 'MEDIA', ${bulkId(5, 'n')}, 1 + (n - 1) / ${perSegment}, document.text,
        array(select ((1 + (n - 1) / ${perSegment})::bigint << 24) | term from unnest(document.terms::int[]) as term)
      from generate_series(1, ${count}) n
      join unnest($2::text[], $3::text[]) with ordinality as document (text, terms, number)
        on document.number = ${nameAt}`,
      documents.map(({ text }) => text),
      documents.map(({ terms }) => terms),
    ],
    [`create index search_documents_terms_idx on search_documents using gin (terms) with (fastupdate = off)`],
  ]
  for (const [text, ...values] of [
    ...statements,
    ...(searchable ? documentsOfMedia : []),
    ['vacuum analyze'],
  ] as const)
    await pool.query(text, text.includes('$1') ? [workspaceId, ...values] : [])
}
