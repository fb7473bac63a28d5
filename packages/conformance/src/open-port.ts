import type { MetadataStore, StorageBackend } from 'nexusfs'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { describeError, LawBroken } from './expect.ts'
import type { ConformancePort, ConformanceSubject } from './law.ts'

/** A subject that gives no port that could be checked. Where its first one is like that, so are all: no law is to blame. */
export class CannotOpen extends LawBroken {
  /** What a run ends with. */
  toNexusError(subject: string): NexusError {
    const code = isNexusError(this.cause) ? this.cause.code : 'Unexpected'
    return new NexusError(code, `${subject} ${this.message}; no law was checked`, { cause: this.cause })
  }
}

/**
 * A client of the namespace that has every member of its port.
 * @throws {CannotOpen}
 */
export async function openPort<Port extends ConformancePort>(
  subject: ConformanceSubject<Port>,
  namespace: string,
): Promise<Port> {
  let port: Port
  try {
    port = await subject.open(namespace)
  } catch (cause) {
    throw new CannotOpen(`cannot be opened: ${describeError(cause)}`, { cause })
  }
  const missing = missingMembers(subject.kind, port)
  if (missing.length === 0) return port
  throw new CannotOpen(
    `is no ${subject.kind === 'storage' ? 'StorageBackend' : 'MetadataStore'}: it has no ${missing.join(', no ')}`,
  )
}

type Required<Port> = { [Name in keyof Port as undefined extends Port[Name] ? never : Name]: 'object' | 'function' }

const storageMembers: Required<StorageBackend> = {
  info: 'object',
  put: 'function',
  get: 'function',
  stream: 'function',
  stat: 'function',
  delete: 'function',
  list: 'function',
  close: 'function',
}

const metadataMembers: Required<MetadataStore> = {
  info: 'object',
  read: 'function',
  commit: 'function',
  horizon: 'function',
  load: 'function',
  close: 'function',
}

function missingMembers(kind: 'storage' | 'metadata', port: unknown): readonly string[] {
  const members = Object.entries(kind === 'storage' ? storageMembers : metadataMembers)
  const has = (name: string): unknown => (typeof port === 'object' && port !== null ? Reflect.get(port, name) : undefined)
  return members.filter(([name, type]) => typeof has(name) !== type).map(([name]) => name)
}
