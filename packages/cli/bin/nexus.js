#!/usr/bin/env node
// Syntax of old versions only: this file must be able to say what is wrong on them.
var oldest = 24
if (Number(process.versions.node.split('.')[0]) < oldest) {
  end(10, `MissingDependency: Node.js ${process.versions.node} is too old; install Node.js ${oldest} or newer`)
} else {
  import('@nexusfs/cli').then(
    (cli) =>
      cli.main(process.argv.slice(2)).then((code) => {
        process.exitCode = code
      }),
    (error) => {
      end(70, `Unexpected: the command cannot be loaded (${String(error.message).split('\n')[0]}); install @nexusfs/cli again`)
    },
  )
}

function end(code, text) {
  process.stderr.write(`nexus: ${text}\n`)
  process.exitCode = code
}
