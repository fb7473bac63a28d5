import type { Entry } from 'nexusfs'

const units = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** `12 B`, `1.2 KiB`, `340 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes
  let unit: string = 'B'
  for (const next of units) {
    if (value < 1023.95) break
    value /= 1024
    unit = next
  }
  return `${value.toFixed(value < 99.95 ? 1 : 0)} ${unit}`
}

/** `2026-11-23 01:49 +0100`, in the time zone of this process. */
export function formatTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const east = -date.getTimezoneOffset()
  const zone = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())} ${zone}`
}

/** `1:05`, minutes and seconds; never below zero. */
export function formatMinutes(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

const kindLetters: Readonly<Record<Entry['kind'], string>> = { file: '-', directory: 'd', link: 'l' }
const special = [
  { bit: 0o4000, at: 3, letter: 's' },
  { bit: 0o2000, at: 6, letter: 's' },
  { bit: 0o1000, at: 9, letter: 't' },
] as const

/** Kind and mode, as `ls -l` of the system writes them: `drwxr-xr-x`. */
export function formatMode({ kind, mode }: Pick<Entry, 'kind' | 'mode'>): string {
  const letters = [kindLetters[kind], ...[...'rwxrwxrwx'].map((letter, index) => (mode & (0o400 >> index) ? letter : '-'))]
  for (const { bit, at, letter } of special) {
    if ((mode & bit) !== 0) letters[at] = letters[at] === 'x' ? letter : letter.toUpperCase()
  }
  return letters.join('')
}

/** `1 file`, `2 files`. */
export function count(amount: number, one: string, many: string = `${one}s`): string {
  return `${amount.toLocaleString('en-US')} ${amount === 1 ? one : many}`
}
