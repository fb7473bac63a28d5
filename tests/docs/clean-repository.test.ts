// Guards: package-lock.json, **/*

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, it } from 'vitest'
import { readDocument, root } from './documents.ts'

/** What stays out of the repository: it must mean the same on every machine. Nothing of this stands in this file as it is. */
const unwanted: Readonly<Record<string, RegExp>> = {
  'a path of one machine': /(?<![\w.@}~/-])\/(?:work|home|Users|root|mnt\/[a-z]+)\/(?:[a-z0-9_.-]+\/)+[a-z0-9_-]/i,
  'an address in a private network': /\b(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+\b/,
  'a host that only one network knows': /\b[a-z0-9-]+\.(?:internal|local|lan|corp|svc)(?::\d+|\/)/,
  'a registry of packages': /registry\s*=\s*https?:|registry\.npmjs|_auth[T]oken|npm\.pkg\./,
  'a key': /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b/,
}

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean)

const { packages } = JSON.parse(readDocument('package-lock.json')) as { packages: Readonly<Record<string, LockedPackage>> }
const locked = Object.entries(packages)

/** `file:line: what` for each line of the text that holds something unwanted. */
function findings(file: string, text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      Object.entries(unwanted).flatMap(([what, pattern]) => (pattern.test(line) ? [`${file}:${index + 1}: ${what}`] : [])),
    )
}

describe('the repository', () => {
  it('names no place, host or secret of one machine', () => {
    const found = tracked.flatMap((file) => {
      const text = textOf(file)
      return text === undefined ? [] : findings(file, text)
    })
    assert.deepEqual(found, [])
    assert.ok(tracked.length > 300, `only ${tracked.length} files were looked at`)
  })

  it('is searched by patterns that find such things', () => {
    const planted = [
      '/wo'.concat('rk/main/a.ts'),
      '/ho'.concat('me/someone/nexus/a'),
      '192.'.concat('168.0.1'),
      'cache.'.concat('internal/x'),
    ]
    for (const text of planted) assert.equal(findings('x', `see ${text}`).length, 1, text)
    for (const text of ['/work/notes', 'a/home/b/c/d', '127.0.0.1', '10.0.1', '/tmp/a/b'])
      assert.deepEqual(findings('x', text), [], text)
  })

  it('locks packages without saying where they come from', () => {
    assert.deepEqual(
      locked.filter(([, { resolved = '' }]) => /^[a-z+]+:/.test(resolved)).map(([name]) => name),
      [],
    )
    assert.ok(locked.length > 100, `only ${locked.length} packages were seen`)
  })

  it('locks a checksum with every package, but those that only other platforms install', () => {
    const unchecked = locked.filter(([name, { resolved, integrity, optional }]) => {
      const isFromRegistry = name.includes('node_modules/') && resolved === undefined
      return isFromRegistry && integrity === undefined && optional !== true
    })
    assert.deepEqual(
      unchecked.map(([name]) => name),
      [],
    )
  })

  it('locks the packages of every platform: npm ci refuses a lockfile that lacks one', () => {
    const names = new Set(locked.map(([name]) => name))
    const missing = locked.flatMap(([from, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) => !placesOf(name, from).some((place) => names.has(place))),
    )
    assert.deepEqual(missing, [])
  })
})

interface LockedPackage {
  readonly resolved?: string
  readonly integrity?: string
  readonly optional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Where Node looks for a package that is imported from another one, nearest first. */
function placesOf(name: string, from: string): readonly string[] {
  const above = from.lastIndexOf('/node_modules/')
  const here = from === '' ? `node_modules/${name}` : `${from}/node_modules/${name}`
  if (from === '') return [here]
  return [here, ...placesOf(name, above < 0 ? '' : from.slice(0, above))]
}

function textOf(file: string): string | undefined {
  try {
    const bytes = readFileSync(`${root}/${file}`)
    return bytes.includes(0) ? undefined : bytes.toString('utf8')
  } catch {
    return undefined // tracked, and removed in the working tree
  }
}
