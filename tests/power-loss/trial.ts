import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LoopVolume } from './loop-volume.ts'

export interface TrialPlan {
  /** A program that writes below its first argument for ever, and after each acknowledgement a line to the file of its second. */
  readonly writer: string
  readonly seed: number
  /** Runs the writer with every fsync turned into nothing. */
  readonly withoutSync?: boolean
  /** More arguments of the writer, after the seed. */
  readonly parameters?: readonly string[]
  /** What is wrong with the acknowledged lines in the remounted volume; empty = nothing. */
  verify(root: string, lines: readonly string[]): Promise<readonly string[]>
}

export interface TrialResult {
  /** Writes acknowledged before the power went, each of them verified. */
  readonly acknowledged: number
  readonly problems: readonly string[]
}

/** So many, then the power may go at any moment. */
const leastAcknowledged = 20
const longestExtraMs = 300
const patienceMs = 30_000

/** Writes, cuts the power at a random moment, mounts again and verifies everything acknowledged before. */
export async function runTrial(volume: LoopVolume, plan: TrialPlan): Promise<TrialResult> {
  volume.format()
  const root = join(volume.mountPoint, 'new', 'root')
  const acknowledgements = join(volume.outside, 'acknowledgements')
  rmSync(acknowledgements, { force: true })
  const writer = startWriter(plan, root, acknowledgements)
  const ended = once(writer, 'exit')
  try {
    await enough(acknowledgements, writer)
    await delay(moment(plan.seed))
    // First the copy: what is acknowledged later may have missed the shutdown.
    copyFileSync(acknowledgements, `${acknowledgements}.before`)
    volume.cutPower()
  } finally {
    writer.kill('SIGKILL')
    await ended
    volume.unmount()
  }
  volume.mount()
  try {
    const lines = linesOf(`${acknowledgements}.before`)
    return { acknowledged: lines.length, problems: await plan.verify(root, lines) }
  } finally {
    volume.unmount()
  }
}

function startWriter(plan: TrialPlan, root: string, acknowledgements: string): ChildProcess {
  const command = [
    process.execPath,
    '--conditions=nexus-source',
    plan.writer,
    root,
    acknowledgements,
    `${plan.seed}`,
    ...(plan.parameters ?? []),
  ]
  const [program = '', ...parameters] = plan.withoutSync === true ? ['eatmydata', ...command] : command
  // It is expected to fail, with the power.
  return spawn(program, parameters, { stdio: ['ignore', 'ignore', 'ignore'] })
}

async function enough(acknowledgements: string, writer: ChildProcess): Promise<void> {
  const end = performance.now() + patienceMs
  while (performance.now() < end) {
    if (existsSync(acknowledgements) && linesOf(acknowledgements).length >= leastAcknowledged) return
    if (writer.exitCode !== null) throw new Error(`the writer ended with ${writer.exitCode} before the power went`)
    await delay(5)
  }
  throw new Error(`fewer than ${leastAcknowledged} writes were acknowledged in ${patienceMs} ms`)
}

/** Whole lines only. */
function linesOf(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1)
}

/** Milliseconds, by the seed (a step of Mulberry32). */
function moment(seed: number): number {
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) % longestExtraMs
}
