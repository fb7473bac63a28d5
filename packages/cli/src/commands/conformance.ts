import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConformanceReport, ConformanceSubject, LawResult } from '@nexusfs/conformance'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { MetadataStore, StorageBackend } from 'nexusfs'
import { NexusError } from 'nexusfs/errors'
import { type Environment, loadRegistry, missingVariables, type OpenContext, redactSecrets } from 'nexusfs/registry'
import type { CommandContext } from '../command-line/command-context.ts'
import { type CommandModule, finishHelp } from '../command-line/command-module.ts'
import { otherProcessOf } from '../store/conformance-module.ts'
import { subjectOf } from '../store/conformance-subject.ts'
import { type ConformanceTarget, findTarget } from '../store/conformance-target.ts'

interface ConformanceFlags {
  readonly layer?: 'storage' | 'metadata'
  readonly law?: readonly string[]
  readonly seed?: number
}

export const conformance: CommandModule = { describe }

function describe(command: Command, context: CommandContext): void {
  command
    .argument('<adapter>', 'a name (memory, sqlite, one from nexus.config), or a URI: where to make the namespaces of the tests')
    .addOption(new Option('--layer <layer>', 'only this port, for a name that has both').choices(['storage', 'metadata']))
    .option('--law <ids...>', 'only these laws; "scan-*" stands for all that begin so')
    .option('--seed <n>', 'repeat a run with its seed', parseSeed)
    .action((text: string, flags: ConformanceFlags) => run(context, text, flags))
  finishHelp(command, {
    more: 'Each law runs in a fresh namespace that is removed again. A broken law is shown with all that is needed to see it again.',
    needsNoStore: true,
    exits: { 1: 'a law is broken, or could not be checked' },
    examples: ['nexus conformance sqlite', 'nexus conformance local:/mnt/disk --law put-atomic --seed 42'],
  })
}

async function run(context: CommandContext, text: string, flags: ConformanceFlags): Promise<void> {
  const { terminal, options, signal } = context
  const loaded = options.config === false ? false : undefined
  const registry = await loadRegistry({ cwd: terminal.cwd, env: terminal.env, config: loaded })
  const target = selectLayer(findTarget(text, registry), flags.layer)
  const tmpDir = await mkdtemp(join(tmpdir(), 'nexus-conformance-'))
  try {
    refuseUnconfigured(target, terminal.env)
    const shared = { env: terminal.env, cwd: terminal.cwd, tmpDir, signal }
    const reports = await check(context, target, shared, text, flags)
    if (context.isJson) await context.out.json({ reports: reports.map(reportJson) })
    if (reports.some((report) => report.failed + report.unchecked > 0)) context.exitCode = 1
  } finally {
    await rm(tmpDir, { recursive: true, force: true })
  }
}

function selectLayer(target: ConformanceTarget, layer: ConformanceFlags['layer']): ConformanceTarget {
  if (layer === undefined) return target
  if (target[layer] === undefined) {
    throw new NexusError('InvalidArgument', `this adapter has no ${layer} port; leave out --layer`)
  }
  return { storage: undefined, metadata: undefined, [layer]: target[layer] }
}

/** An adapter that chooses its namespace itself needs what its gate asks for. */
function refuseUnconfigured({ storage, metadata }: ConformanceTarget, env: Environment): void {
  for (const namespace of [storage, metadata]) {
    const missing = namespace?.uri === undefined ? missingVariables(namespace?.adapter.env, env) : undefined
    if (missing !== undefined) throw new NexusError('InvalidConfig', `${namespace?.name} is not configured; ${missing}`)
  }
}

async function check(
  context: CommandContext,
  { storage, metadata }: ConformanceTarget,
  shared: Omit<OpenContext, 'namespace' | 'uri'>,
  text: string,
  flags: ConformanceFlags,
): Promise<readonly ConformanceReport[]> {
  const reports: ConformanceReport[] = []
  const { cwd = context.terminal.cwd, env, tmpDir } = shared
  const elsewhere = { text, cwd, env, tmpDir, usesConfig: context.options.config !== false }
  if (storage !== undefined) {
    const subject = subjectOf<StorageBackend>('storage', storage, shared, otherProcessOf({ ...elsewhere, kind: 'storage' }))
    reports.push(await checkLayer(context, subject, text, flags))
  }
  if (metadata !== undefined) {
    const subject = subjectOf<MetadataStore>('metadata', metadata, shared, otherProcessOf({ ...elsewhere, kind: 'metadata' }))
    reports.push(await checkLayer(context, subject, text, flags))
  }
  return reports
}

/** Checks one port; for people, failures are printed as they come. */
async function checkLayer<Port extends StorageBackend | MetadataStore>(
  context: CommandContext,
  subject: ConformanceSubject<Port>,
  text: string,
  { law, seed }: ConformanceFlags,
): Promise<ConformanceReport> {
  const { aboutChance, lawsOf, runConformance } = await import('@nexusfs/conformance')
  const laws = lawsOf(subject)
  const said: Promise<void>[] = []
  let ended = 0
  const report = await runConformance(subject, laws, {
    ...(law && { only: law }),
    ...(seed !== undefined && { seed }),
    signal: context.signal,
    replay: (id, used) => `nexus conformance ${redactSecrets(text)} --layer ${subject.kind} --law ${id} --seed ${used}`,
    onResult: (result) => {
      ended += 1
      context.progress.update(
        `${subject.name} ${subject.kind}: law ${ended}${law === undefined ? ` of ${laws.length}` : ''}, ${result.id}`,
      )
      if (!context.isJson) said.push(printResult(context, result))
    },
  })
  context.progress.end()
  await Promise.all(said)
  const unchecked = report.unchecked === 0 ? '' : `, ${report.unchecked} NOT CHECKED`
  const counts = `${report.passed} kept, ${report.failed} broken, ${report.skipped} skipped${unchecked}`
  if (!context.isJson) await context.out.line(`${subject.name} ${subject.kind}: ${counts} (seed ${report.seed})`)
  if (!context.isJson && report.failed > 0) await context.out.line(aboutChance)
  return report
}

async function printResult(context: CommandContext, result: LawResult): Promise<void> {
  if (result.status === 'passed') return
  context.progress.end()
  const why = result.status === 'unchecked' ? 'NOT CHECKED' : 'skipped'
  const text = result.status === 'failed' ? `${result.reproduction}\n` : `${why} ${result.id}: ${result.reason}`
  await context.out.line(redactSecrets(text))
}

function reportJson({ results, ...report }: ConformanceReport): unknown {
  return { ...report, results: results.map(resultJson) }
}

function resultJson(result: LawResult): unknown {
  if (result.status !== 'failed') return result
  const { id, title, status, milliseconds, reproduction } = result
  return { id, title, status, milliseconds, reproduction: redactSecrets(reproduction) }
}

function parseSeed(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed
  throw new InvalidArgumentError('write a whole number')
}
