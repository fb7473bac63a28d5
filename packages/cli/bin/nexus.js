#!/usr/bin/env node
// CommonJS, and the syntax of old versions only: this file must be able to say what is wrong on them.
const fs = require('node:fs')
const path = require('node:path')

if (!isKnownToWork(process.versions)) {
  end(10, `MissingDependency: Node.js ${process.versions.node} does not work; install 24.15 or a later 24, or 25.9 or later`)
} else {
  hideConfigWarnings()
  process.on('uncaughtException', (error) => {
    endUnexpected(error)
    process.exit()
  })
  loadCommand()
    .then((cli) => cli.main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code
    })
    .catch(endUnexpected)
}

/**
 * As `engines` in package.json says: the SQLite of other releases is too old, or changes values. The store looks for itself, too, also on
 * other runtimes, which copy the number of some Node.
 */
function isKnownToWork({ node, bun, deno }) {
  if (bun !== undefined || deno !== undefined) return true
  const [major, minor] = node.split('.').map(Number)
  return (major === 24 && minor >= 15) || (major === 25 && minor >= 9) || major > 25
}

/** The bundle; in a clone its modules where they are newer, or are asked for. */
function loadCommand() {
  const dist = path.join(__dirname, '..', 'dist')
  if (process.execArgv.indexOf('--conditions=nexus-source') !== -1) return import('../src/index.ts')
  if (!isFresh(path.join(dist, 'nexus.cjs'), dist)) return import('../dist/index.js')
  keepCompiledCode()
  return Promise.resolve(require('../dist/nexus.cjs'))
}

/** A package has no files of the compiler, and its bundle is that of its modules. */
function isFresh(bundle, dist) {
  const made = timeOf(bundle)
  return (
    made !== 0 &&
    [dist, path.join(dist, '../../nexusfs/dist')].every((folder) => timeOf(path.join(folder, '.tsbuildinfo')) <= made)
  )
}

function timeOf(file) {
  const stats = fs.statSync(file, { throwIfNoEntry: false })
  return stats === undefined ? 0 : stats.mtimeMs
}

/**
 * Compiling takes a third of a short command. What it gives is code that runs, so it is kept only where nobody else can write: a folder
 * of one's own in the cache of one's own home.
 */
function keepCompiledCode() {
  const home = process.env.HOME || ''
  const base = process.env.XDG_CACHE_HOME || (home === '' ? '' : path.join(home, '.cache'))
  const self = process.geteuid === undefined ? undefined : process.geteuid()
  if (!path.isAbsolute(base) || self === undefined) return
  const folder = path.join(base, 'nexus')
  try {
    if (fs.statSync(folder, { throwIfNoEntry: false }) === undefined) fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    const stats = fs.lstatSync(folder)
    if (stats.isDirectory() && stats.uid === self && (stats.mode & 0o022) === 0) require('node:module').enableCompileCache(folder)
  } catch {
    // A home that takes no files: the command works without.
  }
}

/** What reaches this point is a bug or a broken installation: one line, too, and no stack. */
function endUnexpected(error) {
  end(70, `Unexpected: ${String(error.message).split('\n')[0]}; install @nexusfs/cli again, or report it`)
}

/** Node remarks on a nexus.config.ts whose package.json names no type, or another; where that matters, our own error says so. */
function hideConfigWarnings() {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (/^(?:Module type of|Failed to load the ES module)/.test(warning.message)) return
    for (const listener of listeners) listener(warning)
  })
}

function end(code, text) {
  process.stderr.write(`nexus: ${text}\n`)
  process.exitCode = code
}
