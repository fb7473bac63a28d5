import { concatBytes, uint64 } from '../../core/bytes.ts'
import { NexusError } from '../../core/errors.ts'
import { loadBatches } from '../../engine-kit/load-batches.ts'
import { withCheck } from '../../metadata/checked-value.ts'
import type { MetadataEntry } from '../../metadata/metadata-store.ts'
import { binaryArray } from './binary-array.ts'
import type { Connection } from './connection.ts'
import { quoteSchema } from './sql-names.ts'
import { type Run, withStoreLock } from './store-lock.ts'

export interface LoadPlan {
  readonly schema: string
  /** The oid of the schema. */
  readonly store: number
  readonly location: string
  /** For each statement. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/**
 * Fills an empty store in one transaction: interrupted, it leaves nothing. Commits wait until it has ended.
 * @throws {NexusError} AlreadyExists if the store holds any entry
 */
export async function loadEntries(connection: Connection, entries: AsyncIterable<MetadataEntry>, plan: LoadPlan): Promise<void> {
  await withStoreLock(connection, { ...plan, operation }, async (run) => {
    await refuseFilled(run, plan)
    await insertAll(run, entries, plan)
  })
}

const operation = 'metadata.load'

async function refuseFilled(run: Run, plan: LoadPlan): Promise<void> {
  const [row] = await run(`SELECT EXISTS (SELECT FROM ${quoteSchema(plan.schema)}.entry)`)
  if (row?.[0] !== 't') return
  throw new NexusError('AlreadyExists', `${operation}: the store at ${plan.location} is not empty`, {
    advice: 'load into a new schema',
    operation,
    outcome: 'none',
  })
}

async function insertAll(run: Run, entries: AsyncIterable<MetadataEntry>, plan: LoadPlan): Promise<void> {
  const schema = quoteSchema(plan.schema)
  const highest = await loadBatches(entries, {
    entries: 2_000,
    bytes: 4_194_304,
    signal: plan.signal,
    insert: (batch) => insert(run, schema, batch),
  })
  await run(`SELECT setval('${schema}.revision', greatest($1::int8, (SELECT last_value FROM ${schema}.revision)))`, [highest])
}

async function insert(run: Run, schema: string, batch: readonly MetadataEntry[]): Promise<void> {
  await run(
    `INSERT INTO ${schema}.entry (g, i, rev, v) SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::int8[], $4::bytea[])`,
    [
      binaryArray.bytea(batch.map((entry) => entry.key.group)),
      binaryArray.bytea(batch.map((entry) => entry.key.item)),
      binaryArray.int8(batch.map((entry) => entry.revision)),
      binaryArray.bytea(batch.map(({ key, value, revision }) => concatBytes(withCheck(key, value), uint64(revision)))),
    ],
  )
}
