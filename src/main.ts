#!/usr/bin/env node
/** The program. `cmdaid daemon` is the daemon; everything else is the command line, which must start fast. */
import process from 'node:process'

if (process.argv[2] === 'daemon') {
  const { daemonMain } = await import('./daemon/main.ts')
  process.exitCode = await daemonMain(process.argv.slice(3), process.env)
} else {
  const { cliMain } = await import('./cli/main.ts')
  process.exitCode = await cliMain(process.argv.slice(2), process)
}
