import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { NexusFS } from 'nexusfs'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { type configOnce, type LocatedStore, locateChosenStore, wholeStore } from 'nexusfs/registry'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { configOf, locationText, type OpenLocationOptions, openLocation } from '../store/open-store.ts'

interface InitFlags {
  readonly shareStorage?: boolean
}

export const init: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('[dir]', 'a folder, made if it is not there (default: the store of nexus.config or NEXUS_STORE, else .nexus)')
    .option('--share-storage', 'also where the storage backend holds the blobs of another store')
    .action((dir: string | undefined, flags: InitFlags) => run(context, dir, flags))
  finishHelp(command, {
    more: 'The folder holds the content and a SQLite database. Nothing changes if the store is there already. No other command makes a store.',
    examples: ['nexus init', 'nexus init --storage local:/srv/blobs --metadata sqlite:/srv/meta.db'],
  })
}

async function run(context: CommandContext, dir: string | undefined, { shareStorage }: InitFlags): Promise<void> {
  const config = configOf(context)
  const located = await locationToMake(context, dir, config)
  refuseReadOnly(context, located)
  refuseMemory(located)
  if (located.location.kind === 'folder') await refuseOccupied(located.location.folder)
  const { nexus, isNew } = await openOrMake(context, located, { config, mayShareStorage: shareStorage })
  await using opened = nexus
  const { durability, storeId } = opened.info
  const text = isNew ? `made a store in ${locationText(located)}` : `the store in ${locationText(located)} is there already`
  await context.answer({ store: locationText(located), created: isNew, durability, storeId }, `${text}, durability ${durability}`)
}

/** What is named; else what the other commands would look for, but never a folder further up; else `.nexus` here. */
async function locationToMake(
  { options, terminal }: CommandContext,
  dir: string | undefined,
  config: ReturnType<typeof configOnce>,
): Promise<LocatedStore> {
  const { store, storage, metadata } = options
  const isNamed = store !== undefined || storage !== undefined || metadata !== undefined
  if (dir === undefined) {
    const around = { cwd: terminal.cwd, env: terminal.env, config }
    const chosen = await locateChosenStore({ store, storage, metadata }, around)
    return chosen ?? { location: { kind: 'folder', folder: resolve(terminal.cwd, '.nexus') }, why: 'the folder to make' }
  }
  if (isNamed)
    throw new NexusError('InvalidArgument', 'the store is named twice', { advice: 'give a folder or options, not both' })
  return { location: wholeStore(dir, terminal.cwd), why: 'the folder to make' }
}

function refuseReadOnly({ options }: CommandContext, { readOnly }: LocatedStore): void {
  if ((options.readOnly ?? readOnly) !== true) return
  throw new NexusError(
    'InvalidArgument',
    'init makes a store, and readOnly forbids it; leave --read-only, or readOnly of the config, out',
  )
}

/** A store in the memory of this process would be gone with it. */
function refuseMemory({ location }: LocatedStore): void {
  if (location.kind === 'folder' || location.storage !== location.metadata) return
  if (typeof location.storage !== 'string' || !location.storage.startsWith('memory:')) return
  throw new NexusError('InvalidArgument', 'memory: ends with this command, so that nothing is made', { advice: 'name a folder' })
}

/** A store has its folder for itself: its files must not mix with those of somebody else. */
async function refuseOccupied(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => [])
  const others = names.filter((name) => !name.startsWith('.') && name !== 'lost+found')
  if (others.length === 0 || names.includes('blobs') || names.includes('meta.db')) return
  throw new NexusError('AlreadyExists', `${folder} holds other files`, {
    advice: `name a folder of its own, such as ${join(folder, '.nexus')}`,
  })
}

async function openOrMake(
  context: CommandContext,
  located: LocatedStore,
  options: Pick<OpenLocationOptions, 'config' | 'mayShareStorage'>,
): Promise<{ readonly nexus: NexusFS; readonly isNew: boolean }> {
  try {
    return { nexus: await openLocation(context, located, { ...options, create: false }), isNew: false }
  } catch (error) {
    if (!isNexusError(error, 'InvalidConfig') || !isNexusError(error.cause, 'NotFound')) throw error
    return { nexus: await openLocation(context, located, { ...options, create: true }), isNew: true }
  }
}
