import { quoteSchema } from './sql-names.ts'

/** The statements of a store, for its schema. */
export interface Statements {
  readonly read: string
  readonly commit: string
  readonly horizon: string
  /** Whether anything has changed since: the last revision drawn, and the horizon. */
  readonly position: string
  /** Wakes those who listen, if there are any; `$1` is the channel, `$2` the schema's oid. */
  readonly notify: string
  /** Marks this session as one that listens; `$1` is the schema's oid. */
  readonly announceListener: string
}

export function statementsFor(schemaName: string): Statements {
  const schema = quoteSchema(schemaName)
  return {
    read: `SELECT * FROM ${schema}.read_v1(${places(7)})`,
    commit: `SELECT ${schema}.commit_v1(${places(24)})`,
    horizon: `SELECT ${schema}.horizon_v1()`,
    position: `SELECT pg_sequence_last_value('${schema}.revision'::regclass), ${schema}.horizon_v1()`,
    notify: `SELECT pg_notify($1, '') WHERE EXISTS (
      SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = $2::int8::oid AND l.objid = ${listenerId}
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))`,
    announceListener: `SELECT pg_advisory_lock_shared(($1::int8)::oid::int4, -1)`,
  }
}

/** -1 as an unsigned number: beside the 31-bit numbers of the registry of commits. */
const listenerId = '4294967295'

function places(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ')
}
