import { serviceNamed } from './catalog.ts'
import type { RunningService, StartOptions } from './service.ts'

/**
 * The server of that name: the one its variable names, else one that this process starts, shares among its tests and ends with itself.
 * `undefined`, with one line on standard error, where there is none: the caller skips.
 *
 * @throws {Error} instead, if `NEXUS_REQUIRE` lists the name
 */
export async function requireOrSkip(name: string): Promise<RunningService | undefined> {
  const known = shared.get(name)
  if (known !== undefined) return known
  const running = obtain(name)
  shared.set(name, running)
  return running
}

/** A server of the caller's own, which it may crash and must stop; never the one that the variable names. */
export async function requireOwnOrSkip(name: string, options: StartOptions = {}): Promise<RunningService | undefined> {
  try {
    return await serviceNamed(name).start(options)
  } catch (error) {
    return missing(name, error instanceof Error ? error.message : String(error))
  }
}

const shared = new Map<string, Promise<RunningService | undefined>>()

async function obtain(name: string): Promise<RunningService | undefined> {
  const service = serviceNamed(name)
  const found = await service.find()
  if (found.status === 'missing') return missing(name, found.reason)
  if (found.status === 'given') {
    return { name, url: found.url, env: { [service.variable]: found.url, ...found.env }, stop: async () => {} }
  }
  if (name !== 'pgbouncer') return service.start()
  const behind = await requireOrSkip('postgres')
  return behind === undefined ? missing(name, 'there is no PostgreSQL behind it') : service.start({ target: behind.url })
}

function missing(name: string, reason: string): undefined {
  const service = serviceNamed(name)
  const text = `${name} is not here: ${reason}. To run these tests: ${service.install}; or set ${service.variable}`
  if (isRequired(name)) throw new Error(`${text}. NEXUS_REQUIRE lists ${name}, so this is a failure`)
  process.stderr.write(`skipped: ${text}\n`)
  return undefined
}

export function isRequired(name: string): boolean {
  return (process.env.NEXUS_REQUIRE ?? '').split(',').some((listed) => listed.trim() === name)
}
