import { functionSettings } from './sql-names.ts'

/**
 * A list of commits as one call: one transaction, one round trip. The order of its steps is what makes it right:
 *
 * 1. All locks. It is VOLATILE under READ COMMITTED, so every later statement sees what the locks waited for; under another isolation
 *    level the snapshot would be older than the locks, so that is refused.
 * 2. A shared lock that names the sequence's value (the registry of commits under way), and only then numbers from the sequence:
 *    a client that reads the sequence first and the registry second knows every number that is not finished. All locks are held when a
 *    number is drawn, so the order of numbers is a serial order.
 * 3. The commits in runs: no member of a run touches what an earlier one of it writes, so that one statement checks a whole run and one
 *    writes it, and still each member sees those before it.
 *
 * Look-ups are LATERAL with LIMIT 1: one probe of the primary key each, whatever the planner believes about the size of the table.
 *
 * Arguments: `p_store` the schema's oid; `p_seen` the highest revision the client knows of, `p_time` the highest time that it was told; `p_locks` locks in order, the lowest bit set for an exclusive one; `p_timeout` milliseconds
 * that the locks may take, of any session; `p_ends` the last commit of each run, counted from 1; `e_*` expectations on keys
 * (`r` = revision, or -1 present, or -2 absent), `n_*` on ranges; `w_*` puts (`s` = offset of the REV slot or -1), `d_*` deletes. `c` is
 * the commit, `x` the position of an expectation in its commit.
 *
 * Result: for each commit its revision, or -1 - x of its first failed expectation; then for each commit the revision found, or -1.
 */
