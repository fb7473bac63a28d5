import { Argument, type Command } from 'commander'
import { isNexusError, NexusError } from 'nexusfs/errors'
import { epochOfStore, locateStore } from 'nexusfs/registry'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { configOf, locationText } from '../store/open-store.ts'

export const epoch: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .addArgument(new Argument('[action]', 'raise = begin the next epoch; without it, the epoch is shown').choices(['raise']))
    .action((action?: 'raise') => run(context, action === 'raise'))
  finishHelp(command, {
    more: [
      'Run `nexus epoch raise` once after the metadata was restored from an older copy (a dump of the server, an older meta.db), before anybody uses the store.',
      'Revisions and etags of what was lost are then never given out a second time. Files and versions stay as they are.',
      'A folder made by `nexus backup` does not need it. Close the store everywhere else first.',
    ].join('\n'),
    examples: ['nexus epoch raise', 'nexus epoch --store team'],
  })
}

async function run(context: CommandContext, raise: boolean): Promise<void> {
  const { options, terminal, signal } = context
  const around = { cwd: terminal.cwd, env: terminal.env, config: configOf(context) }
  const { store, storage, metadata } = options
  const located = await locateStore({ store, storage, metadata }, around)
  const location = locationText(located)
  context.remark(`store ${location} (${located.why})`)
  const { epoch: now, revision } = await epochOfStore(located, { ...around, raise, signal, readOnly: options.readOnly }).catch(
    (cause: unknown) => {
      if (!isNexusError(cause, 'NotFound')) throw cause
      throw new NexusError('InvalidConfig', `no store in ${location}`, { advice: 'name the one that was restored', cause })
    },
  )
  const facts = { store: location, epoch: now, revision }
  if (raise) return context.answer(facts, `the store in ${location} is in epoch ${now} now`)
  if (context.isJson) return context.out.json(facts)
  await context.out.line(`epoch ${now}, revision ${revision}`)
}
