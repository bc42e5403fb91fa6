import type { Config } from '../config.ts'

/** Whether pages of an origin may use the API. */
export type AllowsOrigin = (origin: string) => boolean

const localPage = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/

/** The origin of PUBLIC_URL and those of CORS_ORIGINS; pages of this machine while it alone reaches the server. */
export function allowedOrigins({
  publicUrl,
  corsOrigins,
  localPages,
}: Pick<Config, 'publicUrl' | 'corsOrigins' | 'localPages'>): AllowsOrigin {
  const listed = new Set(corsOrigins)
  if (publicUrl !== undefined) listed.add(new URL(publicUrl).origin)
  return (origin) => listed.has(origin) || (localPages && localPage.test(origin))
}
