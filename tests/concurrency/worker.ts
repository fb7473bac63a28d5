import { once } from 'node:events'
import { isNexusError, type NexusFS, openNexus } from 'nexusfs'

/** What a process of a test does with the store in a folder; the result goes to the parent. */
export interface Jobs {
  /** Adds 1 to a number in a file so many times, by compare-and-set; gives how often another process came first. */
  increment(options: { path: string; times: number }): Promise<number>
  /** Appends so many lines at once, round after round; gives the version that each line made. */
  appendAtOnce(options: { path: string; name: string; rounds: number; writers: number }): Promise<Record<string, number>>
  /** Creates what does not exist; gives the paths that it won. */
  create(options: { paths: readonly string[]; name: string }): Promise<string[]>
  /** Writes files of a directory round after round until the parent says stop; gives how often each path was acknowledged. */
  writeUntilStopped(options: { directory: string; name: string; files: number }): Promise<Record<string, number>>
  /** Answers each path that the parent sends with the text of that file. */
  readOnRequest(): Promise<void>
}

const jobs: { [Job in keyof Jobs]: (fs: NexusFS, options: Parameters<Jobs[Job]>[0]) => ReturnType<Jobs[Job]> } = {
  increment: async (fs, options) => {
    if (options === undefined) return 0
    const { path, times } = options
    let conflicts = 0
    for (let done = 0; done < times; ) {
      const { content, stat } = await fs.readWithStat(path)
      try {
        await fs.write(path, String(Number(Buffer.from(content).toString()) + 1), { ifMatch: stat.etag })
        done++
      } catch (error) {
        if (!isNexusError(error, 'Conflict')) throw error
        conflicts++
      }
    }
    return conflicts
  },

  appendAtOnce: async (fs, options) => {
    const versions: Record<string, number> = {}
    if (options === undefined) return versions
    const { path, name, rounds, writers } = options
    for (let round = 0; round < rounds; round++) {
      const lines = Array.from({ length: writers }, (_, writer) => `${name} ${round} ${writer}`)
      const entries = await Promise.all(lines.map((line) => fs.append(path, `${line}\n`)))
      for (const [index, line] of lines.entries()) versions[line] = entries[index]?.version ?? 0
    }
    return versions
  },

  create: async (fs, options) => {
    const won: string[] = []
    for (const path of options?.paths ?? []) {
      try {
        await fs.write(path, options?.name ?? '', { ifNoneMatch: '*' })
        won.push(path)
      } catch (error) {
        if (!isNexusError(error, 'AlreadyExists')) throw error
      }
    }
    return won
  },

  writeUntilStopped: async (fs, options) => {
    const acknowledged: Record<string, number> = {}
    if (options === undefined) return acknowledged
    const { directory, name, files } = options
    let isStopped = false
    process.on('message', (message) => {
      if (message === 'stop') isStopped = true
    })
    for (let n = 0; !isStopped; n++) {
      const path = `${directory}/${name}/${n % files}`
      try {
        await fs.write(path, `${name} ${n}`, { parents: false })
        acknowledged[path] = (acknowledged[path] ?? 0) + 1
      } catch (error) {
        if (!isNexusError(error, 'NotFound')) throw error
      }
    }
    return acknowledged
  },

  readOnRequest: async (fs) => {
    await new Promise<void>((resolve, reject) => {
      process.on('message', (path: string) => {
        if (path === 'stop') return resolve()
        fs.readText(path).then((text) => process.send?.({ text }), reject)
      })
      process.send?.({ text: 'ready' })
    })
  },
}

const [folder = '', job = '', options = '{}'] = process.argv.slice(2)
const fs = await openNexus(folder, { durability: 'os', author: `process ${process.pid}` })
try {
  process.send?.({ ready: true })
  await once(process, 'message')
  const work = jobs[job as keyof Jobs] as (fs: NexusFS, options: unknown) => Promise<unknown>
  const result = await work(fs, JSON.parse(options))
  process.send?.({ result: result ?? true })
} finally {
  await fs.close()
  process.disconnect?.()
}
