import { BASH, BOTH, runCases, ZSH } from './run-case.ts'
import type { ShellCase } from './run-case.ts'

/** What a shell keeps of its own while the hook is there: statuses, traps, options, history, prompt, jobs. */
const CASES: readonly ShellCase[] = [
  {
    title: 'the status of the last line is kept',
    shells: BOTH,
    type: ['(exit 7)', 'say $?', 'false', 'say $?', 'true', 'say $?'],
    said: ['7', '1', '0'],
  },
  {
    // bash 3.2 loses them across any DEBUG trap.
    title: 'the statuses of a pipeline are kept',
    shells: ['bash>=4.4'],
    type: ['false | true | (exit 3)', 'say ${PIPESTATUS[*]}', 'false | true', 'say $? ${PIPESTATUS[*]}'],
    said: ['1 0 3', '0 1 0'],
  },
  {
    title: 'the statuses of a pipeline are kept',
    shells: ZSH,
    type: ['false | true | (exit 3)', 'say $pipestatus', 'false | true', 'say $? $pipestatus'],
    said: ['1 0 3', '0 1 0'],
  },
  {
    title: 'the last argument is kept',
    shells: BASH,
    type: ['say x y', 'say $_', ' say z', ' say $_'],
    said: ['x y', 'y', 'z', 'z'],
  },
  {
    title: 'a refused line ends with status 130, or in 4.4 and from 5.3 on with 1',
    shells: ['bash>=4.4'],
    type: [
      'DENYME',
      's=$? v=$((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1])); say $((s == 130 || (v < 500 || v >= 503) && s == 1))',
    ],
    said: ['1'],
  },
  {
    title: 'a trap on INT stays and does not let a refused line run',
    shells: BOTH,
    type: async (pty) => {
      await pty.line("trap 'say T' INT")
      await pty.line('DENYME; say x')
      await pty.line('say end')
      await pty.line('trap')
      await pty.line('kill -INT $$')
      await pty.line('say end2')
    },
    said: ['end', 'T', 'end2'],
    refusals: 1,
    shows: /say T.*INT/,
  },
  {
    title: 'an ignored INT stays ignored',
    shells: BOTH,
    type: ["trap '' INT", 'DENYME; say x', 'trap', 'say end'],
    said: ['end'],
    refusals: 1,
    shows: /''.* (SIG)?INT/,
  },
  {
    title: 'a line that the history does not keep stops where it is refused, also where INT is trapped or ignored',
    shells: BASH,
    options: { after: 'HISTCONTROL=ignorespace' },
    type: [
      "trap 'say T' INT",
      ' say a; DENYME; say b',
      ' for i in 1 2; do DENYME; say b; done; say b',
      ' while DENYME; do say b; done; say b',
      ' until DENYME; do say b; done; say b',
      ' if DENYME; then say b; else say b; fi',
      'say c',
      "trap '' INT",
      ' say d; DENYME || say b',
      'say end',
    ],
    said: ['a', 'c', 'd', 'end'],
    refusals: 6,
  },
  {
    title: "the person's DEBUG trap and options are there again after such a line",
    shells: BASH,
    options: { after: 'HISTCONTROL=ignorespace' },
    type: [
      "trap 'say T' INT; trap 'n=$((n + 1))' DEBUG; set -ET",
      ' DENYME; say b',
      'say $(trap -p DEBUG) ${-//[!ET]/} $(shopt -p extdebug)',
      'shopt -s extdebug',
      ' DENYME; say b',
      'say $(shopt -p extdebug)',
    ],
    said: ["trap -- 'n=$((n + 1))' DEBUG ET shopt -u extdebug", 'shopt -s extdebug'],
    refusals: 2,
  },
  {
    title: 'no refusal ends a shell under errexit',
    shells: BASH,
    options: { after: 'HISTCONTROL=ignorespace' },
    type: [
      'set -e',
      'DENYME; say x',
      'say a',
      '(DENYME); say x',
      'say b',
      'while (DENYME); do say x; done',
      ' DENYME; say x',
      'say ${-//[!e]/}',
    ],
    said: ['a', 'b', 'e'],
    refusals: 4,
  },
  {
    title: 'a TRAPINT function stays and does not let a refused line run',
    shells: ZSH,
    type: ['TRAPINT() { say T; return 0 }', 'DENYME; say x', 'say ${+functions[TRAPINT]}', 'kill -INT $$', 'say end'],
    said: ['1', 'T', 'end'],
    refusals: 1,
  },
  {
    title: "the person's DEBUG trap runs for each command and is not replaced",
    shells: BASH,
    type: [
      "n=0; trap 'n=$((n+1))' DEBUG",
      'n=0',
      ':; :; :',
      'say $((n > 3 && n < 25)) $(trap -p DEBUG)',
      'DENYME',
      'say $((n < 40))',
      'trap - DEBUG',
      'say $(trap -p DEBUG) none',
    ],
    said: ["1 trap -- 'n=$((n+1))' DEBUG", '1', 'none'],
    refusals: 1,
  },
  {
    title: "the person's DEBUG trap sees the status and the last argument",
    shells: BASH,
    type: [
      "trap 's=$? u=$_' DEBUG",
      '(exit 5)',
      ': x; trap - DEBUG',
      'false || : last',
      "trap 's=$? u=$_' DEBUG",
      ': word',
      'trap - DEBUG; say $s',
    ],
    said: ['0'],
  },
  {
    title: "the person's extdebug trap still skips commands, and only its own",
    shells: BASH,
    type: [
      "shopt -s extdebug; trap '[[ $BASH_COMMAND != skip* ]]' DEBUG",
      'say a',
      'skip this',
      'say b; DENYME',
      'trap - DEBUG; shopt -u extdebug',
      'say end',
    ],
    said: ['a', 'end'],
    hides: /skip: command not found/,
    refusals: 1,
  },
  {
    title: 'EXIT and ERR traps fire once',
    shells: BOTH,
    type: async (pty) => {
      await pty.line("trap 'say bye' EXIT; trap 'say err' ERR")
      await pty.line('false')
      await pty.line('say x')
      pty.type('exit\r')
      await pty.waitForExit()
    },
    said: ['err', 'x', 'bye'],
  },
  {
    title: 'nothing breaks under nounset',
    shells: BOTH,
    type: ['set -u', 'say a', 'DENYME', '(DENYME)', ' say b', 'say end'],
    said: ['a', 'b', 'end'],
    refusals: 2,
    hides: /unbound|not set/,
  },
  {
    title: 'allowed lines survive errexit',
    shells: BOTH,
    type: ['set -e', 'say a', 'false || false || true', 'if false; then :; fi', 'false && true', ' say b', 'say end'],
    said: ['a', 'b', 'end'],
  },
  {
    title: 'strict settings before the hook is loaded do not break it',
    shells: BOTH,
    options: { before: 'set -euo pipefail' },
    type: ['say a', 'set +e', 'DENYME', 'say end'],
    said: ['a', 'end'],
    refusals: 1,
    hides: /unbound|not set/,
  },
  {
    title: 'an odd IFS changes nothing',
    shells: BOTH,
    type: ['IFS=0123456789aQE', 'say b', 'DENYME', 'false | true', 'say end'],
    said: ['b', 'end'],
    refusals: 1,
  },
  {
    title: 'aliases and functions over builtins change nothing',
    shells: BOTH,
    options: {
      before:
        "alias printf='echo ALIASED' read='echo ALIASED' kill='echo ALIASED' history='echo ALIASED' local='echo ALIASED' return='echo ALIASED' print='echo ALIASED'",
      after: 'test_f() { :; }',
    },
    type: [
      'say a',
      'unalias printf',
      'printf() { echo FUNCTION; }; read() { echo FUNCTION; }; kill() { echo FUNCTION; }; history() { echo FUNCTION; }',
      'say b',
      'DENYME',
      'say end',
    ],
    said: ['a', 'b', 'end'],
    hides: /FUNCTION\r?\n|ALIASED\r?\n/,
  },
  {
    title: 'odd glob options change nothing',
    shells: BASH,
    options: { before: 'shopt -s failglob nullglob dotglob nocaseglob extglob; set -f; set -C' },
    // Only newer ones list `s`.
    type: ['say a', 'DENYME', 'say $(shopt failglob) ${-//s/}'],
    said: ['a', 'failglob on fhimBCH'],
    refusals: 1,
  },
  {
    title: 'odd options change nothing',
    shells: ZSH,
    options: {
      before:
        'setopt appendcreate ksharrays shwordsplit nullglob noclobber noglob warncreateglobal globsubst rcexpandparam',
    },
    type: ['say a', 'DENYME', 'say end'],
    said: ['a', 'end'],
    refusals: 1,
    hides: /created globally|no matches|bad/,
  },
  {
    title: 'the history and its options are untouched',
    shells: BASH,
    type: [
      'HISTCONTROL=ignoreboth',
      ' say secret',
      'say plain',
      'DENYME',
      'say $HISTCONTROL ${HISTTIMEFORMAT-unset}',
      'say $(history | grep -c secret) $(history | grep -c DENYME)',
    ],
    said: ['secret', 'plain', 'ignoreboth unset', '1 2'],
  },
  {
    // Before 4.4 there is no PS0, so whoever replaces PROMPT_COMMAND takes the hook away.
    title: 'a replaced PROMPT_COMMAND does not end the protection',
    shells: ['bash>=4.4'],
    type: ['PROMPT_COMMAND=:', 'say a', 'DENYME', '(DENYME)', 'unset PROMPT_COMMAND', 'say b', 'DENYME', 'say end'],
    said: ['a', 'b', 'end'],
    refusals: 3,
  },
  {
    title: 'a replaced PS0 comes back at the next prompt',
    shells: BASH,
    type: ['PS0=', 'say a', 'DENYME', 'say end'],
    said: ['a', 'end'],
    refusals: 1,
  },
  {
    title: 'a PS0 of the person that cannot be expanded lets no line through',
    shells: ['bash>=4.4'],
    options: { before: "PS0='${nope:?}'" },
    type: async (pty) => {
      for (const broken of ['${nope:?}', '$((1/0))', '${nope', '\\'] as const) {
        await pty.line(`PS0='${broken}'`)
        await pty.line('say "$(printf %s \'$?\')"; DENYME')
        await pty.line('say a')
        await pty.line('(DENYME)')
        await pty.line('true | (DENYME; say no)')
        await pty.line(' DENYME')
      }
      pty.paste('say b\nDENYME\nsay c')
      await pty.line('')
      await pty.line('PS0=; say end')
    },
    said: ['a', 'a', 'a', 'a', 'b', 'c', 'end'],
    refusals: 17,
  },
  {
    title: 'commands in a PS0 of the person are no part of the line',
    shells: ['bash>=4.4'],
    options: {
      after: `HISTCONTROL=ignorespace PS0='\${PS1:0:$((x=$(true; DENYME quiet; echo 0),0))}'
DENYME() { [[ $1 ]] || say DENYME ran; }`,
    },
    type: ['say a', 'DENYME', ' true; say b', ' DENYME', '(DENYME)', 'say end'],
    said: ['a', 'b', 'end'],
    refusals: 3,
  },
  {
    title: "a person's PS0 sees the status and the last argument of the line before",
    shells: ['bash>=4.4'],
    options: { after: "HISTCONTROL=ignorespace PS0='<$?,$_>'" },
    type: async (pty) => {
      await pty.line('PS0=\'<$?,$_,$(printf %s "$?")>\'')
      await pty.line('(exit 3)')
      await pty.line('say a')
      pty.paste('(exit 4)\nsay b')
      await pty.line('')
      await pty.line(' (exit 5)')
      await pty.line(' true x')
      await pty.line('say end')
    },
    said: ['a', 'b', 'end'],
    shows: /<0,.*<3,.*,3>.*<0,a,0>.*<4,.*,4>.*<0,b,0>.*<5,.*,5>.*<0,x,0>/s,
  },
  {
    // The line that looks is none that bash 3.2 can read.
    title: "others' PROMPT_COMMAND strings run once each, before and after ours",
    shells: ['bash>=4.4'],
    options: {
      before: "unset PROMPT_COMMAND; PROMPT_COMMAND='x=$((x+1));'",
      after: "PROMPT_COMMAND+=$'\\n''y=$((y+1)); s=$?'; x=0 y=0",
    },
    type: ['x=0 y=0', 'say $x $y ${PROMPT_COMMAND@a}', '(exit 4)', 'DENYME', 'say $x $y'],
    said: ['1 1 ', '4 4'].map((line) => line.trimEnd()),
    refusals: 1,
  },
  {
    // Before 5.1 bash runs the first element only.
    title: "others' PROMPT_COMMAND elements run once each and see the status",
    shells: ['bash>=5.1'],
    options: {
      before: "unset PROMPT_COMMAND; PROMPT_COMMAND=('x=$((x+1))')",
      after: "PROMPT_COMMAND+=('s=$? p=${PIPESTATUS[*]}'); x=0",
    },
    type: [
      'x=0',
      'false | (exit 4)',
      'say $x "$s" "$p" ${PROMPT_COMMAND@a} ${#PROMPT_COMMAND[@]}',
      'DENYME',
      'say end',
    ],
    said: ['2 4 1 4 a 4', 'end'],
    refusals: 1,
  },
  {
    title: 'a person who browsed the history inside of a line does not hide the next one',
    shells: ['bash>=4.4'],
    options: { before: 'HISTCONTROL=ignorespace' },
    type: async (pty) => {
      await pty.line('say one')
      await pty.line('say two')
      pty.type("read -e -p 'Q: ' x\r")
      await pty.waitForText('Q: ')
      pty.type('\x1b[A\r')
      await pty.waitForPrompt()
      await pty.line(' say h; DENYME')
      await pty.line('say end')
    },
    said: ['one', 'two', 'h', 'end'],
    refusals: 1,
  },
  {
    title: 'an alias that changes and comes back is known each time, also between lines that the history does not keep',
    shells: ['bash>=4.4'],
    options: { before: "HISTCONTROL=ignorespace\nmk() { alias d=DENYME; }\nhm() { alias d='say harmless'; }" },
    type: ['mk', 'say one', 'd', ' hm', ' say two', ' mk', 'd', 'say end'],
    said: ['one', 'two', 'end'],
    refusals: 2,
  },
  {
    title: 'under noclobber the person’s DEBUG trap is there again after a line that the history does not keep',
    shells: ['bash>=4.4'],
    options: { before: 'HISTCONTROL=ignorespace' },
    type: ["trap 'n=1' DEBUG; set -C", ' say x', ' DENYME', 'trap -p DEBUG', 'say end'],
    said: ['x', 'end'],
    refusals: 1,
    shows: /trap -- 'n=1' DEBUG/,
    hides: /cannot overwrite/,
  },
  {
    title: 'exported prompt variables do nothing in a shell without the hook',
    shells: BASH,
    options: { before: 'set -a' },
    type: async (pty) => {
      await pty.line('export PS0 PROMPT_COMMAND PS1')
      await pty.line('bash --norc --noprofile -i')
      await pty.line('say nested')
      await pty.line("echo -n 'vars:'; compgen -v __cmdaid_; echo")
      pty.type('exit\r')
      await pty.waitForPrompt()
      await pty.line('DENYME')
      await pty.line('say end')
    },
    said: ['end'],
    refusals: 1,
    hides: /syntax error|bad substitution|__cmdaid_precmd: command not found|vars:__/,
  },
  {
    title: 'nothing of the hook is exported',
    shells: BOTH,
    options: { before: 'set -a' },
    type: ['say a', 'env | grep -c __cmdaid | while read -r n; do say $n; done', 'say end'],
    said: ['a', '0', 'end'],
  },
  {
    title: 'jobs stop, continue and are interrupted as without the hook',
    shells: BOTH,
    type: async (pty) => {
      for (const key of ['\x1a', '\x03']) {
        pty.type(key === '\x1a' ? 'sleep 30\r' : 'fg\r')
        await pty.waitForText('sleep 30')
        await new Promise((r) => setTimeout(r, 150))
        pty.type(key)
        await pty.waitForPrompt()
        await pty.line('say $?')
      }
    },
    said: ['148', '130'],
  },
  {
    title: 'Ctrl-C on a partial line runs and asks nothing',
    shells: BOTH,
    type: async (pty) => {
      pty.type('DENYME partial')
      await pty.waitForText('partial')
      pty.type('\x03')
      await pty.waitForPrompt()
      await pty.line('say end')
    },
    said: ['end'],
    refusals: 0,
  },
  {
    title: 'read and Ctrl-C leave the session alive, also after a refusal',
    shells: BOTH,
    type: async (pty) => {
      for (let round = 0; round < 2; round += 1) {
        pty.type('read x\r')
        await pty.waitForText('read x')
        await new Promise((r) => setTimeout(r, 100))
        pty.type('\x03')
        await pty.waitForPrompt()
        await pty.line('DENYME')
      }
      await pty.line('say end')
    },
    said: ['end'],
    refusals: 2,
  },
  {
    // bash 3.2 cannot change the line from a key.
    title: 'completion and key bindings are not asked about',
    shells: ['bash>=4.4'],
    options: {
      after:
        "_c() { DENYME_C; COMPREPLY=(done); }; DENYME_C() { :; }; complete -F _c tool; k() { READLINE_LINE='say key'; }; bind -x '\"\\C-t\":k'",
    },
    type: async (pty) => {
      pty.type('tool \t')
      await pty.waitForText('done')
      pty.type('\x15\x14')
      await pty.waitForText('say key')
      pty.type('\r')
      await pty.waitForPrompt()
      await pty.line('say end')
    },
    said: ['key', 'end'],
    refusals: 0,
  },
  {
    title: 'vi mode asks once, from both modes',
    shells: BASH,
    options: { after: 'set -o vi' },
    type: async (pty) => {
      await pty.line('say a')
      pty.type('DENYME\x1b')
      await pty.line('')
      await pty.line('say end')
    },
    said: ['a', 'end'],
    refusals: 1,
  },
  {
    title: 'sourcing the hook again changes nothing',
    shells: BOTH,
    type: async (pty, { shell }) => {
      const { hookFile } = await import('../support/shell-rc.ts')
      await pty.line(`source '${hookFile(shell)}'`)
      await pty.line('DENYME')
      await pty.line('say end')
    },
    said: ['end'],
    refusals: 1,
  },
  {
    title: 'unloading restores the prompt, the traps and the names',
    shells: BASH,
    options: { before: "PROMPT_COMMAND=('p=1'); PS0=zero; trap 'd=1' DEBUG" },
    type: [
      'DENYME',
      '__cmdaid_unload',
      'DENYME',
      'say "${PROMPT_COMMAND[*]}|$PS0|$(trap -p)|$(compgen -A function __cmdaid_; compgen -v __cmdaid_)|$-" | sed s/T//',
    ],
    said: ['DENYME ran', "p=1|zero|trap -- 'd=1' DEBUG||himBHs"],
    refusals: 1,
  },
  {
    title: 'unloading restores the hooks and the names',
    shells: ZSH,
    type: [
      'DENYME',
      '__cmdaid_unload',
      'DENYME',
      'say "${preexec_functions-}|${precmd_functions-}|${(k)functions[(I)__cmdaid*]}|${(k)parameters[(I)__cmdaid*]}"',
    ],
    said: ['DENYME ran', '|||'],
    refusals: 1,
  },
]

await runCases(CASES)
