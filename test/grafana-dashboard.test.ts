import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openMetrics } from '../src/observe/prometheus.ts'

interface Dashboard {
  readonly panels: readonly {
    readonly id: number
    readonly title: string
    readonly targets: readonly { readonly expr: string }[]
  }[]
}

const file = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8')

/** The names of all series that a process exports. */
async function exported(): Promise<Set<string>> {
  const metrics = openMetrics({
    version: '1',
    pool: { totalCount: 0, idleCount: 0, waitingCount: 0 },
    poolSize: 1,
    queue: () => Promise.resolve([]),
    quota: () => Promise.resolve({ workspaces: 0, nearlyFull: 0, usedBytes: 0n, limitBytes: 0n }),
  })
  const types = [...(await metrics.text()).matchAll(/^# TYPE (\S+) (\S+)$/gm)]
  return new Set(
    types.flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
    ),
  )
}

const named = (text: string) => text.match(/\b(wordloom|process|nodejs)_\w+/g) ?? []

test('the dashboard shows metrics that exist, each panel once', async () => {
  const { panels } = JSON.parse(file('grafana-dashboard.json')) as Dashboard
  const known = await exported()
  const used = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => named(expr)))
  expect(used.length).toBeGreaterThan(15)
  expect(used.filter((name) => !known.has(name))).toEqual([])
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  // What a process reports of Wordloom is shown.
  const shown = new Set(used.map((name) => name.replace(/_(bucket|count|sum)$/, '')))
  const own = [...known].filter((name) => name.startsWith('wordloom_'))
  expect(own.filter((name) => !shown.has(name.replace(/_(bucket|count|sum)$/, '')))).toEqual([])
})

test('the alerts of the guide are about metrics that exist', async () => {
  const known = await exported()
  const alerts = file('operations.md').split('## What to alert on')[1] ?? ''
  expect(named(alerts).length).toBeGreaterThan(8)
  expect(named(alerts).filter((name) => !known.has(name))).toEqual([])
})
