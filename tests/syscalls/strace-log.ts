/** One system call that returned, in a log of `strace -f -y`. */
export interface SystemCall {
  readonly name: string
  /** As strace prints them; a descriptor is followed by its path: `17</data/meta.db>`. */
  readonly parameters: string
  readonly result: string
  /** Lines of the log at which it began and ended. */
  readonly began: number
  readonly ended: number
}

const whole = /^(?<thread>\d+) +(?<name>\w+)\((?<parameters>.*)\) += (?<result>.*)$/
const unfinished = /^(?<thread>\d+) +(?<name>\w+)\((?<parameters>.*) <unfinished \.\.\.>$/
const resumed = /^(?<thread>\d+) +<\.\.\. (?<name>\w+) resumed>(?<parameters>.*)\) += (?<result>.*)$/

/** The calls of all threads, in the order in which they began; a call that another thread interrupted is put together again. */
export function systemCalls(log: string): SystemCall[] {
  const calls: SystemCall[] = []
  const pending = new Map<string, { readonly parameters: string; readonly began: number }>()
  for (const [index, line] of log.split('\n').entries()) {
    const start = unfinished.exec(line)?.groups
    if (start !== undefined) pending.set(start.thread ?? '', { parameters: start.parameters ?? '', began: index })
    const match = resumed.exec(line) ?? whole.exec(line)
    if (match?.groups === undefined) continue
    const { thread = '', name = '', parameters = '', result = '' } = match.groups
    const before = line.includes('<... ') ? pending.get(thread) : undefined
    calls.push({ name, parameters: (before?.parameters ?? '') + parameters, result, began: before?.began ?? index, ended: index })
  }
  return calls.sort((a, b) => a.began - b.began)
}
