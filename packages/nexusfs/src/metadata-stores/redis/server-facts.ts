import type { DurabilityClass } from '../../core/durability.ts'

/** What a connected server says of itself. */
export interface ServerFacts {
  readonly durability: DurabilityClass
  readonly settings: Readonly<Record<string, string>>
}

/** What a server that could be used says of itself. */
export interface RedisProbe extends ServerFacts {
  /** One round trip, in milliseconds. */
  readonly rttMs: number
}
