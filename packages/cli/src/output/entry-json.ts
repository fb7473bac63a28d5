import type { Entry, VersionEntry } from 'nexusfs'

/** The shape of an entry in `--json`; dates are in ISO 8601, UTC, and a mode is a number. */
export function entryJson(entry: Entry): Readonly<Record<string, unknown>> {
  return { ...entry }
}

export function versionJson(entry: VersionEntry): Readonly<Record<string, unknown>> {
  return { ...entry }
}
