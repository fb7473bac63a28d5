import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MetadataStore } from 'nexusfs'
import { epochOf, revisionsPerEpoch } from 'nexusfs/adapter-kit'
import { expectEqual, expectRejection, expectThat } from '../expect.ts'
import type { ConformanceSubject, LawRequirement } from '../law.ts'
import { itemsOf, key, type MetadataLaw, mustCommit, padded, put, scan, textOf, upTo } from './fixtures.ts'
import { sentences } from './sentences.ts'

const canBackUp: LawRequirement<MetadataStore> = {
  description: 'capability backup, and the hook openBackup',
  isMet: ({ hooks }, info) => info.capabilities.backup === true && hooks?.openBackup !== undefined,
}

const cannotBackUp: LawRequirement<MetadataStore> = {
  description: 'no capability backup',
  isMet: (_subject, info) => info.capabilities.backup !== true,
}

export const backupLaws: readonly MetadataLaw[] = [
  {
    id: 'backup-one-moment',
    member: 'backup',
    title: 'a backup beside commits is the store as one of them left it, with all that was acknowledged before',
    sentence: sentences.backup,
    requires: canBackUp,
    async check({ port, subject }) {
      for (const round of upTo(100)) await commitPair(port, round)
      await inFolder(async (file) => {
        const copying = backUp(port, file)
        let isCopied = false
        const done = (): void => {
          isCopied = true
        }
        copying.then(done, done)
        for (let round = 100; !isCopied && round < 5_000; round++) await commitPair(port, round)
        await copying
        await withBackup(subject, file, async (copy) => {
          const rounds = await itemsOf(copy, scan('rounds', { limit: 10_000 }))
          expectThat(rounds.length >= 100, 'the commits that were acknowledged before', {
            expected: 'at least 100',
            actual: rounds.length,
          })
          expectEqual(rounds, upTo(rounds.length).map(padded), 'the commits, none without those before it')
          for (const name of ['left', 'right']) {
            expectEqual(await textOf(copy, key(name)), String(rounds.length - 1), `${name}, of the last commit in the copy`)
          }
        })
      })
    },
  },
  {
    id: 'backup-new-epoch',
    member: 'backup',
    title: 'a backup is in the epoch after that of the store, which stays in its own',
    sentence: sentences.backupEpoch,
    requires: canBackUp,
    async check({ port, subject }) {
      const before = await mustCommit(port, [put(key('a'))])
      await inFolder(async (file) => {
        await backUp(port, file)
        await withBackup(subject, file, async (copy) => {
          expectEqual(await copy.horizon(), (epochOf(before) + 1) * revisionsPerEpoch, 'the horizon of the copy')
          const after = await mustCommit(copy, [put(key('a'))])
          expectEqual(epochOf(after), epochOf(before) + 1, 'the epoch of the first commit to the copy')
        })
      })
      expectEqual(epochOf(await mustCommit(port, [put(key('a'))])), epochOf(before), 'the epoch of the next commit to the store')
    },
  },
  {
    id: 'backup-existing-file',
    member: 'backup',
    title: 'a backup into a file that is there is refused with AlreadyExists and leaves it as it is',
    sentence: sentences.backupRefused,
    requires: canBackUp,
    async check({ port }) {
      await inFolder(async (file) => {
        await writeFile(file, 'mine')
        await expectRejection(() => backUp(port, file), 'AlreadyExists', 'the backup is refused')
        expectEqual(await readFile(file, 'utf8'), 'mine', 'the file')
      })
    },
  },
  {
    id: 'backup-aborted',
    member: 'backup',
    title: 'a backup whose signal has fired is refused and leaves no file',
    sentence: sentences.backupRefused,
    requires: canBackUp,
    async check({ port }) {
      await inFolder(async (file, folder) => {
        await expectRejection(() => backUp(port, file, AbortSignal.abort()), 'Aborted', 'the backup is refused')
        expectEqual(await readdir(folder), [], 'the files that are left')
      })
    },
  },
  {
    id: 'backup-unsupported',
    member: 'backup',
    title: 'a store without the capability backup has no backup, or refuses it',
    sentence: sentences.unsupported,
    requires: cannotBackUp,
    async check({ port }) {
      const { backup } = port
      if (backup === undefined) return
      await inFolder(async (file) => {
        await expectRejection(() => backup.call(port, file), 'Unsupported', 'the backup is refused')
        const isThere = await access(file).then(
          () => true,
          () => false,
        )
        expectEqual(isThere, false, 'a file is there')
      })
    },
  },
]

/** One commit that writes the round in three namespaces. */
async function commitPair(port: MetadataStore, round: number): Promise<void> {
  const value = String(round)
  await mustCommit(port, [put(key('left'), value), put(key('right'), value), put(key(padded(round), 'rounds'))])
}

async function backUp(port: MetadataStore, file: string, signal?: AbortSignal): Promise<void> {
  const { backup } = port
  expectThat(backup !== undefined, 'the member backup', { expected: 'a function', actual: typeof backup })
  await backup?.call(port, file, { signal })
}

async function inFolder(work: (file: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-conformance-'))
  try {
    await work(join(folder, 'copy'), folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function withBackup(
  { hooks }: ConformanceSubject<MetadataStore>,
  file: string,
  work: (copy: MetadataStore) => Promise<void>,
): Promise<void> {
  const copy = await hooks?.openBackup?.(file)
  if (copy === undefined) return
  try {
    await work(copy)
  } finally {
    await copy.close()
  }
}
