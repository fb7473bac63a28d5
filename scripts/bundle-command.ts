import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type InputOptions, type Plugin, rolldown } from 'rolldown'

/*
 * Makes one file of the `nexus` command and of what it uses of the library (docs/decisions/command-bundle.md): 155 modules take longer to
 * find, read and link than the command takes to work. What few commands need stays in files of its own, loaded when it is called for.
 */

const cli = join(import.meta.dirname, '..', 'packages', 'cli')
const target = join(cli, 'dist')

const shared: InputOptions = {
  cwd: cli,
  platform: 'node',
  resolve: { conditionNames: ['nexus-source', 'import', 'node', 'default'] },
  checks: { ineffectiveDynamicImport: false },
}

/** They start processes, and threads, from files of their own. */
const unbundled: Readonly<Record<string, string>> = {
  './commands/conformance.ts': './commands/conformance.js',
  '@nexusfs/bench': '@nexusfs/bench',
}

/** The clients of vendors, which their adapters load. */
const { peerDependencies }: { readonly peerDependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(cli, '..', 'nexusfs', 'package.json'), 'utf8'),
)

const leaveUnbundled: Plugin = {
  name: 'leave-unbundled',
  resolveId(id) {
    const left = unbundled[id]
    if (left !== undefined) return { id: left, external: 'relative' }
    return Object.hasOwn(peerDependencies, id) ? { id, external: true } : undefined
  },
}

/** The parser of the command line knows how to start other programs, which no command of ours is. */
const withoutProcesses: Plugin = {
  name: 'without-processes',
  resolveId(id, importer) {
    return id === 'node:child_process' && importer?.includes('/commander/') ? '\0no-processes' : undefined
  },
  load(id) {
    return id === '\0no-processes' ? 'export default {}' : undefined
  },
}

/** Parts of Node that take milliseconds to load, and that most commands never call. */
const lazyParts = ['crypto', 'perf_hooks', 'worker_threads', 'zlib']

const loadNodeLate: Plugin = {
  name: 'load-node-late',
  renderChunk(code) {
    const pattern = new RegExp(`require\\("(node:(?:${lazyParts.join('|')}))"\\)`, 'g')
    if (!pattern.test(code)) return null
    const late = 'const loadLate = (name) => new Proxy({}, { get: (_, key) => require(name)[key] });\n'
    return { code: late + code.replace(pattern, 'loadLate("$1")') }
  },
}

/** Each of these is a file of its own, or part of one. */
const seldom =
  /\/(?:postgres|redis|memory)[-/]|\/storage-backends\/(?:s3|object-store)\/|\/json-fault|\/validate-config|\/config-check|\/backup|\/commands\/(?:bench|completion)\//

for (const name of globSync('nexus*.cjs', { cwd: target })) rmSync(join(target, name))

const command = await rolldown({
  ...shared,
  input: { nexus: 'src/main.ts' },
  plugins: [leaveUnbundled, withoutProcesses, loadNodeLate],
})
await command.write({
  dir: target,
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: 'nexus-[name].cjs',
  codeSplitting: { groups: [{ name: 'most-commands', test: (id) => !seldom.test(id) }] },
})
await command.close()

/** The thread of the SQLite store is started from the file of this name beside the code that starts it. */
const thread = await rolldown({ ...shared, input: '../nexusfs/src/metadata-stores/sqlite/store-thread-main.ts' })
await thread.write({ file: join(target, 'store-thread-main.js'), format: 'esm', codeSplitting: false })
await thread.close()

writeFileSync(join(target, 'nexus-bundle-licenses.txt'), licensesOf(['commander', 'picocolors']))

function licensesOf(names: readonly string[]): string {
  const folders = [join(cli, 'node_modules'), join(cli, '..', '..', 'node_modules')]
  const texts = names.map((name) => {
    for (const folder of folders) {
      try {
        return `${name}\n\n${readFileSync(join(folder, name, 'LICENSE'), 'utf8')}`
      } catch {}
    }
    throw new Error(`${name} has no LICENSE`)
  })
  return `The bundle of the nexus command contains:\n\n${texts.join('\n')}`
}
