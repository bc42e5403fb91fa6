import { expect, test } from 'vitest'
import { NotFound } from '../../src/domain/failure.ts'
import type { Ctx } from '../../src/usecases/context.ts'
import { updateBlock } from '../../src/usecases/library/blocks.ts'
import { checkReferences } from '../../src/usecases/search/text-references.ts'
import { purgeDeletion } from '../../src/usecases/trash/request-purge.ts'
import { collectGarbage } from '../../src/usecases/upkeep/collect-garbage.ts'
import { purgeTrash } from '../../src/usecases/trash/run-purge.ts'
import { trashItem } from '../../src/usecases/trash/trash.ts'
import {
  buildBlock,
  buildCtx,
  buildPicture,
  imagesOf,
  removeTemporaryFolders,
  succeeded,
} from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'
import { dayMs } from '../support/upkeep/collecting.ts'
import { expectWhole } from '../support/trash/purging.ts'
import { trash } from '../support/trash/restoring.ts'
import { holdRow, interleave } from '../support/waiting.ts'

const database = useDatabase({ poolSize: 20 })
removeTemporaryFolders()

const stored = ({ db, actor: { workspaceId } }: Ctx) =>
  db.prisma.textReference.count({ where: { workspaceId } })

async function named() {
  const ctx = await buildCtx(database.db)
  const [block, owner] = [await buildBlock(ctx), await buildBlock(ctx)]
  const { media } = await buildPicture(ctx, imagesOf(owner.id))
  return { ctx, block, media, content: `![a](media:${media.id})` }
}

test.each(['text', 'trash'] as const)(
  'of a text and the trash of its block the %s comes first',
  async (first) => {
    const { ctx, block, content } = await named()
    const write = () => updateBlock(ctx, { blockId: block.id, content })
    const remove = () => trashItem(ctx, { kind: 'BLOCK', id: block.id })
    const held = await holdRow(ctx.db, 'blocks', block)
    const results =
      first === 'text'
        ? await interleave<unknown, unknown>(ctx.db, held, write, remove)
        : await interleave<unknown, unknown>(ctx.db, held, remove, write)
    succeeded(results[0])
    if (first === 'text') succeeded(results[1])
    else expect(results[1]).toBeInstanceOf(NotFound)
    expect(await stored(ctx)).toBe(first === 'text' ? 1 : 0)
    await expectWhole(ctx)
  },
)

test('two who write one text at once leave what the last of them names', async () => {
  const { ctx, block, content } = await named()
  const texts = Array.from({ length: 8 }, (_, at) => `${content} [b](block:${block.id}) ${at}`)
  const all = [...texts, 'nothing'].map((text) => updateBlock(ctx, { blockId: block.id, content: text }))
  for (const result of await Promise.all(all)) succeeded(result)
  expect(await checkReferences(ctx)).toEqual([])
})

test('texts that name a media item while it is trashed and purged keep nothing and lose nothing', async () => {
  const { ctx, media, content } = await named()
  const blocks = await Promise.all(Array.from({ length: 6 }, () => buildBlock(ctx)))
  const deletion = await trash(ctx, 'MEDIA', media)
  succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  const writes = blocks.map((block) => updateBlock(ctx, { blockId: block.id, content }))
  const [report, ...written] = await Promise.all([purgeTrash(ctx, { waitMs: 20_000 }), ...writes])
  expect(report).toMatchObject({ itemCount: 1, orphanedFileCount: 1 })
  for (const result of written) succeeded(result)
  expect(await stored(ctx)).toBe(blocks.length)
  await expectWhole(ctx)
})

test('texts that name a media item while its bytes are collected keep nothing and lose nothing', async () => {
  const { ctx, media, content } = await named()
  const blocks = await Promise.all(Array.from({ length: 6 }, () => buildBlock(ctx)))
  const deletion = await trash(ctx, 'MEDIA', media)
  succeeded(await purgeDeletion(ctx, { deletionId: deletion.id }))
  await purgeTrash(ctx, { waitMs: 20_000 })
  ctx.clock.ms += 8 * dayMs
  const writes = blocks.map((block) => updateBlock(ctx, { blockId: block.id, content }))
  const [report, ...written] = await Promise.all([collectGarbage(ctx), ...writes])
  expect(report).toMatchObject({ fileCount: 1 })
  for (const result of written) succeeded(result)
  expect(await stored(ctx)).toBe(blocks.length)
  expect(await checkReferences(ctx)).toEqual([])
  await expectWhole(ctx)
})

test('a purge of blocks takes what they name with it, while others write', async () => {
  const { ctx, content } = await named()
  const [going, staying] = [
    await Promise.all(Array.from({ length: 4 }, () => buildBlock(ctx, { content }))),
    await Promise.all(Array.from({ length: 4 }, () => buildBlock(ctx, { content }))),
  ]
  for (const block of going)
    succeeded(await purgeDeletion(ctx, { deletionId: (await trash(ctx, 'BLOCK', block)).id }))
  const writes = staying.map((block) => updateBlock(ctx, { blockId: block.id, content: `${content} again` }))
  await Promise.all([purgeTrash(ctx, { waitMs: 20_000 }), ...writes])
  expect(await stored(ctx)).toBe(staying.length)
  await expectWhole(ctx)
})
