// Guards: metadata-stores/postgres/*.ts

import { metadataLaws, registerLaws } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import { requireOrSkip } from '../../../../../services/require-or-skip.ts'
import type { PostgresSettings } from './options.ts'
import { dropSchema, holdCommits, shared } from './postgres-server.test-fixture.ts'
import postgresSubject, { schemaOf } from './postgres-subject.test-fixture.ts'

const pooler = await requireOrSkip('pgbouncer')

const variants: readonly { readonly name: string; readonly url: string | undefined; readonly settings: PostgresSettings }[] = [
  { name: 'postgres', url: shared?.url, settings: {} },
  { name: 'postgres, one call a commit', url: shared?.url, settings: { groupSize: 1, commitConnections: 4 } },
  { name: 'postgres behind pgbouncer', url: pooler?.url, settings: {} },
]

for (const { name, url, settings } of variants) {
  if (url === undefined || shared === undefined) {
    describe.skip(`${name} keeps the laws of its port: no server`, () => it('is skipped', () => {}))
    continue
  }
  const direct = shared.url
  registerLaws(
    {
      ...postgresSubject({ name, url, settings }),
      dispose: (namespace) => dropSchema(direct, schemaOf(namespace)),
      hooks: { commitHeld: (_, namespace, commits) => holdCommits(direct, schemaOf(namespace), commits) },
    },
    { describe, it },
    metadataLaws,
  )
}
