/** Calls `remove`, which removes up to `limit` rows, until fewer are left, and returns how many it removed. */
export async function removeInBatches(
  limit: number,
  remove: (limit: number) => Promise<number>,
): Promise<number> {
  let removed = 0
  for (let count = limit; count === limit; removed += count) count = await remove(limit)
  return removed
}
