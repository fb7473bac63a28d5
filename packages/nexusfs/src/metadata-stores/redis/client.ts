import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { isNexusError, NexusError } from '../../core/errors.ts'
import { type Revision, toRevision } from '../../core/revision.ts'
import { Backoff } from '../../engine-kit/backoff.ts'
import { Deadline } from '../../engine-kit/deadline.ts'
import { HighWaterMark } from '../../engine-kit/high-water-mark.ts'
import { Connection, type RedisClientClass } from './connection.ts'
import type { RedisPlace } from './options.ts'
import { asList, asNumber, asText, type Reply } from './reply.ts'
import { openScript, type RedisKeys, type RedisScript, redisFormat, redisKeys } from './script.ts'
import { readServerFacts, type ServerReport, settleLog } from './server-check.ts'
import type { ServerFacts } from './server-facts.ts'

/**
 * A store's way to its server: one connection at a time, opened again when it breaks, checked each time. It also remembers the
 * highest revision it has seen, and refuses to go on with a server that has forgotten it.
 */
export class RedisClient {
  readonly place: RedisPlace
  readonly keys: RedisKeys
  readonly #class: RedisClientClass
  #connection: Connection | undefined
  #opening: Promise<Connection> | undefined
  #facts: ServerFacts | undefined
  #storeId: string | undefined
  readonly #seen = new HighWaterMark()
  #isClosed = false

  constructor(client: RedisClientClass, place: RedisPlace) {
    this.#class = client
    this.place = place
    this.keys = redisKeys(place.prefix)
  }

