import type { Environment, EnvironmentGate } from '../engine-kit/registration.ts'

/** What is missing in the environment, as advice: `set A and B or C`; `undefined` if nothing is. An empty variable is not set. */
export function missingVariables(gate: EnvironmentGate | undefined, env: Environment): string | undefined {
  const groups = [...(gate?.all ?? []).map((name) => [name]), ...(gate?.any ?? [])]
  const isSet = (name: string): boolean => (env[name] ?? '') !== ''
  const missing = groups.filter((group) => !group.some(isSet)).map((group) => group.join(' or '))
  if (missing.length === 0) return undefined
  const present = groups.flat().filter(isSet)
  const advice = `set ${missing.join(', and ')}`
  return present.length === 0 ? advice : `${present.join(', ')} ${present.length === 1 ? 'is' : 'are'} set; also ${advice}`
}
