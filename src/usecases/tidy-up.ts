import type { Log } from './context.ts'

/**
 * Waits for work that tidies up after something that succeeded or failed already, which must not change the outcome.
 * `what` is in the log if it fails; a later sweep does it again.
 */
export async function tidyUp({ log }: { readonly log: Log }, what: string, work: Promise<unknown>) {
  await work.catch((err: unknown) => {
    log.warn({ err }, `Could not ${what}; a later sweep will`)
  })
}
