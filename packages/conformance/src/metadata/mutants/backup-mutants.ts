import { copyFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MetadataStore } from 'nexusfs'
import { revisionsPerEpoch, toRevision } from 'nexusfs/adapter-kit'
import { throwIfAborted } from 'nexusfs/errors'
import { replacing, wrapPorts } from '../../mutant.ts'
import { key, mustCommit, put, textOf } from '../fixtures.ts'
import { clients, type MetadataMutant, type Mutate } from './wrong-store.ts'

export const backupMutants: readonly MetadataMutant[] = [
  {
    id: 'backup-later-part',
    breaks: 'backup-one-moment',
    description: 'a backup holds a part of a later commit, as a copy made page by page does',
    mutate: copies(async (copy) => {
      if ((await textOf(copy, key('left'))) !== undefined) await mustCommit(copy, [put(key('left'), 'later')])
      return copy
    }),
  },
  {
    id: 'backup-same-epoch',
    breaks: 'backup-new-epoch',
    description: 'a backup goes on with the revisions of the store',
    mutate: copies(async (copy) =>
      replacing(copy, { horizon: async () => toRevision((await copy.horizon()) % revisionsPerEpoch) }),
    ),
  },
  {
    id: 'backup-overwrites',
    breaks: 'backup-existing-file',
    description: 'a backup writes over a file that is there',
    mutate: clients((port) => ({
      backup: async (file, options) => {
        throwIfAborted(options?.signal, 'metadata.backup')
        const fresh = join(dirname(file), 'fresh')
        await opened(port.backup?.(fresh, options))
        await copyFile(fresh, file)
      },
    })),
  },
  {
    id: 'backup-leaves-file',
    breaks: 'backup-aborted',
    description: 'a cancelled backup leaves a file',
    mutate: clients((port) => ({
      backup: async (file, options) => {
        if (options?.signal?.aborted) await writeFile(file, '')
        await port.backup?.(file, options)
      },
    })),
  },
  {
    id: 'backup-silent',
    breaks: 'backup-unsupported',
    description: 'a store without the capability takes a backup for done',
    mutate: (subject) =>
      wrapPorts(subject, (port) => (port.info.capabilities.backup ? port : replacing(port, { backup: async () => {} }))),
  },
]

/** Changes each backup when it is opened. */
function copies(change: (copy: MetadataStore) => Promise<MetadataStore>): Mutate {
  return (subject) => ({
    ...subject,
    hooks: { ...subject.hooks, openBackup: async (file) => change(await opened(subject.hooks?.openBackup?.(file))) },
  })
}

async function opened<Value>(value: Promise<Value> | undefined): Promise<Value> {
  if (value === undefined) throw new Error('the subject has no backup')
  return await value
}
