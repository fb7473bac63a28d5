import { Argument, type Command } from 'commander'
import type { CommandContext } from '../../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../../command-line/command-module.ts'
import type { DescribedCommand } from '../../command-line/described-command.ts'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { zshScript } from './zsh.ts'

type Shell = 'bash' | 'zsh' | 'fish'

export const completion: CommandModule = { describe }

const scripts: Readonly<Record<Shell, (commands: readonly DescribedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

function describe(command: Command, context: CommandContext): void {
  command
    .addArgument(new Argument('<shell>', 'the shell that reads the script').choices(Object.keys(scripts)))
    .action((shell: Shell) => run(context, shell))
  finishHelp(command, {
    more: [
      'In ~/.bashrc or ~/.zshrc, behind compinit: source <(nexus completion bash), or zsh. In fish: nexus completion fish | source.',
      'Paths of the store are asked for at each Tab, by `nexus ls` with --read-only and --no-config: no config is run for it.',
    ].join('\n'),
    needsNoStore: true,
    examples: ['nexus completion bash > ~/.local/share/bash-completion/completions/nexus'],
  })
}

async function run(context: CommandContext, shell: Shell): Promise<void> {
  const script = scripts[shell](await context.allCommands())
  await (context.isJson ? context.out.json({ shell, script }) : context.out.write(script))
}
