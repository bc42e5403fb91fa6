import type { App } from '../app.ts'
import { rotateMediaUrlKeys } from '../usecases/media/rotate-media-url-keys.ts'

/** Creates a new key for media URLs and says what happens to earlier URLs. */
export async function rotateMediaKeys({ services }: App, { revoke = false }: { revoke?: boolean }) {
  const { id, removedCount } = await rotateMediaUrlKeys(services, { revoke })
  console.log(`Key ${id} now signs the URLs of media, on every server within 5 seconds.`)
  console.log(
    revoke
      ? `Revoked keys: ${removedCount}. Earlier URLs stop working within 5 seconds.`
      : 'Earlier URLs stay valid until they expire.',
  )
}
