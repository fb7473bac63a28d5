import type { LeftOutReason, TransferProgress, TransferReport } from 'nexusfs'
import { count, formatBytes } from '../output/format.ts'
import { printable } from '../output/printable.ts'
import type { CommandContext } from './command-context.ts'

/** Exit codes of a command that went on past what it could not transfer: as of `Corrupt` if the store is damaged. */
const exitCodes = { damaged: 7, incomplete: 1 }

const reasons: Readonly<Record<LeftOutReason, string>> = {
  excluded: 'a pattern excludes it',
  store: 'a store of Nexus',
  link: 'a symbolic link',
  'link to outside': 'a link to outside the folder',
  'link in a circle': 'a link in a circle',
  'link to nothing': 'a link to nothing',
  special: 'neither a file nor a folder',
  unreadable: 'it may not be read; change its permissions',
  vanished: 'it vanished meanwhile',
  changing: 'it changed each time it was read; run it again when it is at rest',
  name: 'its name is not UTF-8, or too long; rename it',
  'too large': 'the local file system takes no file of its size',
  'in the way': 'a file stands where a directory is to come, or the other way round',
  damaged: 'the store has lost it, or holds it damaged; write it again or restore it from a backup',
  newer: 'a newer version of Nexus wrote it; update nexus',
  failed: 'the local file system failed',
}

/**
 * Says what was done, and on stderr what was left out; what was asked for, only with `--verbose`. If anything else was left out, the command
 * ends with exit code 1, or 7 if the store is damaged.
 */
export async function answerTransfer(
  context: CommandContext,
  did: string,
  report: TransferReport,
  facts: object = {},
): Promise<void> {
  context.progress.end()
  await context.answer({ ...transferJson(report), ...facts }, transferText(did, report))
  for (const { path, why } of report.leftOut) {
    const line = `left out: ${path}: ${reasons[why]}`
    if (why === 'excluded' || why === 'link') context.remark(line)
    else if (!context.isJson) context.terminal.stderr.write(`nexus: ${printable(line)}\n`)
  }
  if (report.failed === 0) return
  context.exitCode = report.leftOut.some(({ why }) => why === 'damaged') ? exitCodes.damaged : exitCodes.incomplete
}

/** `imported 12 files, 3 directories, 4.5 KiB; 2 unchanged`. */
function transferText(did: string, report: TransferReport): string {
  const { files, directories, links, bytes, unchanged, removed, leftOut } = report
  const inLinks = links > 0 ? `, ${count(links, 'link')}` : ''
  const main = `${did} ${count(files, 'file')}, ${count(directories, 'directory', 'directories')}${inLinks}, ${formatBytes(bytes)}`
  const extra = [
    ...(unchanged > 0 ? [`${unchanged.toLocaleString('en-US')} unchanged`] : []),
    ...(removed > 0 ? [`${removed.toLocaleString('en-US')} removed`] : []),
    ...(leftOut.length > 0 ? [`${leftOut.length.toLocaleString('en-US')} left out`] : []),
  ]
  return extra.length === 0 ? main : `${main}; ${extra.join(', ')}`
}

function transferJson(report: TransferReport): Readonly<Record<string, unknown>> {
  const { files, directories, links, bytes, unchanged, removed, leftOut, failed } = report
  return { files, directories, links, bytes, unchanged, removed, leftOut, failed }
}

export function progressText(doing: string, { files, bytes, totalFiles, totalBytes }: TransferProgress): string {
  const of = (part: string, whole: string | undefined): string => (whole === undefined ? part : `${part} of ${whole}`)
  const inFiles = of(files.toLocaleString('en-US'), totalFiles?.toLocaleString('en-US'))
  const inBytes = of(formatBytes(bytes), totalBytes === undefined ? undefined : formatBytes(totalBytes))
  return `${doing} ${inFiles} files, ${inBytes}`
}
