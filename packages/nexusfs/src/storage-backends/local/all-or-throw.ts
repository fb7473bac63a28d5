/** Like `Promise.all`, but an error is thrown once nothing is under way any more: so nothing runs on behind the caller's back. */
export async function allOrThrow<Value>(work: readonly Promise<Value>[]): Promise<Value[]> {
  const outcomes = await Promise.allSettled(work)
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
