import type { ConformancePort, ConformanceSubject } from './law.ts'
import { urlOf } from './other-process/messages.ts'
import type { MutatedOptions } from './other-process/mutated-subject.ts'

/**
 * A subject made wrong in one behaviour. It shows that a law can fail: the law it `breaks` must report it, and hardly any other.
 */
export interface Mutant<Port extends ConformancePort> {
  /** Stable, kebab-case. */
  readonly id: string
  /** The id of the law that must fail. */
  readonly breaks: string
  /** The one behaviour that differs: `list leaves out the last key of a page`. */
  readonly description: string
  /**
   * For what only shows between processes: a URL of a module whose export `mutants` lists this one, so that another process can make it
   * too. Without it the other process has the right subject.
   */
  readonly table?: string | undefined
  /** A wrong copy of a right subject; called anew for each law, so state it closes over belongs to one law. */
  mutate(subject: ConformanceSubject<Port>): ConformanceSubject<Port>
}

/** The wrong copy of a subject, also in the other process where the mutant can be made there. */
export function mutated<Port extends ConformancePort>(
  { id, table, mutate }: Mutant<Port>,
  subject: ConformanceSubject<Port>,
): ConformanceSubject<Port> {
  const wrong = mutate(subject)
  const { otherProcess: right } = subject
  if (table === undefined || right === undefined) return wrong
  const options: MutatedOptions = { table, id, right: { ...right, module: urlOf(right) } }
  return { ...wrong, otherProcess: { module: mutatedModule, options } }
}

/** Beside this file, as TypeScript in a clone and as JavaScript in a package. */
const mutatedModule = new URL(`./other-process/mutated-subject.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/** The same subject, with each port it opens changed by `wrap`. The namespace tells which data it is. */
export function wrapPorts<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  wrap: (port: Port, namespace: string) => Port,
): ConformanceSubject<Port> {
  return { ...subject, open: async (namespace) => wrap(await subject.open(namespace), namespace) }
}

/** The same port with some members replaced; the others still belong to the port itself. */
export function replacing<Port extends ConformancePort>(port: Port, members: Partial<Port>): Port {
  const replaced = new Map<PropertyKey, unknown>(Object.entries(members))
  return new Proxy(port, {
    get(target, name) {
      if (replaced.has(name)) return replaced.get(name)
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function' ? member.bind(target) : member
    },
    has: (target, name) => replaced.has(name) || Reflect.has(target, name),
  })
}
