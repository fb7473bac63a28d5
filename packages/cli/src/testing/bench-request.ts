import type { PlanRequest } from '@nexusfs/bench'
import { Command } from 'commander'
import { declareRun, requestOf } from '../commands/bench/run.ts'

/**
 * What the words behind `nexus bench run` ask for; nothing is run.
 * @throws {CommanderError} if it has no such options
 */
export function benchRequest(words: readonly string[]): PlanRequest {
  const command = declareRun(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  command.parse([...words], { from: 'user' })
  return requestOf(command.args, command.opts())
}