  /**
   * The first connection: tried once, and it decides which store this is.
   * @throws {NexusError} as `RedisStore.open`
   */
  async open(call: Deadline, options: { readonly create: boolean }): Promise<ServerFacts> {
    call.throwIfAborted()
    await call.race(this.#openOnce(options.create), () => 'none')
    if (this.#facts === undefined) throw new NexusError('Unexpected', 'redis: the server told nothing of itself')
    return this.#facts
  }

  /** What tells this store from every other, hexadecimal. */
  get storeId(): string {
    return this.#storeId ?? ''
  }

  /**
   * A connection that is open now. While the server cannot be reached, tries again until the call ends.
   * @throws {NexusError} with the outcome `none`
   */
  async connection(call: Deadline): Promise<Connection> {
    let failure: unknown
    const late = (): NexusError => (isNexusError(failure) ? failure : call.timeout('none', failure))
    for (const backoff = new Backoff({ firstMs: 10, longestMs: 500 }); ; ) {
      const pause = backoff.next()
      if (this.#isClosed) this.#refuseClosed()
      this.#seen.refuseIfRolledBack()
      // Looked at in each turn: while this caller slept, another may have connected.
      if (this.#connection?.isOpen) return this.#connection
      try {
        return await call.race(this.#openOnce(false), () => 'none', late)
      } catch (error) {
        if (!isPassing(error) || call.remaining <= pause) throw error
        failure = error
      }
      await call.race(sleep(pause), () => 'none', late)
    }
  }

  /**
   * Runs a script of this store on that connection: the arguments behind the store's id, what it must know, and its prefix.
   * @throws {NexusError} Corrupt if the store is gone or older than this client knows; as `Connection.run`
   */
  async run(connection: Connection, operation: string, script: RedisScript, args: readonly Buffer[]): Promise<readonly Reply[]> {
    const known = this.#seen.revision
    const head = [this.storeId, String(known), this.place.prefix]
    const reply = asList(await connection.run(operation, script, [this.keys.state], [...head, ...args]))
    this.#refuse(asText(reply[0]), operation, known)
    return reply
  }

  /** Remembers that the store has reached this revision. */
  saw(revision: number): Revision {
    const reached = toRevision(revision)
    this.#seen.raise(reached)
    return reached
  }

  /** Gives up a connection on which an answer is overdue: nothing behind it would be answered either. */
  abandon(connection: Connection): void {
    connection.drop()
    if (this.#connection === connection) this.#connection = undefined
  }

  /** Ends everything at once. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#opening?.catch(() => undefined)
    this.#connection?.drop()
    this.#connection = undefined
  }

  /** Concurrent callers share one attempt. */
  #openOnce(create: boolean): Promise<Connection> {
    this.#opening ??= this.#connect(create).finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #connect(create: boolean): Promise<Connection> {
    let report: ServerReport | undefined
    const connection = await Connection.open(this.#class, this.place, async (fresh) => {
      report = await readServerFacts(fresh, this.place)
      await this.#enter(fresh, create)
      this.#facts ??= report.facts
      this.#refuseWeaker(report.facts)
    })
    if (report !== undefined) await settleLog(connection, report, this.place)
    // One that is broken may still hold its socket.
    this.#connection?.drop()
    this.#connection = connection
    if (this.#isClosed) this.#refuseClosed()
    return connection
  }

  /** A group whose callers have all gone may still look for a connection when the store is closed. */
  #refuseClosed(): never {
    this.#connection?.drop()
    this.#connection = undefined
    throw new NexusError('Closed', 'redis: the store is closed', { advice: 'open it again', outcome: 'none' })
  }

  /** What is compared is what was known before the question: meanwhile, commits may be acknowledged on a connection that is still open. */
  async #enter(connection: Connection, create: boolean): Promise<void> {
    const { state, probe, channel } = this.keys
    const known = this.#seen.revision
    const args = [randomBytes(16).toString('hex'), redisFormat, create ? '1' : '0', channel]
    const reply = asList(await connection.run('metadata.open', openScript, [state, probe], args))
    const verdict = asText(reply[0])
    if (verdict === 'forbidden') throw this.#forbidden(asText(reply[1]))
    if (verdict === 'absent' && this.#storeId === undefined) throw this.#absent()
    this.#refuse(verdict === 'absent' ? 'gone' : verdict, 'metadata.open', known)
    this.#checkFormat(asText(reply[2]))
    const id = asText(reply[1])
    this.#storeId ??= id
    if (id !== this.#storeId) this.#refuse('gone', 'metadata.open', known)
    if (asNumber(reply[3]) < known) this.#refuse('older', 'metadata.open', known)
    this.saw(asNumber(reply[3]))
  }

  #checkFormat(format: string): void {
    if (format === redisFormat) return
    const text = `redis: ${this.place.location} holds format ${format}, this version reads ${redisFormat}`
    throw new NexusError('Unsupported', text, { advice: 'use a newer nexusfs', operation: 'metadata.open', outcome: 'none' })
  }

  /** @param known the highest revision when the server was asked */
  #refuse(verdict: string, operation: string, known: Revision): void {
    if (verdict === 'gone' || verdict === 'older') throw this.#rolledBack(verdict, operation, known)
    if (verdict === 'loading') throw this.#loading(operation)
  }

  /** Once for all: another process might push the counter past what this one has seen. */
  #rolledBack(verdict: 'gone' | 'older', operation: string, known: Revision): NexusError {
    const what =
      verdict === 'gone' ? 'no longer holds the store that was opened' : `is older than revision ${known}, which was acknowledged`
    const text = `redis: ${this.place.location} ${what}`
    const context = { reason: 'rolled back' }
    const error = new NexusError('Corrupt', text, {
      advice: 'it was emptied or restored: check it, raise the epoch, and open it again',
      outcome: 'none',
      operation,
      context,
    })
    return this.#seen.rolledBack(error)
  }

  #loading(operation: string): NexusError {
    const { location, prefix } = this.place
    const text = `redis: ${location} is being loaded, or a load broke off`
    return new NexusError('Unavailable', text, {
      advice: `then drop the prefix ${prefix} and load again`,
      operation,
      outcome: 'none',
      retry: 'never',
    })
  }

  #forbidden(command: string): NexusError {
    const text = `redis: ${this.place.location}: the user may not run ${command} here`
    return new NexusError('PermissionDenied', text, {
      advice: `grant it with ACL SETUSER (see the adapter's README)`,
      operation: 'metadata.open',
      outcome: 'none',
    })
  }

  #absent(): NexusError {
    const text = `redis: ${this.place.location} holds no store`
    return new NexusError('NotFound', text, {
      advice: `create one with \`nexus init\` or the option create`,
      operation: 'metadata.open',
      outcome: 'none',
    })
  }

  /** After a restart the server may promise less than `info` says. */
  #refuseWeaker({ durability }: ServerFacts): void {
    const promised = this.#facts?.durability
    if (promised === undefined || durability === promised || promised === 'none') return
    if (promised === 'os' && durability === 'disk') return
    const text = `redis: ${this.place.location} now keeps acknowledged commits in class ${durability}, not ${promised}`
    throw new NexusError('InvalidConfig', text, { advice: 'open the store again', operation: 'metadata.open', outcome: 'none' })
  }
}

/** A failure that the next attempt may not meet. */
function isPassing(error: unknown): boolean {
  return (isNexusError(error, 'Unavailable') || isNexusError(error, 'Timeout')) && error.retry === 'safe'
}

/** The deadline of a call that nobody gave one. */
export function deadlineWithin(place: RedisPlace, operation: string, signal: AbortSignal | undefined): Deadline {
  return new Deadline(operation, place.callMs, signal)
}
