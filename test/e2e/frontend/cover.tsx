import type { CoverFragment } from './gql/graphql.ts'

/** A picture in the sizes that there are; the browser takes the one it needs. */
export function Cover({ media }: { readonly media: CoverFragment | null | undefined }) {
  if (!media) return null
  const { altText, variants, dominantColor } = media
  const srcSet = variants.map(({ url, width }) => `${url} ${width ?? 320}w`).join(', ')
  return (
    <img
      alt={altText ?? ''}
      srcSet={srcSet}
      sizes="150px"
      style={{ backgroundColor: dominantColor ?? 'silver' }}
    />
  )
}
