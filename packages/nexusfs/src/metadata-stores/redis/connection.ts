import { isIP } from 'node:net'
import type { Redis, RedisOptions } from 'ioredis'
import { NexusError, type Outcome } from '../../core/errors.ts'
import { type TlsOptions, verification } from '../../engine-kit/connection-options.ts'
import { Deadline } from '../../engine-kit/deadline.ts'
import { toNexusError } from './errors.ts'
import type { RedisPlace } from './options.ts'
import { type Reply, toReply } from './reply.ts'
import type { RedisScript } from './script.ts'

const opening = 'metadata.open'

/**
 * One socket to the server. It never reconnects and never sends a command twice: a broken one is thrown away, and what was under
 * way on it is lost without an answer.
 */
export class Connection {
  readonly #redis: Redis
  readonly #place: RedisPlace
  #lastError: unknown

  private constructor(redis: Redis, place: RedisPlace) {
    this.#redis = redis
    this.#place = place
    redis.on('error', (error) => {
      this.#lastError = error
    })
  }

  /**
   * Connects, authenticates and does what `prepare` adds, all within `place.connectMs`; else nothing stays open.
   * @throws {NexusError} Unavailable, Timeout, PermissionDenied, InvalidConfig, or what `prepare` throws
   */
  static async open(
    client: RedisClientClass,
    place: RedisPlace,
    prepare: (connection: Connection) => Promise<void>,
  ): Promise<Connection> {
    const connection = new Connection(new client(clientOptions(place)), place)
    const steps = async (): Promise<void> => {
      await connection.#connect()
      await connection.#authenticate()
      await prepare(connection)
    }
    try {
      const late = (): NexusError => connectTimeout(place)
      await new Deadline(opening, place.connectMs, undefined).race(steps(), () => 'none', late)
      return connection
    } catch (error) {
      connection.drop()
      throw error
    }
  }

  get isOpen(): boolean {
    return this.#redis.status === 'ready' && this.#redis.stream.writable
  }

  /** Calls `listener` once, when the connection has ended for whatever reason. */
  onEnd(listener: () => void): void {
    this.#redis.once('end', listener)
  }

  /** Calls `listener` for every message of the channels that this connection subscribes to. */
  onMessage(listener: () => void): void {
    this.#redis.on('messageBuffer', listener)
  }

  /**
   * @throws {NexusError} with the outcome `none` if the command was not sent or was refused, `unknown` if the connection broke
   * before the answer came
   */
  async send(operation: string, command: string, args: readonly (string | Buffer)[]): Promise<Reply> {
    if (!this.isOpen) throw this.#error(new Error('the connection is closed'), operation, 'none')
    try {
      return toReply(await this.#redis.callBuffer(command, [...args]))
    } catch (error) {
      throw this.#error(error, operation, 'unknown')
    }
  }

  /** Runs a script that the server may or may not know. A server that does not know it has run nothing, so sending it again is safe. */
  async run(operation: string, script: RedisScript, keys: readonly string[], args: readonly (string | Buffer)[]): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args]
    if (!this.isOpen) throw this.#error(new Error('the connection is closed'), operation, 'none')
    try {
      return toReply(await this.#redis.callBuffer('EVALSHA', [script.sha, ...rest]))
    } catch (error) {
      if (!isUnknownScript(error)) throw this.#error(error, operation, 'unknown')
      return this.send(operation, 'EVAL', [script.source, ...rest])
    }
  }

  /** Ends the connection at once. Idempotent. */
  drop(): void {
    this.#redis.disconnect()
    // Without this a peer that does not answer would hold the socket for another two seconds.
    if (this.#redis.stream !== undefined) this.#redis.stream.destroy()
  }

  async #connect(): Promise<void> {
    try {
      await this.#redis.connect()
    } catch (error) {
      throw this.#error(this.#lastError ?? error, opening, 'none')
    }
  }

  /** Here rather than by the client, which reports some refusals on the console only. */
  async #authenticate(): Promise<void> {
    const { username, password, db } = this.#place
    if (password !== '') await this.#handshake('AUTH', username === '' ? [password] : [username, password])
    if (db !== 0) await this.#handshake('SELECT', [String(db)])
  }

  async #handshake(command: string, args: readonly string[]): Promise<void> {
    try {
      await this.#redis.callBuffer(command, [...args])
    } catch (error) {
      throw this.#error(error, opening, 'none')
    }
  }

  #error(error: unknown, operation: string, outcome: Outcome): NexusError {
    const { location, password } = this.#place
    // Opening applies no commit, whatever becomes of it.
    const known = operation === opening ? 'none' : outcome
    return toNexusError(error, { operation, location, outcome: known, secrets: [password] })
  }
}

function connectTimeout({ location, connectMs, tls }: RedisPlace): NexusError {
  const hint = tls === undefined ? 'is it overloaded or cut off?' : 'use redis:// if the server speaks no TLS'
  const text = `${opening}: ${location}: no connection within ${connectMs} ms`
  return new NexusError('Timeout', text, { advice: hint, operation: opening, outcome: 'none' })
}

/** No queue, no reconnecting, no sending again: whether a commit may be repeated is for the layers above to say. */
function clientOptions({ host, port, tls, connectMs }: RedisPlace): RedisOptions {
  return {
    host,
    port,
    family: 0,
    lazyConnect: true,
    // Ours ends it before, and says why.
    connectTimeout: connectMs + 1_000,
    // RESP2: no HELLO, which some proxies and users are not allowed.
    protocol: 2,
    disableClientInfo: true,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    keepAlive: 10_000,
    ...(tls === undefined ? {} : { tls: tlsOf(host, tls) }),
  }
}

function tlsOf(host: string, { verify, ...rest }: TlsOptions): RedisOptions['tls'] {
  return { ...(isIP(host) === 0 ? { servername: host } : {}), ...definedOnly(rest), ...verification({ verify }) }
}

function definedOnly<T extends object>(options: T): Partial<T> {
  const defined: Partial<T> = { ...options }
  for (const key in defined) {
    if (defined[key] === undefined) delete defined[key]
  }
  return defined
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError' && error.message.startsWith('NOSCRIPT')
}

/** The part of the client that this adapter uses. */
export type RedisClientClass = new (options: RedisOptions) => Redis

/**
 * The class of the optional package `ioredis`, loaded when a store is opened.
 * @throws {NexusError} MissingDependency
 */
export async function loadClient(): Promise<RedisClientClass> {
  try {
    return (await import('ioredis')).Redis
  } catch (cause) {
    throw new NexusError('MissingDependency', 'redis: the package ioredis is missing', {
      advice: 'run `npm install ioredis`',
      operation: 'metadata.open',
      outcome: 'none',
      cause,
    })
  }
}
