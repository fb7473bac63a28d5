import { combinationsOf } from '../combinations/combination.ts'
import { probeCombinations } from '../combinations/probe.ts'
import { loadRegistry, NexusError, type Registry } from '../library.ts'
import { alignedLines } from '../report/plain-table.ts'
import { allWorkloads } from '../workloads/catalogue.ts'
import { workloadId } from '../workloads/workload.ts'
import type { BenchIo } from './bench-io.ts'
import { exitCodes } from './exit-codes.ts'

const listUsage = `nexus bench list [workloads|combos|env] [--json]

  workloads   ids, what one iteration does, and the node ids of the old suite (--json)
  combos      ready, skipped (which variable is missing) or failed (what the server said)
  env         variables that let combinations run, and whether they are set; never their values`

/** `nexus bench list`. Resolves with the exit code. */
export async function listCommand(argv: readonly string[], io: BenchIo): Promise<number> {
  const isJson = argv.includes('--json')
  const [topic = 'combos', ...rest] = argv.filter((word) => word !== '--json')
  if (['--help', '-h'].includes(topic)) {
    io.stdout.write(`${listUsage}\n`)
    return exitCodes.ok
  }
  if (rest.length > 0) throw new NexusError('InvalidArgument', 'list takes one topic', { advice: `"${rest[0]}" is too much` })
  const rows = await rowsOf(topic, io)
  io.stdout.write(isJson ? `${JSON.stringify(rows.json, undefined, 1)}\n` : `${alignedLines(rows.lines).join('\n')}\n`)
  return exitCodes.ok
}

interface Listing {
  readonly json: unknown
  readonly lines: readonly (readonly string[])[]
}

async function rowsOf(topic: string, io: BenchIo): Promise<Listing> {
  if (topic === 'workloads') return workloadListing()
  if (topic === 'combos') return comboListing(io)
  if (topic === 'env') return environmentListing(await registryOf(io), io)
  throw new NexusError('InvalidArgument', `list workloads, combos or env, not "${topic}"`)
}

function workloadListing(): Listing {
  const json = allWorkloads.map((workload) => ({
    id: workloadId(workload),
    version: workload.version,
    group: workload.group,
    title: workload.title,
    params: workload.params,
    operations: workload.operations,
    bytesPerOperation: workload.bytesPerOperation,
    clients: workload.clients,
    data: workload.data,
    growth: workload.growth ?? null,
    aliases: workload.aliases.map((alias) => `tests/benchmarks/${alias}`),
  }))
  return { json, lines: json.map(({ id, title }) => [id, title]) }
}

async function comboListing(io: BenchIo): Promise<Listing> {
  const registry = await registryOf(io)
  const combinations = await probeCombinations(combinationsOf(registry), registry, io.env)
  const json = combinations.map(({ id, kind, label, durability, reference, status, isDefault }) => ({
    id,
    kind,
    label,
    durability,
    reference: reference === id ? null : reference,
    status: status.status,
    detail: status.status === 'ready' ? status.detail : status.reason,
    isDefault,
  }))
  const lines = json.map(({ id, status, detail, isDefault }) => [id, status, `${detail}${isDefault ? ', default' : ''}`])
  return { json, lines }
}

function environmentListing(registry: Registry, io: BenchIo): Listing {
  const adapters = [...Object.entries(registry.storages), ...Object.entries(registry.metadata)]
  const json = adapters.flatMap(([name, { env }]) =>
    [...(env?.all ?? []), ...(env?.any ?? []).flat()].map((variable) => ({
      variable,
      isSet: (io.env[variable] ?? '') !== '',
      neededBy: name,
      isSecret: env?.secret?.includes(variable) ?? false,
    })),
  )
  if (json.length === 0) return { json, lines: [['no registered adapter needs an environment variable']] }
  return { json, lines: json.map(({ variable, isSet, neededBy }) => [variable, isSet ? 'set' : 'not set', `for ${neededBy}`]) }
}

function registryOf(io: BenchIo): Promise<Registry> {
  return loadRegistry({ cwd: io.cwd, env: io.env, ...(io.usesConfig === false ? { config: false } : {}) })
}
