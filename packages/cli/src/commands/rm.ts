import { type Command, Option } from 'commander'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'

interface RmFlags {
  readonly recursive?: boolean
  /** `-R`, which means the same. */
  readonly R?: boolean
  readonly force?: boolean
  readonly message?: string
}

const recurse = 'pass -r to remove a directory with everything in it'

export const rm: CommandModule = {
  describe,
  fixes: { IsADirectory: recurse, NotEmpty: recurse, NotFound: 'pass -f to take that for success' },
}

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<paths...>', 'files or directories')
    .option('-r, --recursive', 'remove directories with everything in them')
    .addOption(new Option('-R', 'the same').hideHelp())
    .option('-f, --force', 'take an absent path for success')
    .option('-m, --message <reason>', 'why, kept in the log')
    .action((paths: string[], flags: RmFlags) => run(context, paths, flags))
  finishHelp(command, {
    more: '`nexus restore` brings back what was removed. Several paths are removed one after the other, up to the first that fails.',
    examples: ['nexus rm -r /plans/old'],
  })
}

async function run(context: CommandContext, paths: readonly string[], { recursive, R, force, message }: RmFlags): Promise<void> {
  const removed: string[] = []
  let isWhole = false
  await context.withStore(async (nexus) => {
    try {
      for (const path of paths) {
        if (!(await nexus.remove(path, { recursive: recursive ?? R, force, reason: message, signal: context.signal }))) continue
        removed.push(path)
        if (!context.isJson) await context.answer(undefined, `removed ${path}`)
      }
      isWhole = true
    } finally {
      if (context.isJson && (isWhole || removed.length > 0)) await context.answer({ removed }, '')
    }
  })
}
