import type { Registry } from '../library.ts'
import type { Combination, CombinationStatus } from './combination.ts'

const probeMs = 5_000

/** Asks each service that a combination needs whether it answers, each once and all at the same time, for 5 seconds at most. */
export async function probeCombinations(
  combinations: readonly Combination[],
  registry: Pick<Registry, 'storages' | 'metadata'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Combination[]> {
  const asked = new Map<string, Promise<CombinationStatus | undefined>>()
  const ask = (kind: 'storages' | 'metadata', name: string | undefined): Promise<CombinationStatus | undefined> => {
    const key = `${kind}/${name}`
    const answer = asked.get(key) ?? probeAdapter(name === undefined ? undefined : registry[kind][name], env)
    asked.set(key, answer)
    return answer
  }
  return Promise.all(
    combinations.map(async (combination) => {
      if (combination.status.status !== 'ready') return combination
      const answers = await Promise.all([ask('storages', combination.storage), ask('metadata', combination.metadata)])
      const failure = answers.find((answer) => answer?.status === 'failed')
      return failure === undefined ? combination : { ...combination, status: failure }
    }),
  )
}

type Probed = Registry['storages'][string] | Registry['metadata'][string]

async function probeAdapter(
  adapter: Probed | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<CombinationStatus | undefined> {
  if (adapter?.probe === undefined) return undefined
  const signal = AbortSignal.timeout(probeMs)
  try {
    const answer = await Promise.race([adapter.probe({ env, signal }), rejectWhenFired(signal)])
    return answer.ok ? undefined : { status: 'failed', reason: `probe: ${answer.detail}` }
  } catch (error) {
    const why = signal.aborted ? `no answer within ${probeMs / 1000} s` : error instanceof Error ? error.message : String(error)
    return { status: 'failed', reason: `probe: ${why}` }
  }
}

function rejectWhenFired(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
