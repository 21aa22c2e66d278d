import { BASH, BOTH, runCases, ZSH } from './run-case.ts'
import type { ShellCase } from './run-case.ts'

/** Lines of every shape: a refused one leaves nothing behind, and the one after it runs. */
const CASES: readonly ShellCase[] = [
  { title: 'an allowed line runs once', shells: BOTH, type: ['say a'], said: ['a'], refusals: 0, hides: /cmdaid:/ },
  {
    title: 'a refused line does not run and says why',
    shells: BOTH,
    type: ['DENYME', 'say end'],
    said: ['end'],
    refusals: 1,
    shows: /cmdaid: denied: The test says no\./,
  },
  {
    title: 'no part of a refused list runs',
    shells: BOTH,
    type: ['say a; DENYME; say b', 'say end'],
    said: ['end'],
    refusals: 1,
  },
  {
    title: 'a refused and-list and or-list run nothing',
    shells: BOTH,
    type: ['DENYME && say a', 'DENYME || say b', 'say c && DENYME', 'say end'],
    said: ['end'],
    refusals: 3,
  },
  {
    title: 'a refused pipeline runs nothing',
    shells: BOTH,
    type: ['DENYME | cat; say a', 'say b | DENYME', 'say end'],
    said: ['end'],
    refusals: 2,
  },
  {
    title: 'a refused loop condition ends at once',
    shells: BOTH,
    type: ['while DENYME; do say a; done', 'until DENYME; do say b; done', 'say end'],
    said: ['end'],
    refusals: 2,
  },
  {
    title: 'a loop with a refused body makes no round',
    shells: BOTH,
    type: ['for i in 1 2 3; do say $i; DENYME; done', 'say end'],
    said: ['end'],
    refusals: 1,
  },
  {
    title: 'refused conditions run neither branch',
    shells: BOTH,
    type: [
      'if DENYME; then say a; else say b; fi',
      '! DENYME; say c',
      '[[ $(DENYME) == x ]] && say d',
      'case $(DENYME) in *) say e ;; esac',
      'say end',
    ],
    said: ['end'],
    refusals: 4,
  },
  {
    title: 'a refused subshell runs nothing, nor what follows it',
    shells: BOTH,
    type: ['(DENYME; say a)', '(DENYME); say b', '(DENYME) || say c', '(say d); DENYME', 'say end'],
    said: ['end'],
    refusals: 4,
  },
  {
    title: 'refused loops around subshells end',
    shells: BOTH,
    type: ['until (DENYME); do say a; done', 'while (DENYME); do say b; done', 'say end'],
    said: ['end'],
    refusals: 2,
  },
  {
    title: 'refused background lines run nothing',
    shells: BOTH,
    type: ['DENYME &', '(DENYME) &', '{ DENYME; } &', 'wait', 'say end'],
    said: ['end'],
    refusals: 3,
  },
  {
    title: 'sixty background subshells are each judged, and the session lives on',
    shells: BOTH,
    type: [...Array.from({ length: 60 }, () => '(true) &'), 'wait', 'say end'],
    said: ['end'],
    hides: /cmdaid:/,
  },
  {
    // Each of them is a session of its own in bash, and all of them want one at once.
    title: 'a line that starts a hundred subshells at once has each of them judged',
    shells: BOTH,
    type: [`${'(true) & '.repeat(100)} wait`, `${'(say a) & '.repeat(10)} (DENYME) & wait`, 'say end'],
    said: ['end'],
    shows: /cmdaid: denied:/,
    hides: /unchecked/,
  },
  {
    title: 'refused substitutions run nothing',
    shells: BOTH,
    type: [
      'say $(DENYME)',
      'x=$(DENYME); say b',
      'for i in $(DENYME); do say c; done; say d',
      'cat <(DENYME); say e',
      'say end',
    ],
    said: ['end'],
    refusals: 4,
  },
  {
    title: 'a refused line opens no file',
    shells: BOTH,
    type: ['DENYME > made', 'DENYME 2>&1 | cat > made', '[[ ! -e made ]] && say end'],
    said: ['end'],
    refusals: 2,
  },
  {
    // bash 5.2 opens the redirections of a compound command before its DEBUG trap can fire.
    title: 'a refused compound command opens no file',
    shells: ZSH,
    type: ['(say x; DENYME) > made', '{ DENYME; } > made', '[[ ! -e made ]] && say end'],
    said: ['end'],
    refusals: 2,
  },
  {
    title: 'the inside of an allowed function is not asked about',
    shells: BOTH,
    type: ['f() { say 1; say 2; }', 'f'],
    said: ['1', '2'],
    refusals: 0,
  },
  {
    title: 'a function that would run something refused is not defined',
    shells: BOTH,
    type: ['f() { DENYME; }', 'function g { say a; DENYME; }', 'typeset -f f g || say none'],
    said: ['none'],
    refusals: 2,
  },
  {
    title: 'a compound command over several lines is one line',
    shells: BOTH,
    type: async (pty) => {
      pty.type('for i in 1 2\rdo\rsay $i\r')
      await pty.line('done')
      pty.type('for i in 1 2\rdo\rDENYME\r')
      await pty.line('done')
      await pty.line('say end')
    },
    said: ['1', '2', 'end'],
    refusals: 1,
  },
  {
    title: 'continued lines are one line',
    shells: BOTH,
    type: async (pty) => {
      pty.type('say a \\\r')
      await pty.line('b')
      pty.type('say c; \\\r')
      await pty.line('DENYME')
      await pty.line('say end')
    },
    said: ['a b', 'end'],
    refusals: 1,
  },
  {
    title: 'a here-document that a shell would read is judged',
    shells: BOTH,
    type: async (pty) => {
      pty.type('sh <<X\rDENYME\r')
      await pty.line('X')
      pty.type('cat <<X | while read -r a; do say $a; done\rtext\r')
      await pty.line('X')
      await pty.line('say end')
    },
    said: ['text', 'end'],
    refusals: 1,
  },
  // bash 3.2 knows no paste.
  ...(
    [
      ['line', 'DENYME'],
      ['subshell', '(DENYME)'],
    ] as const
  ).map(([name, refused]): ShellCase => ({
    title: `a refused ${name} of a paste does not run`,
    shells: ['bash>=4.4'],
    type: async (pty) => {
      pty.paste(`say 1\n${refused}\nsay 3`)
      await pty.line('')
      await pty.line('say end')
      await pty.line('say end2')
    },
    said: ['1', '3', 'end', 'end2'],
    refusals: 1,
  })),
  {
    title: 'a refused line of a paste does not run where INT is trapped',
    shells: ['bash>=4.4'],
    type: async (pty) => {
      await pty.line("trap 'say T' INT")
      pty.paste('say 1\nDENYME; say 2\n(DENYME); say 2\nsay 3')
      await pty.line('')
      await pty.line('say end')
    },
    said: ['1', '3', 'end'],
    refusals: 2,
  },
  {
    title: 'a paste is one line, refused as a whole',
    shells: ZSH,
    type: async (pty) => {
      pty.paste('say 1\nDENYME\nsay 3')
      await pty.line('')
      await pty.line('say end')
    },
    said: ['end'],
    refusals: 1,
  },
  {
    title: 'lines typed ahead are each judged',
    shells: BOTH,
    type: async (pty) => {
      pty.type('say 1\rDENYME\rsay 3\r')
      await pty.waitForPrompt()
      await pty.waitForPrompt()
      await pty.waitForPrompt()
      await pty.line('say end')
    },
    said: ['1', '3', 'end'],
    refusals: 1,
  },
  {
    title: 'lines that the history does not keep are judged',
    shells: BASH,
    options: { after: 'HISTCONTROL=ignoreboth HISTIGNORE="DENYME*:secret*"' },
    type: [
      ' DENYME',
      ' say a; DENYME',
      ' (DENYME)',
      'DENYME',
      'DENYME x',
      ' say b | cat; say c',
      'set +o history',
      'DENYME',
      'say d',
      'set -o history',
      'DENYME',
      'say $HISTCONTROL',
    ],
    said: ['a', 'b', 'c', 'd', 'ignoreboth'],
  },
  {
    title: 'lines that the history does not keep are judged whole',
    shells: ZSH,
    options: { after: 'setopt histignorespace histignorealldups; HISTSIZE=0' },
    type: [' DENYME; say a', ' (DENYME)', 'say end'],
    said: ['end'],
    refusals: 2,
  },
  {
    title: 'the same line twice is asked twice',
    shells: BOTH,
    options: { after: 'HISTCONTROL=ignoredups' },
    type: ['say a', 'say a', 'DENYME', 'DENYME'],
    said: ['a', 'a'],
    refusals: 2,
  },
  {
    title: 'time stamps of the history are no part of the text',
    shells: BASH,
    options: { after: "HISTTIMEFORMAT='%F %T DENYME '" },
    type: ['say a', 'DENYME', 'say $HISTTIMEFORMAT'],
    said: ['a', '%F %T DENYME'],
    refusals: 1,
  },
  {
    title: 'a warned line runs and says why',
    shells: BOTH,
    type: ['WARNME; say a'],
    said: ['WARNME ran', 'a'],
    shows: /cmdaid: warning: The test warns\./,
  },
  {
    title: 'a big loop of builtins is asked about once',
    shells: BASH,
    type: ['for ((i = 0; i < 20000; i++)); do :; done; say end', 'for ((i = 0; i < 20000; i++)); do :; done; say end'],
    said: ['end', 'end'],
  },
]

await runCases(CASES)
