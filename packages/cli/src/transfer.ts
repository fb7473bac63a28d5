import type { TransferProgress, TransferReport } from 'nexusfs'
import { count, formatBytes } from './format.ts'

/** `imported 12 files, 3 directories, 4.5 KiB; 2 unchanged`. */
export function transferText(did: string, report: TransferReport): string {
  const { files, directories, bytes, unchanged, skippedLinks, leftOut } = report
  const main = `${did} ${count(files, 'file')}, ${count(directories, 'directory', 'directories')}, ${formatBytes(bytes)}`
  const extra = [
    ...(unchanged > 0 ? [`${unchanged.toLocaleString('en-US')} unchanged`] : []),
    ...(skippedLinks > 0 ? [`${count(skippedLinks, 'link')} left out`] : []),
    ...(leftOut.length > 0 ? [`left out ${leftOut.join(', ')}: a store of Nexus`] : []),
  ]
  return extra.length === 0 ? main : `${main}; ${extra.join(', ')}`
}

export function transferJson(report: TransferReport): Readonly<Record<string, unknown>> {
  const { files, directories, bytes, unchanged, skippedLinks, leftOut } = report
  return { files, directories, bytes, unchanged, skippedLinks, leftOut }
}

export function progressText(doing: string, { files, bytes, totalFiles, totalBytes }: TransferProgress): string {
  const of = (part: string, whole: string | undefined): string => (whole === undefined ? part : `${part} of ${whole}`)
  const inFiles = of(files.toLocaleString('en-US'), totalFiles?.toLocaleString('en-US'))
  const inBytes = of(formatBytes(bytes), totalBytes === undefined ? undefined : formatBytes(totalBytes))
  return `${doing} ${inFiles} files, ${inBytes}`
}
