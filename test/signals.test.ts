import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { onSignals } from '../src/signals.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('signals that come together are one, a later one is another', () => {
  const heard: string[] = []
  // None that anybody else here listens to.
  const deaf = onSignals(['SIGUSR2', 'SIGWINCH'], (signal) => heard.push(signal))
  process.emit('SIGUSR2', 'SIGUSR2')
  process.emit('SIGUSR2', 'SIGUSR2')
  vi.advanceTimersByTime(400)
  process.emit('SIGWINCH', 'SIGWINCH')
  expect(heard).toEqual(['SIGUSR2'])

  vi.advanceTimersByTime(100)
  process.emit('SIGWINCH', 'SIGWINCH')
  expect(heard).toEqual(['SIGUSR2', 'SIGWINCH'])

  deaf()
  vi.advanceTimersByTime(1_000)
  process.emit('SIGUSR2', 'SIGUSR2')
  expect(heard).toHaveLength(2)
})
