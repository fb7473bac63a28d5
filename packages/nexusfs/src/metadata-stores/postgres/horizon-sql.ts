import { functionSettings } from './sql-names.ts'

/**
 * The highest revision at or below which every commit is finished: first the sequence, then the registry of commits under way
 * (`commit-sql.ts`). A commit that registers after the sequence was read draws a number above it. The 31 bits of a registered value
 * are widened to the value at or just below the sequence's; one that seems more than 2^30 behind has overtaken the first read.
 *
 * With `p_durable`, what it tells is durable: a number that was drawn by a transaction that then failed is in no flushed part of the server's log yet, and
 * a server that is killed then would draw it again. So it commits a message, which flushes the log, unless all of it is.
 */
export function horizonFunction(schema: string): string {
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
