/** Collects the values of a statement and gives their placeholders. */
export function parameters() {
  const values: unknown[] = []
  return { values, add: (value: unknown) => `$${values.push(value)}` }
}

export type Parameters = ReturnType<typeof parameters>
