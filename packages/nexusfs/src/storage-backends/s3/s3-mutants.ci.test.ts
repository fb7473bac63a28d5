// Guards: storage-backends/s3/*.ts, packages/conformance/src/storage/mutants/*.ts

import assert from 'node:assert/strict'
import { killMatrix, storageLaws, storageMutants } from '@nexusfs/conformance'
import { describe, it } from 'vitest'
import { serverOptions } from './s3-server.test-fixture.ts'
import s3Subject from './s3-subject.test-fixture.ts'

const options = await serverOptions()

describe.skipIf(options === undefined)('each mutant of S3Backend, on a real server', () => {
  it('is failed by the law that it breaks', async () => {
    const subject = s3Subject(options ?? { bucket: '' })
    const survivors: string[] = []
    for (const mutant of storageMutants) {
      const law = storageLaws.filter(
        ({ id }) => id === mutant.breaks && !/^(?:stage|processes)-|-stage$|publish|^put-synced$/.test(id),
      )
      if (law.length === 0) continue
      // Mutants that are wrong only where calls meet may have luck, on a loaded machine more often.
      let isKilled = false
      for (let tries = 0; tries < 5 && !isKilled; tries++) {
        const [row] = (await killMatrix(law, [mutant], subject, { deadlineMs: 20_000 })).rows
        isKilled = row?.failed.includes(mutant.breaks) === true
      }
      if (!isKilled) survivors.push(`${mutant.id} survives ${mutant.breaks}`)
    }
    assert.deepEqual(survivors, [])
  })
})
