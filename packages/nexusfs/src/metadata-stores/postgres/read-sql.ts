import { functionSettings } from './sql-names.ts'

/**
 * The clock of the server in milliseconds, or what clients of commits were told if that is higher: the clock may have been set back, or
 * be that of another server than before.
 */
export function storeTime(schema: string): string {
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
export function readFunction(schema: string): string {
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
