import { writeFileSync } from 'node:fs'
import { type ErrorCode, errorCodes } from 'nexusfs'
import { exitCodes } from '../packages/cli/src/command-line/report-error.ts'

/** Writes `docs/errors.md` from the table of codes. A test compares the two. */

const head = `# Errors

Generated from \`core/errors.ts\` by \`npm run docs:errors\`.

Every failure is one \`NexusError\`:

| member | what it says |
|---|---|
| \`code\` | why, one of the list below |
| \`summary\`, \`advice\` | what failed, and on what; what to do about it. \`message\` is both |
| \`outcome\` | of a call that changes something: \`none\`, nothing was applied; \`unknown\`, it may have been. Absent where nothing was to change |
| \`retry\` | whether the same call may be made again: \`never\`, \`safe\`, or \`exhausted\` once Nexus itself has tried again in vain |
| \`operation\` | the public operation or port call, such as \`write\` or \`storage.put\` |
| \`context\` | the facts, for logs and programs: \`path\`, \`location\`, \`digest\`, \`outcome\`, \`reason\`, ... Never content, never a secret |
| \`cause\` | the error underneath |
| \`errno\` | the POSIX name nearest in meaning; informative |

Switch on \`code\`, \`outcome\` and \`context\`; no text is meant to be parsed. \`error.with({ ... })\` tells the same failure at another level.
The \`nexus\` command exits with the code of the last column, and prints one line: \`nexus: <Code>: <summary>; <advice>\`.

| code | meaning | retry | errno | exit |
|---|---|---|---|---|
`

export function errorsDocument(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { meaning, retry, errno }]) => `| \`${code}\` | ${meaning} | ${retry} | ${errno} | ${exitCodes[code as ErrorCode]} |`,
  )
  return `${head}${rows.join('\n')}\n`
}

if (import.meta.main) writeFileSync(new URL('../docs/errors.md', import.meta.url), errorsDocument())
