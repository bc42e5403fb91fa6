/**
 * Ctrl+C goes from the terminal to npm too, which passes it on, and so does what ends a whole group of processes. Signals that
 * come together are one.
 */
const togetherMs = 500

/** Calls `hear` with every one of these signals, once for those that come together. Gives what ends that. */
export function onSignals(signals: readonly NodeJS.Signals[], hear: (signal: NodeJS.Signals) => void) {
  let heardAt = -Infinity
  const listen = (signal: NodeJS.Signals) => {
    const now = performance.now()
    if (now - heardAt < togetherMs) return
    heardAt = now
    hear(signal)
  }
  for (const signal of signals) process.on(signal, listen)
  return () => {
    for (const signal of signals) process.off(signal, listen)
  }
}
