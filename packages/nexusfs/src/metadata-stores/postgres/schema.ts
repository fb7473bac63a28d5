import { revisionsPerEpoch } from '../../core/revision.ts'
import { commitFunction } from './commit-sql.ts'
import { functionSettings, quoteSchema } from './sql-names.ts'

/** The statements of a store, for its schema. */
export interface Statements {
  readonly read: string
  /** The same for keys alone, without the function's own cost; only where the session has the planner's settings. */
  readonly readKeys: string
  readonly commit: string
  readonly horizon: string
  /** Moves the sequence to the start of the next epoch. */
  readonly raiseEpoch: string
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
    read: `SELECT * FROM ${schema}.read_v1(${placeholders(7)})`,
    readKeys: `
      SELECT 0, NULL::bytea, ${storeTime(schema)},
        int8send(pg_sequence_last_value('${schema}.revision'::regclass))
      UNION ALL
      SELECT k.o::int4, NULL::bytea, t.rev, t.v FROM unnest($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k(g, i, o)
      CROSS JOIN LATERAL (SELECT e.rev, e.v FROM ${schema}.entry e WHERE e.g = k.g AND e.i = k.i LIMIT 1) t`,
    commit: `SELECT ${schema}.commit_v1(${placeholders(26)})`,
    horizon: `SELECT ${schema}.horizon_v1(true)`,
    raiseEpoch: `SELECT setval('${schema}.revision', (last_value / ${revisionsPerEpoch} + 1) * ${revisionsPerEpoch}) FROM ${schema}.revision`,
    position: `SELECT pg_sequence_last_value('${schema}.revision'::regclass), ${schema}.horizon_v1(false)`,
    notify: `SELECT pg_notify($1, '') WHERE EXISTS (
      SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.classid = $2::int8::oid AND l.objid = ${listenerId}
        AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))`,
    announceListener: `SELECT pg_advisory_lock_shared(($1::int8)::oid::int4, -1)`,
  }
}

/** -1 as an unsigned number: beside the 31-bit numbers of the registry of commits. */
const listenerId = '4294967295'

function placeholders(count: number): string {
  return Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ')
}

/** The format that this code reads and writes. */
export const schemaVersion = 1

/**
 * What leads from each version to the next, as SQL for a quoted schema name; the first makes version 1 out of an empty schema. A
 * released step never changes. Functions carry the version in their name, so that an older client fails rather than calls a newer one.
 */
export const migrations: readonly ((schema: string) => string)[] = [
  (schema) => [tables(schema), readFunction(schema), commitFunction(schema), horizonFunction(schema)].join('\n'),
]

/**
 * No index on `rev`: it would make every update touch both indexes (no HOT update). Values are not worth trying to compress, and
 * `fillfactor` leaves room on the page for the next version of a row. The first number of the sequence is used up at once, so that its
 * `last_value` is always one that was issued. `clock` holds the highest time that the client of a commit was told: a sequence, since a row
 * that every commit changes would be one that every commit waits for.
 */
function tables(schema: string): string {
  return `
CREATE TABLE ${schema}.entry (
  g bytea NOT NULL,
  i bytea NOT NULL,
  rev int8 NOT NULL,
  v bytea NOT NULL,
  PRIMARY KEY (g, i)
) WITH (fillfactor = 90);
ALTER TABLE ${schema}.entry ALTER COLUMN v SET STORAGE EXTERNAL;
CREATE SEQUENCE ${schema}.revision AS int8 CACHE 1 NO CYCLE;
SELECT nextval('${schema}.revision');
CREATE SEQUENCE ${schema}.clock AS int8 CACHE 1 NO CYCLE;
`
}

/**
 * The clock of the server in milliseconds, or what clients of commits were told if that is higher: the clock may have been set back, or
 * be that of another server than before.
 */
