// Guards: packages/*/package.json, scripts/bundle-command.ts

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, glob, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, it } from 'vitest'

const run = promisify(execFile)
const root = process.cwd()
const bin = (name: string): string => join(root, 'node_modules/.bin', name)

/** Packages that the library may depend on at run time. */
const allowedDependencies: readonly string[] = []
/** Bytes that the files of the library may take together, unpacked. */
const libraryBytes = 1_600_000
/** What the command stands on; a user's npm would fetch them. */
const commandDependencies = ['commander', 'picocolors']

let folder = ''
let tarball = ''

/** Packs what the build made, and installs the library into an empty project. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nexus-packaging-'))
  await run('npm', ['run', '-s', 'build'], { cwd: root })
  for (const workspace of ['nexusfs', '@nexusfs/conformance', '@nexusfs/bench', '@nexusfs/cli']) {
    await run('npm', ['pack', '--silent', '--workspace', workspace, '--pack-destination', folder], { cwd: root })
  }
  tarball = join(folder, 'nexusfs-0.1.0.tgz')
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'empty', private: true, type: 'module' }))
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: folder })
}, 120_000)

afterAll(() => rm(folder, { recursive: true, force: true }))

async function installed(): Promise<string[]> {
  const names = await readdir(join(folder, 'node_modules'))
  return names.filter((name) => !name.startsWith('.')).sort()
}

describe('the packed library', () => {
  it('brings nothing along but itself', async () => {
    assert.deepEqual(await installed(), ['nexusfs', ...allowedDependencies].sort())
  })

  it('holds no tests, no sources and no fixtures', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const strays = stdout.split('\n').filter((name) => /\.test\b|test-fixture|\/src\/|tsbuildinfo|\.map$/.test(name))
    assert.deepEqual(strays, [])
  })

  it('holds a module for each source file, and no other', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const modules = stdout.split('\n').flatMap((name) => /^package\/dist\/(.+)\.js$/.exec(name)?.[1] ?? [])
    const sources: string[] = []
    for await (const name of glob('**/*.ts', { cwd: join(root, 'packages/nexusfs/src') })) {
      if (!/\.test(-fixture)?\.ts$/.test(name)) sources.push(name.slice(0, -'.ts'.length))
    }
    assert.ok(sources.length > 150, `only ${sources.length} source files were seen`)
    assert.deepEqual(modules.toSorted(), sources.toSorted())
  })

  it('takes at most 1.6 MB', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--workspace', 'nexusfs'], {
      cwd: root,
    })
    const bytes = Number(/"unpackedSize": (\d+)/.exec(stdout)?.[1])
    assert.ok(bytes > 500_000 && bytes <= libraryBytes, `${bytes} bytes; at most ${libraryBytes}`)
  })

  it('imports no source file: TypeScript leaves the ending of some dynamic imports as it is', async () => {
    const { stdout } = await run('grep', [
      '-rEln',
      '(from|import)[ (]+.\\.[^\'"]*\\.ts.',
      join(folder, 'node_modules/nexusfs/dist'),
      '--include=*.js',
    ]).catch((error: { code: number; stdout: string }) => {
      if (error.code === 1) return error
      throw error
    })
    assert.equal(stdout, '')
  })

  it('imports by every name that it exports', async () => {
    const { exports } = JSON.parse(await readFile(join(root, 'packages/nexusfs/package.json'), 'utf8')) as {
      exports: Record<string, unknown>
    }
    const names = Object.keys(exports).map((name) => `nexusfs${name.slice(1)}`)
    const script = `for (const name of ${JSON.stringify(names)}) { const it = await import(name); if (Object.keys(it).length === 0) throw new Error(name) }`
    await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
    assert.ok(names.length >= 8, `only ${names.length} entries`)
  })

  it('keeps a file', async () => {
    const script = `import { openNexus } from 'nexusfs'
      await using nexus = await openNexus('./data')
      await nexus.write('/a', 'kept'); console.log(await nexus.readText('/a'))`
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
    assert.equal(stdout, 'kept\n')
  })

  it('type-checks as a whole where no database client is installed', async () => {
    const modules = join(folder, 'node_modules')
    await cp(join(root, 'node_modules/@types/node'), join(modules, '@types/node'), { recursive: true })
    await cp(join(root, 'node_modules/undici-types'), join(modules, 'undici-types'), { recursive: true })
    const { exports } = JSON.parse(await readFile(join(root, 'packages/nexusfs/package.json'), 'utf8')) as {
      exports: Record<string, unknown>
    }
    const imports = Object.keys(exports).map((name) => `import 'nexusfs${name.slice(1)}'`)
    await writeFile(join(folder, 'all.ts'), imports.join('\n'))
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--lib', 'es2024,esnext.disposable']
    await run(bin('tsc'), [...options, '--types', 'node', '--skipLibCheck', 'false', 'all.ts'], { cwd: folder })
  })

  it('satisfies publint', async () => {
    const { stdout } = await run(bin('publint'), ['run', tarball, '--strict'])
    assert.doesNotMatch(stdout, /Errors:|Warnings:/)
  })

  it('has types that resolve for every importer', async () => {
    await run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-color'])
  })
})

