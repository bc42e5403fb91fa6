import { expect, test } from 'vitest'
import { runToEnd } from '../support/processes.ts'

test.skipIf(process.platform !== 'linux')(
  'npm run bench gets the same answers from the server and the floor, and prints their ratio',
  async () => {
    const shortest = ['--seconds', '1', '--rounds', '1', '--connections', '1']
    const { exitCode, output } = await runToEnd(['--import', 'tsx', 'bench/run.ts', ...shortest])
    expect(output).toContain('nested query: both give the same answer')
    expect(output).toContain('createBlock: both give the same answer')
    expect(output).toMatch(/createBlock .*\nfloor .*\nwordloom .*\nratio +[\d.]+ /)
    expect(exitCode).toBe(0)
  },
)
