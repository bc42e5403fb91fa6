/**
 * On Ctrl+C the terminal signals npm too, which passes the signal on; so does anything that ends a whole process group.
 * Signals within this time count as one.
 */
const togetherMs = 500

/**
 * Calls `hear` for each of these signals, once for signals that arrive together. Returns a function that stops
 * listening.
 */
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