describe('the README of each package', () => {
  it.each(['nexusfs', 'nexusfs-conformance', 'nexusfs-bench', 'nexusfs-cli'])(
    '%s names no file that is not in the package',
    async (name) => {
      const archive = join(folder, `${name}-0.1.0.tgz`)
      const { stdout: listed } = await run('tar', ['-tzf', archive])
      const { stdout: readme } = await run('tar', ['-xzOf', archive, 'package/README.md'])
      const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      const named = [...readme.matchAll(/`((?:docs|packages|src|tests|examples|scripts|dist)\/[^` ]*)`/g)]
      const targets = [...links, ...named].map(([, target = '']) => join('package', target))
      assert.deepEqual(
        targets.filter((target) => !listed.split('\n').includes(target)),
        [],
      )
    },
  )
})

describe('the packed command', () => {
  it('holds no client of a vendor: not how S3 signs, nor what ioredis and pg are made of', async () => {
    const bundle = join(root, 'packages/cli/dist')
    const files = (await readdir(bundle)).filter((name) => name.endsWith('.cjs'))
    const texts = await Promise.all(files.map((name) => readFile(join(bundle, name), 'utf8')))
    const holding = files.filter((_, index) =>
      /aws4_request|MaxRetriesPerRequestError|SASLInitialResponse/.test(texts[index] ?? ''),
    )
    assert.ok(files.length > 5, `only ${files.length} files`)
    assert.deepEqual(holding, [])
  })

  it('starts, and says its version', async () => {
    const modules = join(folder, 'node_modules')
    for (const name of ['conformance', 'bench', 'cli']) {
      const target = join(modules, '@nexusfs', name)
      await mkdir(target, { recursive: true })
      await run('tar', ['-xzf', join(folder, `nexusfs-${name}-0.1.0.tgz`), '-C', target, '--strip-components=1'])
    }
    for (const name of commandDependencies) {
      const places = ['packages/cli/node_modules', 'packages/bench/node_modules', 'node_modules'].map((place) =>
        join(root, place, name),
      )
      const found = places.find((place) => existsSync(place))
      if (found !== undefined) await cp(found, join(modules, name), { recursive: true })
    }
    const nexus = join(modules, '@nexusfs/cli/bin/nexus.js')
    const env = { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') }
    const command = async (argv: readonly string[], more: Record<string, string> = {}): Promise<string> =>
      (await run(process.execPath, [nexus, ...argv], { cwd: folder, env: { ...env, ...more } })).stdout
    assert.match(await command(['--version']), /^0\.1\.0\n$/)
    await command(['init'])
    await command(['write', '/a', '--text', 'packed'])
    assert.equal(await command(['cat', '/a']), 'packed')
    assert.match(await command(['bench', 'list', 'combos']), /local-sqlite/)
    assert.match(await command(['conformance', 'memory', '--layer', 'storage', '--law', 'put-*']), / kept, 0 broken/)

    // It starts from a few files, and keeps their compiled code where only its user can write.
    const count = join(folder, 'count.cjs')
    await writeFile(count, "process.on('exit', () => process.stderr.write(Object.keys(require.cache).join('\\n')))")
    const { stderr } = await run(process.execPath, ['--require', count, nexus, 'ls'], { cwd: folder, env })
    const files = stderr.split('\n').map((file) => relative(modules, file))
    assert.ok(files.includes('@nexusfs/cli/dist/nexus.cjs'), stderr)
    assert.ok(files.length <= 6, stderr)
    const kept = join(folder, 'cache/nexus')
    assert.equal((await stat(kept)).mode & 0o777, 0o700)
    assert.ok((await readdir(kept)).length > 0)
    const open = join(folder, 'open-cache/nexus')
    await mkdir(open, { recursive: true })
    await chmod(open, 0o777)
    await command(['ls'], { XDG_CACHE_HOME: join(folder, 'open-cache') })
    assert.deepEqual(await readdir(open), [], 'code that others may have put there is never run')
  })
})
