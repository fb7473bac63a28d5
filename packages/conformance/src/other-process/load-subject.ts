import { isNexusError } from 'nexusfs/errors'
import { describeError, LawBroken } from '../expect.ts'
import type { ConformancePort, ConformanceSubject } from '../law.ts'

/**
 * The subject that a module makes: its default export is a function of the options.
 * @throws {LawBroken} if there is no such module, or it makes no subject
 */
export async function loadSubject(module: string, options: unknown): Promise<ConformanceSubject<ConformancePort>> {
  const made: unknown = await makeFrom(module, options)
  if (isSubject(made)) return made
  throw new LawBroken(`${module} makes no subject`, {
    expected: 'a default export that is a function: options => ({ kind, name, open })',
    actual: made,
  })
}

async function makeFrom(module: string, options: unknown): Promise<unknown> {
  try {
    const exports: Readonly<Record<string, unknown>> = await import(module)
    return typeof exports.default === 'function' ? await exports.default(options) : exports.default
  } catch (cause) {
    if (isNexusError(cause)) throw cause
    const advice = 'a plain node has to be able to import it, as `node FILE` would'
    throw new LawBroken(`${module} cannot be loaded (${advice}): ${describeError(cause)}`, { cause })
  }
}

function isSubject(made: unknown): made is ConformanceSubject<ConformancePort> {
  return typeof made === 'object' && made !== null && 'open' in made && typeof made.open === 'function'
}
