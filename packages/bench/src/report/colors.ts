import picocolors from 'picocolors'

export type Colors = ReturnType<typeof picocolors.createColors>

/** Colours for a stream; plain text if it is no terminal or `NO_COLOR` is set. */
export function colorsFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Colors {
  return picocolors.createColors(isTerminal && (env.NO_COLOR ?? '') === '')
}
