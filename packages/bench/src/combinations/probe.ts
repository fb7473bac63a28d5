import type { DurabilityClass, Registry } from '../library.ts'
import { type Combination, inClass } from './combination.ts'

const probeMs = 5_000

/**
 * Asks each service that a combination needs whether it answers, each once and all at the same time, for 5 seconds at most. A
 * service that is set to promise less than its adapter could lowers the class of its combinations.
 */
export async function probeCombinations(
  combinations: readonly Combination[],
  registry: Pick<Registry, 'storages' | 'metadata'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Combination[]> {
  const asked = new Map<string, Promise<Answer | undefined>>()
  const ask = ([kind, name]: Part): Promise<Answer | undefined> => {
    const key = `${kind}/${name}`
    const answer = asked.get(key) ?? probeAdapter(registry[kind][name], env)
    asked.set(key, answer)
    return answer
  }
  return Promise.all(
    combinations.map(async (combination) => {
      if (combination.status.status !== 'ready') return combination
      const answers = await Promise.all(partsOf(combination).map(ask))
      return answers.reduce<Combination>((known, answer) => (answer === undefined ? known : learn(known, answer)), combination)
    }),
  )
}

type Part = readonly [kind: 'storages' | 'metadata', name: string]

/** The adapters that a combination stands on. */
function partsOf(combination: Combination): readonly Part[] {
  switch (combination.kind) {
    case 'baseline':
      return []
    case 'nexus':
      return [
        ['storages', combination.storage],
        ['metadata', combination.metadata],
      ]
    case 'floor':
      return [['metadata', combination.metadata]]
  }
}

type Answer =
  | { readonly isReady: true; readonly detail: string; readonly durability: DurabilityClass | undefined }
  | { readonly isReady: false; readonly reason: string }

/** The first failure counts. */
function learn(combination: Combination, answer: Answer): Combination {
  if (combination.status.status !== 'ready') return combination
  if (!answer.isReady) return { ...combination, status: { status: 'failed', reason: `probe: ${answer.reason}` } }
  const known = inClass(combination, answer.durability)
  return { ...known, status: { status: 'ready', detail: `class ${known.durability}; ${answer.detail}` } }
}

type Probed = Registry['storages'][string] | Registry['metadata'][string]

async function probeAdapter(
  adapter: Probed | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Answer | undefined> {
  if (adapter?.probe === undefined) return undefined
  const signal = AbortSignal.timeout(probeMs)
  try {
    const { ok, detail, rttMs, durability } = await Promise.race([adapter.probe({ env, signal }), rejectWhenFired(signal)])
    if (!ok) return { isReady: false, reason: detail }
    return { isReady: true, detail: rttMs === undefined ? detail : `${detail}; ${rttMs.toFixed(2)} ms away`, durability }
  } catch (error) {
    const why = signal.aborted ? `no answer within ${probeMs / 1000} s` : withCauses(error)
    return { isReady: false, reason: why }
  }
}

function rejectWhenFired(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** What an error says, and what each of its causes adds to that: `fetch failed` alone helps nobody. */
function withCauses(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const own = error.message || error.name
  if (error.cause === undefined) return error instanceof AggregateError ? error.errors.map(withCauses).join(', ') : own
  const cause = withCauses(error.cause)
  return own.includes(cause) ? own : `${own}: ${cause}`
}
