import { writeFileSync } from 'node:fs'
import { errorCodes } from 'nexusfs'

/** Writes `docs/errors.md` from the table of codes. A test compares the two. */

const head = `# Errors

Generated from \`core/errors.ts\` by \`npm run docs:errors\`.

Every failure is one \`NexusError\`: \`code\` says why, \`retry\` whether the same call may be made again, \`operation\` which call it was, \`context\` the facts, \`cause\` the
error underneath. \`safe\` becomes \`exhausted\` once Nexus itself has tried again in vain. The errno is informative. The \`nexus\` command exits with the code of the
last column, and prints one line: \`nexus: <Code>: <what> <path>; <fix>\`.

| code | meaning | retry | errno | exit |
|---|---|---|---|---|
`

export function errorsDocument(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { meaning, retry, errno, exit }]) => `| \`${code}\` | ${meaning} | ${retry} | ${errno} | ${exit} |`,
  )
  return `${head}${rows.join('\n')}\n`
}

if (import.meta.main) writeFileSync(new URL('../docs/errors.md', import.meta.url), errorsDocument())
