/** One table of layers: what a part of the library may import besides itself. Everything else is a violation. */
const library = 'packages/nexusfs/src'
/** Tests and what only they use. */
const notShipped = '(\\.test|fixtures?)\\.ts$'
const layers = {
  core: [],
  storage: ['core'],
  metadata: ['core'],
  'engine-kit': ['core', 'storage', 'metadata'],
  content: ['core', 'storage', 'metadata', 'engine-kit'],
  fs: ['core', 'storage', 'metadata', 'engine-kit', 'content'],
  'storage-backends': ['core', 'storage', 'engine-kit'],
  'metadata-stores': ['core', 'metadata', 'engine-kit'],
  testing: ['core', 'storage', 'metadata', 'engine-kit'],
  registry: ['core', 'storage', 'metadata', 'engine-kit', 'content', 'fs', 'storage-backends', 'metadata-stores'],
}

const fileSystem = `${library}/fs`
/** The rooms of the file system, from the bottom up. `nexus-fs.ts` sees them all. */
const fileSystemRooms = {
  model: [],
  resolve: ['model'],
  commit: ['model', 'resolve'],
  operations: ['model', 'resolve', 'commit'],
  transfer: ['model', 'resolve', 'commit', 'operations'],
  open: ['model', 'resolve', 'commit', 'operations', 'transfer'],
}

const command = 'packages/cli/src'
/** The rooms of the command. What lies beside them, `main.ts` and `program.ts`, sees them all. */
const commandRooms = {
  output: [],
  store: ['output'],
  'command-line': ['output', 'store'],
  commands: ['output', 'store', 'command-line'],
}

const suite = 'packages/bench/src'
/** The rooms of the benchmark suite. What lies beside them, `plan.ts` and `run.ts`, sees them all; all see `library.ts`. */
const suiteRooms = {
  statistics: [],
  acts: [],
  workloads: ['acts'],
  combinations: ['workloads'],
  results: ['statistics', 'workloads', 'combinations'],
  selection: ['workloads', 'combinations', 'results'],
  subjects: ['acts', 'combinations'],
  runner: ['statistics', 'acts', 'workloads', 'combinations', 'results', 'selection', 'subjects'],
  report: ['statistics', 'results', 'selection'],
}

function rulesOf(folder, rooms, prefix) {
  return Object.entries(rooms).map(([room, below]) => ({
    name: `${prefix}${room}-sees-only-what-is-below`,
    comment: `${room} may import ${below.length === 0 ? `nothing else of ${folder}` : below.join(', ')}`,
    severity: 'error',
    from: { path: `^${folder}/${room}/`, pathNot: notShipped },
    to: { path: `^${folder}/`, pathNot: `^${folder}/(library\\.ts$|(${[room, ...below].join('|')})/)` },
  }))
}

export default {
  forbidden: [
    ...rulesOf(library, layers, ''),
    ...rulesOf(fileSystem, fileSystemRooms, 'fs-'),
    ...rulesOf(command, commandRooms, 'cli-'),
    ...rulesOf(suite, suiteRooms, 'bench-'),
    {
      name: 'commands-do-not-see-each-other',
      severity: 'error',
      from: { path: `^${command}/commands/([^/]+)`, pathNot: notShipped },
      to: { path: `^${command}/commands/`, pathNot: `^${command}/commands/$1` },
    },
    {
      name: 'adapters-do-not-see-each-other',
      comment: 'object-store is what the adapters for object stores share',
      severity: 'error',
      from: { path: `^${library}/(storage-backends|metadata-stores)/([^/]+)/` },
      to: { path: `^${library}/(storage-backends|metadata-stores)/`, pathNot: `^${library}/$1/($2|sql|object-store)/` },
    },
    {
      name: 'only-adapters-see-vendor-clients',
      severity: 'error',
      from: { path: `^${library}/`, pathNot: `^${library}/(storage-backends|metadata-stores)/|${notShipped}` },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg'] },
    },
    {
      name: 'the-library-sees-no-tool-built-on-it',
      severity: 'error',
      from: { path: `^${library}/`, pathNot: notShipped },
      to: { path: '^(packages/(conformance|bench|cli)|tests|services|examples)/' },
    },
    {
      name: 'the-kit-sees-the-library-alone',
      severity: 'error',
      from: { path: '^packages/conformance/', pathNot: notShipped },
      to: { pathNot: `^(packages/conformance|${library})/`, dependencyTypesNot: ['core'] },
    },
    {
      name: 'bench-does-not-see-the-cli',
      severity: 'error',
      from: { path: '^packages/bench/' },
      to: { path: '^packages/cli/' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      from: { path: '^packages/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.test.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['nexus-source', 'import', 'types', 'default'] },
  },
}
