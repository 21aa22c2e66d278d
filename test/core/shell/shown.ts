import { analyseWithin, newLineBudget } from '../../../src/core/shell/analyse.ts'
import type { Analysis, ShellName, Word } from '../../../src/core/shell/facts.ts'

/** Analyses a line of a user at home in `/home/u`, in `/here`; without the net, so that a fault is a failure. */
export function read(line: string, shell: ShellName = 'bash'): Analysis {
  return analyseWithin({ line, shell, cwd: '/here', home: '/home/u' }, newLineBudget())
}

/** Unknown parts are shown as `¿`, other uncertain words with a `?` behind them. */
function showWord(word: Word): string {
  const text = word.text.replaceAll('\uFFFC', '¿')
  return (
    (/[\s'"]/.test(text) || text === '' ? JSON.stringify(text) : text) +
    (word.dynamic && !text.includes('¿') ? '?' : '')
  )
}

/** One line per command: `sudo > sh -c > rm -rf /`, with what is uncertain about it in brackets. */
export function show(line: string, shell: ShellName = 'bash'): readonly string[] {
  return read(line, shell).commands.map((command) => {
    const words = [command.program ?? '¿', ...command.args.map(showWord)].join(' ')
    const dynamic = command.dynamic.length === 0 ? '' : ` [${command.dynamic.join(' ')}]`
    return [...command.via, words + dynamic].join(' > ')
  })
}
