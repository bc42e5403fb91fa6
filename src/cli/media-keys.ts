import type { App } from '../app.ts'
import { rotateMediaUrlKeys } from '../usecases/media/rotate-media-url-keys.ts'

/** Makes a new key for URLs of media and says what becomes of the old ones. */
export async function rotateMediaKeys({ services }: App, { revoke = false }: { revoke?: boolean }) {
  const { id, removedCount } = await rotateMediaUrlKeys(services, { revoke })
  console.log(`The key ${id} signs the URLs of media from now on, on every server within 5 seconds.`)
  console.log(
    revoke
      ? `Revoked keys: ${removedCount}. URLs given out until now stop to work within 5 seconds.`
      : 'URLs given out until now stay valid until they expire.',
  )
}
