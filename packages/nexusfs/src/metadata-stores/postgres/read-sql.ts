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
