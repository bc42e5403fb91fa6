import { beforeAll } from 'vitest'
import type { useApi, Workspace } from '../api.ts'
import { buildBlock, buildPicture, imagesOf } from '../builders.ts'
import { photograph } from './pictures.ts'

/** A picture that the API of the test file serves, and ways to send more of them and to get them. */
export function useServedPicture(api: ReturnType<typeof useApi>) {
  const opened: { workspace?: Workspace; bytes?: Buffer; url?: string; id?: string } = {}

  async function upload({ ctx }: Workspace, bytes: Buffer, fileName?: string) {
    const block = await buildBlock(ctx)
    const { media } = await buildPicture(ctx, imagesOf(block.id), {
      bytes,
      ...(fileName ? { fileName } : {}),
    })
    return { id: media.id, url: `${api.url}/media/${media.id}?workspace=${ctx.actor.workspaceId}` }
  }

  beforeAll(async () => {
    const [workspace, bytes] = [await api.workspace(), await photograph()]
    Object.assign(opened, { workspace, bytes, ...(await upload(workspace, bytes)) })
  })

  function here() {
    const { workspace, bytes, url, id } = opened
    if (!workspace || !bytes || !url || !id) throw new Error('It is there from beforeAll on.')
    return { workspace, bytes, url, id }
  }

  return {
    upload,
    here,
    get: (headers: Record<string, string> = {}, url = here().url) => fetch(url, { headers }),
  }
}

export const bodyOf = async (response: Response) => Buffer.from(await response.arrayBuffer())
