/** `npm run services -- list|start|stop|env [name...]`: real servers for tests on this machine. */
import { catalog, serviceNamed } from '../services/catalog.ts'
import { type KeptService, keptServices, startKept, stopKept } from '../services/kept-services.ts'
import type { Service } from '../services/service.ts'

const usage = 'usage: npm run services -- list|start|stop|env [name...]'

const commands: Readonly<Record<string, (chosen: readonly Service[]) => Promise<void>>> = { list, start, stop, env }

async function list(chosen: readonly Service[]): Promise<void> {
  const kept = keptServices()
  for (const service of chosen) {
    const found = await service.find()
    const running = kept.find((one) => one.name === service.name)
    if (running !== undefined) say(service, `running in ${running.directory}`)
    else if (found.status === 'given') say(service, `${service.variable} is set; that server is used`)
    else if (found.status === 'installed') say(service, `ready to start: ${found.detail}`)
    else say(service, `missing: ${found.reason}; ${service.install}`)
  }
}

async function start(chosen: readonly Service[]): Promise<void> {
  for (const service of chosen) {
    const found = await service.find()
    if (found.status === 'missing') {
      say(service, `missing: ${found.reason}; ${service.install}`)
      process.exitCode = 1
      continue
    }
    if (found.status === 'given') say(service, `${service.variable} is set; nothing to start`)
    else exportLines(await startKept(service.name, { target: postgresUrl() }))
  }
}

function postgresUrl(): string | undefined {
  return keptServices().find((kept) => kept.name === 'postgres')?.env.NEXUS_DATABASE_URL
}

async function stop(chosen: readonly Service[]): Promise<void> {
  const kept = keptServices()
  for (const service of [...chosen].reverse()) {
    const running = kept.find((one) => one.name === service.name)
    if (running === undefined) continue
    await stopKept(running)
    say(service, 'stopped')
  }
}

async function env(chosen: readonly Service[]): Promise<void> {
  for (const kept of keptServices()) {
    if (chosen.some((service) => service.name === kept.name)) exportLines(kept)
  }
}

/** On standard output alone, so that `eval "$(npm run -s services -- start)"` works. */
function exportLines(kept: KeptService): void {
  for (const [name, value] of Object.entries(kept.env)) process.stdout.write(`export ${name}='${value}'\n`)
}

function say(service: Service, text: string): void {
  process.stderr.write(`${service.name}: ${text}\n`)
}

const [command = 'list', ...names] = process.argv.slice(2)
const action = commands[command]
if (action === undefined) {
  process.stderr.write(`${usage}\n`)
  process.exitCode = 2
} else {
  await action(names.length === 0 ? catalog : names.map(serviceNamed))
}
