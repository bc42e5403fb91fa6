import type { FastifyInstance, FastifyRequest } from 'fastify'
import { actorOf } from './authenticate.ts'
import { refuseTooMany } from './rate-limits.ts'

/** After how many seconds a client should try again; an upload of another one ends at any time. */
const againSeconds = 5

/**
 * The requests that send files to this server, by workspace: one workspace must not take all the connections, the disk
 * and the decoders from others.
 */
export class UploadsAtOnce {
  readonly #max: number
  readonly #running = new Map<string, number>()

  /** 0: without a limit. */
  constructor(max: number) {
    this.#max = max
  }

  /** Refuses further ones in the routes of `app`. Call this after the hook that authenticates. */
  bound(app: FastifyInstance, isUpload: (request: FastifyRequest) => boolean, status = 429) {
    if (this.#max === 0) return
    app.addHook('onRequest', async (request, reply) => {
      if (!isUpload(request)) return
      const { workspaceId } = actorOf(request)
      const running = this.#running.get(workspaceId) ?? 0
      if (running >= this.#max) {
        const reason = `A workspace may send ${this.#max} files at once. Wait until another upload ends.`
        return refuseTooMany(reply, againSeconds, reason, status)
      }
      this.#running.set(workspaceId, running + 1)
      // Also when the client is gone.
      reply.raw.once('close', () => this.#release(workspaceId))
    })
  }

  #release(workspaceId: string) {
    const left = (this.#running.get(workspaceId) ?? 1) - 1
    if (left > 0) this.#running.set(workspaceId, left)
    else this.#running.delete(workspaceId)
  }
}
