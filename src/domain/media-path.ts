/**
 * The path of a medium's bytes below the server's URL. An image tag sends no headers, so the workspace is in the URL.
 * What is in the trash has another URL: one given out while it was live stops to work when it is trashed.
 */
export function mediaPath(media: {
  readonly id: string
  readonly workspaceId: string
  readonly trashed: boolean
  readonly variant?: string | undefined
}): string {
  const variant = media.variant === undefined ? '' : `/${media.variant}`
  return `/media/${media.id}${variant}?workspace=${media.workspaceId}${media.trashed ? '&trashed=true' : ''}`
}
