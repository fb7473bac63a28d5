/** A schema's name as it stands in SQL; `options.ts` admits no character that could end the quotes. */
export function quoteSchema(schema: string): string {
  return `"${schema}"`
}

/**
 * Settings that each function carries, so that neither the caller's search path nor a plan made while the table was small can change
 * what it does: with a statistic of a few rows a scan of the whole table looks cheap, and the plan stays while the table grows.
 */
export const functionSettings = 'SET search_path = pg_catalog SET enable_seqscan = off SET enable_bitmapscan = off'
