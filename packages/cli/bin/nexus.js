#!/usr/bin/env node
// Syntax of old versions only: this file must be able to say what is wrong on them.
var oldest = 24
if (Number(process.versions.node.split('.')[0]) < oldest) {
  end(10, `MissingDependency: Node.js ${process.versions.node} is too old; install Node.js ${oldest} or newer`)
} else {
  hideConfigWarnings()
  process.on('uncaughtException', (error) => {
    endUnexpected(error)
    process.exit()
  })
  import('@nexusfs/cli')
    .then((cli) => cli.main(process.argv.slice(2)))
    .then((code) => {
      process.exitCode = code
    })
    .catch(endUnexpected)
}

/** What reaches this point is a bug or a broken installation: one line, too, and no stack. */
function endUnexpected(error) {
  end(70, `Unexpected: ${String(error.message).split('\n')[0]}; install @nexusfs/cli again, or report it`)
}

/** Node remarks on a nexus.config.ts whose package.json names no type, or another; where that matters, our own error says so. */
function hideConfigWarnings() {
  const listeners = process.listeners('warning')
  process.removeAllListeners('warning')
  process.on('warning', (warning) => {
    if (/^(?:Module type of|Failed to load the ES module)/.test(warning.message)) return
    for (const listener of listeners) listener(warning)
  })
}

function end(code, text) {
  process.stderr.write(`nexus: ${text}\n`)
  process.exitCode = code
}