export function commitFunction(schema: string): string {
  return `
CREATE FUNCTION ${schema}.commit_v1(
  p_store int8, p_seen int8, p_time int8, p_locks int8[], p_timeout int4, p_ends int4[],
  e_c int4[], e_x int4[], e_g bytea[], e_i bytea[], e_r int8[],
  n_c int4[], n_x int4[], n_g bytea[], n_f bytea[], n_t bytea[], n_n int8[], n_r int8[],
  w_c int4[], w_g bytea[], w_i bytea[], w_s int4[], w_v bytea[],
  d_c int4[], d_g bytea[], d_i bytea[]
) RETURNS int8[] LANGUAGE plpgsql VOLATILE ${functionSettings} AS $body$
DECLARE
  entry_lock int8;
  last_drawn int8;
  revisions int8[];
  total int4 := p_ends[array_upper(p_ends, 1)];
  previous int4 := 0;
  run_end int4;
  c int4;
  failed_c int4[];
  failed_x int4[];
  failed_r int8[];
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'the transaction is %, not read committed', current_setting('transaction_isolation') USING ERRCODE = 'NX001';
  END IF;
  IF '${schema}'::regnamespace::oid::int8 <> p_store THEN
    RAISE EXCEPTION 'the schema was removed and made again' USING ERRCODE = 'NX002';
  END IF;
  IF set_config('lock_timeout', p_timeout::text, true) IS NULL THEN END IF;
  FOREACH entry_lock IN ARRAY p_locks LOOP
    IF entry_lock & 1 = 1 THEN
      IF pg_advisory_xact_lock(entry_lock >> 1) IS NULL THEN END IF;
    ELSE
      IF pg_advisory_xact_lock_shared(entry_lock >> 1) IS NULL THEN END IF;
    END IF;
  END LOOP;
  IF clock_timestamp() > transaction_timestamp() + p_timeout * interval '1 millisecond' THEN
    RAISE EXCEPTION 'the locks came too late' USING ERRCODE = '55P03';
  END IF;
  last_drawn := pg_sequence_last_value('${schema}.revision'::regclass);
  IF last_drawn < p_seen THEN
    RAISE EXCEPTION 'the store is at revision %, and was at %', last_drawn, p_seen USING ERRCODE = 'NX003';
  END IF;
  IF p_time > coalesce(pg_sequence_last_value('${schema}.clock'::regclass), 0) THEN
    IF setval('${schema}.clock'::regclass, p_time) IS NULL THEN END IF;
  END IF;
  IF pg_advisory_xact_lock_shared('${schema}'::regnamespace::oid::int4, (last_drawn & 2147483647)::int4) IS NULL THEN END IF;

  revisions := array_fill(0::int8, ARRAY[2 * total]);
  FOREACH run_end IN ARRAY p_ends LOOP
    SELECT array_agg(e.c), array_agg(e.x), array_agg(coalesce(t.rev, -1)) INTO failed_c, failed_x, failed_r
    FROM unnest(e_c, e_x, e_g, e_i, e_r) AS e(c, x, g, i, r)
    LEFT JOIN LATERAL (SELECT s.rev FROM ${schema}.entry s WHERE s.g = e.g AND s.i = e.i LIMIT 1) t ON true
    WHERE e.c > previous AND e.c <= run_end
      AND CASE WHEN e.r = -2 THEN t.rev IS NOT NULL WHEN e.r = -1 THEN t.rev IS NULL ELSE t.rev IS DISTINCT FROM e.r END;
    FOR k IN 1 .. coalesce(cardinality(failed_c), 0) LOOP
      c := failed_c[k];
      IF revisions[c] = 0 OR revisions[c] < -1 - failed_x[k] THEN
        revisions[c] := -1 - failed_x[k];
        revisions[total + c] := failed_r[k];
      END IF;
    END LOOP;
    IF cardinality(n_c) > 0 THEN
      SELECT array_agg(n.c), array_agg(n.x), array_agg(
        (SELECT coalesce(max(s.rev), -1) FROM ${schema}.entry s WHERE s.g = n.g AND s.i >= n.f AND s.i < n.t)
      ) INTO failed_c, failed_x, failed_r
      FROM unnest(n_c, n_x, n_g, n_f, n_t, n_n, n_r) AS n(c, x, g, f, t, n, r)
      CROSS JOIN LATERAL (
        SELECT count(*) AS n, max(page.rev) AS r FROM (
          SELECT s.rev FROM ${schema}.entry s WHERE s.g = n.g AND s.i >= n.f AND s.i < n.t LIMIT n.n + 1
        ) page
      ) there
      WHERE n.c > previous AND n.c <= run_end AND (there.n <> n.n OR there.r > n.r);
      FOR k IN 1 .. coalesce(cardinality(failed_c), 0) LOOP
        c := failed_c[k];
        IF revisions[c] = 0 OR revisions[c] < -1 - failed_x[k] THEN
          revisions[c] := -1 - failed_x[k];
          revisions[total + c] := failed_r[k];
        END IF;
      END LOOP;
    END IF;

    FOR c IN previous + 1 .. run_end LOOP
      IF revisions[c] = 0 THEN
        revisions[c] := nextval('${schema}.revision'::regclass);
      END IF;
    END LOOP;

    IF cardinality(d_c) > 0 THEN
      DELETE FROM ${schema}.entry t WHERE t.ctid = ANY (ARRAY(
        SELECT there.ctid FROM unnest(d_c, d_g, d_i) AS d(c, g, i)
        CROSS JOIN LATERAL (SELECT s.ctid FROM ${schema}.entry s WHERE s.g = d.g AND s.i = d.i LIMIT 1) there
        WHERE d.c > previous AND d.c <= run_end AND revisions[d.c] > 0
      ));
    END IF;
    INSERT INTO ${schema}.entry AS t (g, i, rev, v)
    SELECT
      w.g,
      CASE WHEN w.s < 0 THEN w.i ELSE substr(w.i, 1, w.s) || int8send(revisions[w.c]) || substr(w.i, w.s + 1) END,
      revisions[w.c],
      w.v || int8send(revisions[w.c])
    FROM unnest(w_c, w_g, w_i, w_s, w_v) AS w(c, g, i, s, v)
    WHERE w.c > previous AND w.c <= run_end AND revisions[w.c] > 0
    ON CONFLICT (g, i) DO UPDATE SET rev = excluded.rev, v = excluded.v;
    previous := run_end;
  END LOOP;
  RETURN revisions;
END
$body$;
`
}