function storeTime(schema: string): string {
  const clock = '(extract(epoch FROM clock_timestamp()) * 1000)::int8'
  return `greatest(${clock}, pg_sequence_last_value('${schema}.clock'::regclass))`
}

/**
 * Keys and pages from one snapshot in one round trip. STABLE: all its statements use the snapshot of the statement that calls it.
 * A function, not a prepared statement, so that its plans are kept also behind a pooler.
 *
 * `k_*` are keys, `s_*` scans (`f` from, `t` to, `n` how many, `r` reversed). The first row (ordinal 0) holds the server's clock in
 * milliseconds, and as its value the last revision drawn; then come the keys found, by ordinal from 1; then the pages, by ordinal from -1 down.
 */
function readFunction(schema: string): string {
  return `
CREATE FUNCTION ${schema}.read_v1(
  k_g bytea[], k_i bytea[],
  s_g bytea[], s_f bytea[], s_t bytea[], s_n int4[], s_r bool[]
) RETURNS TABLE (o int4, i bytea, rev int8, v bytea) LANGUAGE plpgsql STABLE ${functionSettings} AS $body$
BEGIN
  RETURN QUERY SELECT 0, NULL::bytea, ${storeTime(schema)},
    int8send(pg_sequence_last_value('${schema}.revision'::regclass));
  RETURN QUERY
    SELECT k.o::int4, NULL::bytea, t.rev, t.v
    FROM unnest(k_g, k_i) WITH ORDINALITY AS k(g, i, o)
    CROSS JOIN LATERAL (SELECT e.rev, e.v FROM ${schema}.entry e WHERE e.g = k.g AND e.i = k.i LIMIT 1) t;
  FOR s IN 1 .. coalesce(cardinality(s_g), 0) LOOP
    IF s_r[s] THEN
      RETURN QUERY
        SELECT -s, e.i, e.rev, e.v FROM ${schema}.entry e
        WHERE e.g = s_g[s] AND e.i >= s_f[s] AND e.i < s_t[s] ORDER BY e.i DESC LIMIT s_n[s];
    ELSE
      RETURN QUERY
        SELECT -s, e.i, e.rev, e.v FROM ${schema}.entry e
        WHERE e.g = s_g[s] AND e.i >= s_f[s] AND e.i < s_t[s] ORDER BY e.i LIMIT s_n[s];
    END IF;
  END LOOP;
END
$body$;
`
}

/**
 * The highest revision at or below which every commit is finished: first the sequence, then the registry of commits under way
 * (`commit-sql.ts`). A commit that registers after the sequence was read draws a number above it. The 31 bits of a registered value
 * are widened to the value at or just below the sequence's; one that seems more than 2^30 behind has overtaken the first read.
 *
 * With `p_durable`, what it tells is durable: a number that was drawn by a transaction that then failed is in no flushed part of the server's log yet, and
 * a server that is killed then would draw it again. So it commits a message, which flushes the log, unless all of it is.
 */
function horizonFunction(schema: string): string {
  return `
CREATE FUNCTION ${schema}.horizon_v1(p_durable bool) RETURNS int8 LANGUAGE plpgsql VOLATILE ${functionSettings} AS $body$
DECLARE
  last int8 := pg_sequence_last_value('${schema}.revision'::regclass);
  behind int8;
BEGIN
  SELECT max((last - l.objid::int8) & 2147483647) INTO behind
  FROM pg_locks l
  WHERE l.locktype = 'advisory' AND l.objsubid = 2
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
    AND l.classid = '${schema}'::regnamespace::oid
    AND l.objid::int8 <= 2147483647
    AND ((last - l.objid::int8) & 2147483647) < 1073741824;
  IF p_durable AND pg_current_wal_insert_lsn() > pg_current_wal_flush_lsn() THEN
    IF pg_logical_emit_message(true, 'nexus', '') IS NULL THEN END IF;
  END IF;
  RETURN last - coalesce(behind, 0);
END
$body$;
`
}
