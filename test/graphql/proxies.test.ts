import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { useApi } from '../support/api.ts'
import { buildBlock, buildPicture, imagesOf } from '../support/builders.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
const direct = useApi(database)
const behind = useApi(database, { trustedProxies: ['loopback'] })
const behindAnother = useApi(database, { trustedProxies: ['10.0.0.0/8'] })

const forwarded = {
  'x-forwarded-for': '203.0.113.7, 127.0.0.1',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'library.example.org',
}

test('forwarded headers count only if they come from a configured proxy', async () => {
  const { ctx } = await direct.workspace()
  const { media } = await buildPicture(ctx, imagesOf((await buildBlock(ctx)).id))
  const urlFrom = async (api: typeof direct) => {
    const client = api.client({ 'x-workspace-id': ctx.actor.workspaceId, ...forwarded })
    const answer = await client.send('query ($id: ID!) { media(id: $id) { url } }', { id: media.id })
    return (answer.data as { media: { url: string } }).media.url
  }
  for (const api of [direct, behindAnother]) expect(await urlFrom(api)).toMatch(`${api.url}/media/`)
  expect(await urlFrom(behind)).toMatch('https://library.example.org/media/')
})

test('a server that does not know its proxy says so once', () => {
  const warnings = (api: typeof direct) =>
    api.log.filter(({ msg }) => msg.includes('TRUSTED_PROXIES is not set'))
  expect(warnings(direct)).toHaveLength(1)
  expect(warnings(behind)).toHaveLength(0)
})

test.each(['10.0.0.1', '10.0.0.0/8, fd00::/8', 'loopback,uniquelocal', '::1'])('%s are proxies', (text) => {
  expect(readConfig({ TRUSTED_PROXIES: text }).trustedProxies).toEqual(text.split(/,\s*/))
})

test.each(['all', '1', '0.0.0.0/0', '::/0', '10.0.0.1/33', '10.0.0.1/8/8', 'proxy.example.org'])(
  '%s are none: every client could choose its address',
  (text) => {
    expect(() => readConfig({ TRUSTED_PROXIES: text })).toThrow(/TRUSTED_PROXIES: .* is no address/)
  },
)
