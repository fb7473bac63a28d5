import { NexusError } from '../../core/errors.ts'
import { type StallAwareTimer, stallAwareTimer } from '../../engine-kit/event-loop.ts'
import type { ConnectionTarget } from './connection-target.ts'
import type { Driver, DriverClient } from './driver.ts'
import { isStatementError, toNexusError } from './errors.ts'
import { factsArguments, factsQuery, readFacts, type ServerFacts, type SessionSettings } from './server-check.ts'

export interface ConnectionPlan extends SessionSettings {
  readonly driver: Driver
  readonly target: ConnectionTarget
  readonly location: string
  readonly connectMs: number
  readonly isPooled: boolean | undefined
}

/** One call of a function of the schema. */
export interface Call {
  /** The port call, for errors. */
  readonly operation: string
  readonly text: string
  readonly values?: readonly unknown[]
  /** Under this name the server keeps the parsed statement; ignored behind a pooler. */
  readonly name?: string
  /** Given up after this many milliseconds. */
  readonly timeoutMs: number
}

export type Row = readonly (string | null)[]

/** One connection, whose session has the settings that this store needs. One query at a time. */
export class Connection {
  readonly facts: ServerFacts
  /** True if a pooler stands between: the session is not ours. */
  readonly isPooled: boolean
  readonly #client: DriverClient
  readonly #location: string
  #isBroken = false

  /**
   * @throws {NexusError} Unavailable, Timeout, PermissionDenied or InvalidConfig, with the outcome `none`
   */
  static async open(plan: ConnectionPlan): Promise<Connection> {
    const client = plan.driver.client(plan.target, plan.connectMs)
    client.onEnd(ignore)
    const late = Promise.withResolvers<never>()
    // A client that is ended while it connects may never say so: who waits is told here.
    const timer = setTimeout(() => late.reject(new Error('timeout expired')), plan.connectMs)
    try {
      return await Promise.race([Connection.#establish(client, plan), late.promise])
    } catch (error) {
      void client.end().catch(ignore)
      throw toNexusError(error, { operation: 'metadata.connect', location: plan.location, outcome: 'none' })
    } finally {
      clearTimeout(timer)
    }
  }

  static async #establish(client: DriverClient, plan: ConnectionPlan): Promise<Connection> {
    await client.connect()
    const processId = plan.isPooled === true ? 0 : client.processId()
    const [row = []] = await client.query({ text: factsQuery, values: factsArguments(plan, processId) })
    const facts = readFacts(row)
    return new Connection(client, facts, plan)
  }

  private constructor(client: DriverClient, facts: ServerFacts, plan: ConnectionPlan) {
    this.#client = client
    this.#location = plan.location
    this.facts = facts
    this.isPooled = plan.isPooled ?? facts.processId !== client.processId()
    client.onEnd(() => {
      this.#isBroken = true
    })
  }

  /** True once it can carry no further query. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /**
   * @throws {NexusError} with the outcome `none` if the server refused or nothing was sent, `unknown` if the reply is missing
   */
  async query(call: Call): Promise<readonly Row[]> {
    const failure = { operation: call.operation, location: this.#location }
    if (this.#isBroken) {
      throw new NexusError('Unavailable', `${call.operation}: the connection is gone, at ${this.#location}`, {
        operation: call.operation,
        outcome: 'none',
      })
    }
    const giveUp = this.#giveUpAfter(call)
    try {
      return await this.#client.query({
        text: call.text,
        ...(call.values === undefined ? {} : { values: call.values }),
        ...(call.name === undefined || this.isPooled ? {} : { name: call.name }),
      })
    } catch (error) {
      if (!isStatementError(error)) this.#isBroken = true
      throw giveUp.error ?? toNexusError(error, { ...failure, outcome: 'unknown' })
    } finally {
      giveUp.timer.clear()
    }
  }

  /** Calls the listener at each NOTIFY on a channel that this connection listens to. */
  onNotification(listener: () => void): void {
    this.#client.onNotification(listener)
  }

  /** Calls the listener when the connection ends, from either side. */
  onEnd(listener: () => void): void {
    this.#client.onEnd(listener)
  }

  /** Ends the connection; one that carries a query is cut. */
  async close(): Promise<void> {
    this.#isBroken = true
    await this.#client.end().catch(ignore)
  }

  /** The server's own timeout comes first; this one is for a server that does not answer at all. */
  #giveUpAfter(call: Call): { readonly timer: StallAwareTimer; error: NexusError | undefined } {
    const timer = stallAwareTimer(call.timeoutMs * 1.05, () => {
      giveUp.error = new NexusError('Timeout', `${call.operation}: no reply after ${call.timeoutMs} ms, at ${this.#location}`, {
        operation: call.operation,
        outcome: 'unknown',
      })
      void this.close()
    })
    const giveUp: { readonly timer: StallAwareTimer; error: NexusError | undefined } = { timer, error: undefined }
    return giveUp
  }
}

function ignore(): void {}
