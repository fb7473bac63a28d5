import { setImmediate } from 'node:timers/promises'

/**
 * Repeats `look` for as long as `work` runs, at least once, a turn of the event loop between two looks. Waits for both whatever happens, so that nothing runs on behind a law.
 * @throws what `look` threw, else what `work` threw
 */
export async function alongside(work: () => Promise<unknown>, look: () => Promise<unknown>): Promise<void> {
  let isDone = false
  const working = work().finally(() => {
    isDone = true
  })
  const settled = Promise.allSettled([working])
  try {
    do {
      await look()
      await setImmediate()
    } while (!isDone)
  } finally {
    await settled
  }
  await working
}

/**
 * Runs the works at the same time and waits for all of them, so that nothing runs on behind a law.
 * @throws what the first that failed threw
 */
export async function together<Value>(works: readonly (() => Promise<Value>)[]): Promise<readonly Value[]> {
  const running = works.map((work) => work())
  await Promise.allSettled(running)
  return await Promise.all(running)
}
