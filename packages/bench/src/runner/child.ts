import { isNexusError, loadRegistry } from '../library.ts'
import { openSubject, removeLocation } from '../subjects/open-subject.ts'
import { allWorkloads } from '../workloads/catalogue.ts'
import { workloadId } from '../workloads/workload.ts'
import { type CombinationWorker, LocalWorker } from './combination-worker.ts'
import type { ChildSettings, Reply, Request } from './messages.ts'

// The entry of a child process. It lives as long as the channel to the runner.

const settings: ChildSettings = JSON.parse(process.argv[2] ?? '{}')
const registry = await loadRegistry({ cwd: settings.cwd, ...(settings.usesConfig ? {} : { config: false }) })

/** A child that nobody waits for any more may take so long to remove what it made. */
const patienceMs = 60_000

const worker: CombinationWorker = new LocalWorker({
  workloads: (id) => allWorkloads.find((workload) => workloadId(workload) === id),
  open: ({ combination, location }, { cacheBytes }) =>
    openSubject(combination, { location, registry, env: process.env, cacheBytes }),
})

// The terminal sends these to every process of the group; only the runner decides what they mean. When it ends, this process does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
let underWay: Promise<unknown> = Promise.resolve()
process.on('message', (request: Request) => {
  underWay = answer(request)
    .then((reply) => process.connected && process.send?.(reply))
    .catch(() => {})
})
// What is being opened can be removed once it is open.
process.on('disconnect', () => {
  setTimeout(() => process.exit(1), patienceMs).unref()
  underWay.then(() => worker.close()).finally(() => process.exit())
})

async function answer(request: Request): Promise<Reply> {
  try {
    switch (request.kind) {
      case 'start':
        return { kind: 'started' }
      case 'begin':
        return { kind: 'began', traits: await worker.begin(request.request) }
      case 'round':
        collectGarbage()
        return { kind: 'round', report: await worker.round(request.iterations) }
      case 'finish':
        return { kind: 'finished', report: await worker.finish() }
      case 'end':
        await worker.end()
        return { kind: 'ended' }
      case 'remove':
        await removeLocation(request.combination, {
          location: request.location,
          registry,
          env: process.env,
          cacheBytes: undefined,
        })
        return { kind: 'ended' }
    }
  } catch (error) {
    return failure(error)
  }
}

/** What earlier rounds left behind is not this round's cost: buffers outside of the heap are only freed by a full collection. */
function collectGarbage(): void {
  const { external } = process.memoryUsage()
  globalThis.gc?.({ type: external > 8_388_608 ? 'major' : 'minor' })
}

function failure(error: unknown): Reply {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'failed', code: isNexusError(error) ? error.code : 'Unexpected', message }
}
