/** Pairs of characters, `from to`, with bars between them. The package has no types for its single dictionaries. */
declare module 'opencc-js/dict/*' {
  const pairs: string
  export default pairs
}
