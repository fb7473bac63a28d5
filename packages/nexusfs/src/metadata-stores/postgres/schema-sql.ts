import { commitFunction } from './commit-sql.ts'
import { horizonFunction } from './horizon-sql.ts'
import { readFunction } from './read-sql.ts'

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
