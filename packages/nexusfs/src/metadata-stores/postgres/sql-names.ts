/** A schema's name as it stands in SQL; `options.ts` admits no character that could end the quotes. */
export function quoteSchema(schema: string): string {
  return `"${schema}"`
}

/**
 * Settings that each function carries, so that neither the caller's search path nor the size of the table when a plan was made can
 * change what it does. With a statistic of a few rows a scan of the whole table looks cheap, and the plan stays while the table grows.
 * A generic plan for every statement: every look-up is one probe of the primary key whatever the arguments, while the planner, who
 * takes an array it can see for a short one, would plan each call anew (measured: twice the time of the whole call).
 */
export const functionSettings =
  'SET search_path = pg_catalog SET enable_seqscan = off SET enable_bitmapscan = off SET plan_cache_mode = force_generic_plan'
