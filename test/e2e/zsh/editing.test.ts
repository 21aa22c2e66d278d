import { runCases, ZSH } from '../run-case.ts'
import type { ShellCase } from '../run-case.ts'
import { readRecord } from '../../support/record.ts'
import { until } from '../../support/until.ts'

/** However a line came into the editor, it is asked about when it is accepted, once and as it will run. */

const CASES: readonly ShellCase[] = [
  {
    title: 'vi mode asks once, from both modes',
    shells: ZSH,
    options: { after: 'bindkey -v; KEYTIMEOUT=1' },
    type: async (pty) => {
      await pty.line('say a')
      pty.type('DENYME')
      await pty.waitForText('ENYME')
      pty.type('\x1b')
      await pty.line('')
      await pty.line('say end')
    },
    said: ['a', 'end'],
    refusals: 1,
  },
  {
    title: 'what history expansion makes of a line is what is judged',
    shells: ZSH,
    options: { after: 'setopt banghist' },
    type: ['say DENYME', '!!:1', 'say a', '!!', 'say b!!:1', '!say', '!DEN', 'say end'],
    said: ['DENYME', 'a', 'a', 'ba', 'ba', 'end'],
    refusals: 2,
  },
  {
    title: 'lines from the history, a search in it and the stack of pushed lines are judged when they are accepted',
    shells: ZSH,
    type: async (pty) => {
      await pty.line('say a')
      await pty.line('DENYME')
      pty.type('\x10')
      await pty.waitForText('DENYME')
      await pty.line('')
      pty.type('\x12')
      await pty.waitForText('bck-i-search')
      pty.type('say')
      await pty.waitForText('ay a')
      await pty.line('')
      pty.type('DENYME; say no\x1bq')
      await pty.line('say b')
      await pty.line('')
      await pty.line('print -z DENYME')
      await pty.line('')
      await pty.line('say end')
    },
    said: ['a', 'a', 'b', 'end'],
    refusals: 4,
  },
  {
    title: 'completion, widgets and functions bound to keys are not asked about',
    shells: ZSH,
    options: {
      after:
        "t() { DENYME_C; reply=(done) }; DENYME_C() { : }; compctl -K t tool; k() { BUFFER='say key' }; zle -N k; bindkey '^T' k",
    },
    type: async (pty) => {
      pty.type('tool \t')
      await pty.waitForText('done')
      pty.type('\x15\x14')
      await pty.waitForText('say key')
      await pty.line('')
      await pty.line('say end')
    },
    said: ['key', 'end'],
    refusals: 0,
  },
  {
    title: 'a widget that accepts a line of its own making is judged by that',
    shells: ZSH,
    options: { after: "w() { BUFFER='DENYME; say no'; zle accept-line }; zle -N w; bindkey '^T' w" },
    type: async (pty) => {
      pty.type('say harmless\x14')
      await pty.waitForPrompt()
      await pty.line('say end')
    },
    said: ['end'],
    refusals: 1,
  },
  {
    title: 'Ctrl-C and Ctrl-D leave the session alive wherever they come',
    shells: ZSH,
    options: { after: 'setopt ignoreeof' },
    type: async (pty) => {
      for (const keys of [
        '\x03',
        'DENYME\x03',
        "say '\r\x03",
        'for i in 1\r\x03',
        'cat <<X\rDENYME\r\x03',
        '\x12say\x03',
      ]) {
        pty.type(keys)
        await pty.waitForPrompt()
      }
      pty.type('\x04')
      await pty.waitForText("use 'exit' to exit")
      pty.type('cat\r')
      await pty.waitForText('cat')
      pty.type('DENYME\r\x04')
      await pty.waitForPrompt()
      await pty.line('DENYME')
      await pty.line('say end')
    },
    said: ['end'],
    refusals: 1,
  },
  {
    title: 'Ctrl-D ends the session and says so',
    shells: ZSH,
    type: async (pty, { home }) => {
      await pty.line('say a')
      pty.type('\x04')
      await pty.waitForExit()
      await until('the end of the session', async () =>
        (await readRecord(home)).some(
          ({ record, details }) => record === 'SESSION_CLOSE' && details['cause'] === 'bye',
        ),
      )
    },
    said: ['a'],
  },
  {
    title: 'here-documents and here-strings are judged by who reads them',
    shells: ZSH,
    type: async (pty) => {
      pty.type('while read -r a; do say $a; done <<X\rDENYME\r')
      await pty.line('X')
      pty.type('sh <<"X"\rtrue\rDENYME\r')
      await pty.line('X')
      await pty.line('sh <<<DENYME; say no')
      await pty.line('say end')
    },
    said: ['DENYME', 'end'],
    refusals: 2,
  },
  {
    title: 'a paste of many lines, with a here-document and a loop in it, is one line',
    shells: ZSH,
    type: async (pty) => {
      pty.paste('for i in 1 2; do\n  say $i\ndone\nread -r x <<X\ntext\nX\nsay $x')
      await pty.line('')
      pty.paste('say a\nif true; then\n  DENYME\nfi\nsay b')
      await pty.line('')
      await pty.line('say end')
    },
    said: ['1', '2', 'text', 'end'],
    refusals: 1,
  },
  {
    title: 'nothing of the hook shows under xtrace, verbose and strict options',
    shells: ZSH,
    type: [
      'set -x',
      'say a',
      'DENYME',
      'setopt verbose errreturn warncreateglobal warnnestedvar cbases octalzeroes forcefloat',
      'say b; true',
      'WARNME; say c',
      'set +x; unsetopt verbose',
      'say end',
    ],
    said: ['a', 'b', 'WARNME ran', 'c', 'end'],
    refusals: 1,
    hides: /__cmdaid|syswrite|enclosing/,
  },
  {
    title: 'a zsh without zsh/system says that it is not protected, once, and works',
    shells: ZSH,
    options: { before: 'module_path=(/nowhere)' },
    type: async (pty) => {
      await pty.line('say a; DENYME')
      await pty.line('say "$precmd_functions|$(typeset +f -m "__cmdaid*")|${__cmdaid_pid-}"')
    },
    said: ['a', 'DENYME ran', '||'],
    shows: /^[^]*cmdaid: this zsh lacks the module zsh\/system: commands run unchecked\r?\n(?![^]*cmdaid:)/,
  },
]

await runCases(CASES)
