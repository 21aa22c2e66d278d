import { said } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'
import { runFishCases } from './run-case.ts'
import type { FishCase } from './run-case.ts'

/** Every way to have a line executed, and every way to change it on the way. */
const CASES: readonly FishCase[] = [
  {
    title: 'Enter, Ctrl-J and the keys of vi ask, in every mode',
    options: { after: 'fish_vi_key_bindings' },
    type: async (fish) => {
      await fish.line('DENYME 1')
      fish.type('DENYME 2\n')
      await fish.waitForPrompt()
      fish.type('DENYME 3\x1b')
      await fish.pty.waitForText('[N]')
      await fish.line('')
      await fish.line('say end')
    },
    said: ['end'],
    refusals: 3,
  },
  {
    title: 'other bindings at run time change nothing',
    type: ['fish_vi_key_bindings', 'DENYME 1', 'fish_default_key_bindings', 'DENYME 2', 'say end'],
    said: ['end'],
    refusals: 2,
  },
  {
    title: 'keys that the person has bound stay, and ask',
    options: {
      after: `function fish_user_key_bindings
  bind \\cg 'commandline --replace "DENYME 1"; commandline --function repaint; commandline -f execute'
  bind \\ch 'set -g held (commandline); commandline --replace ""'
  bind \\ct suppress-autosuggestion execute
end`,
    },
    type: async (fish) => {
      fish.type('\x07')
      await fish.waitForPrompt()
      fish.type('DENYME 2\x14')
      await fish.waitForPrompt()
      fish.type('say 3\x14')
      await fish.waitForPrompt()
      fish.type('DENYME 4\x08')
      await fish.line('say $held')
    },
    said: ['3', 'DENYME 4'],
    refusals: 2,
  },
  {
    title: 'a key bound later asks from the next prompt but one on, and what went round us is not asked twice',
    type: async (fish) => {
      await fish.line('bind \\ct suppress-autosuggestion execute')
      fish.type('say 1\x14')
      await fish.waitForPrompt()
      await fish.line('say 2')
      fish.type('DENYME\x14')
      await fish.waitForPrompt()
    },
    said: ['1', '2'],
    refusals: 1,
  },
  {
    title: 'abbreviations hide nothing: at the cursor, before it, in a list, by a pattern, from one to the next',
    options: {
      after: `abbr -a ok 'DENYME'
abbr -a fine 'say fine'
abbr -a two fine
abbr -a --position anywhere any '; DENYME'
abbr -a --position anywhere --regex 'z+' --function zed zeds
function zed; echo "; DENYME"; end`,
    },
    type: async (fish) => {
      for (const line of ['ok', 'ok ~', 'true; ok', 'and ok', 'A=1 ok', 'say any', 'say zzz', 'fine', 'two']) {
        await fish.line(line)
      }
      fish.type('ok')
      fish.type('\x01')
      await fish.line('')
      await fish.line('say end')
    },
    said: ['fine', 'end'],
    refusals: 8,
    shows: /Unknown command: fine/,
  },
  {
    title: 'aliases hide nothing, whenever they were made',
    options: { before: "alias early 'DENYME'", after: "alias late='DENYME x'" },
    type: ['early', 'late', 'say a; early', 'alias fine say', 'fine b', 'functions -e early', 'say end'],
    said: ['b', 'end'],
    refusals: 3,
  },
  {
    title: 'what read reads is not asked about',
    options: {
      after: `function ask; read -P 'name? ' name; say got $name; end
function bound; read -P 'name? ' name; say bound $name; end
bind \\cg bound`,
    },
    type: async (fish, { home }) => {
      fish.type('ask\r')
      await fish.pty.waitForText('name? ')
      await fish.line('DENYME 1')
      fish.type("read -P 'name? ' name; say $name\r")
      await fish.pty.waitForText('name? ')
      await fish.line('DENYME 2')
      fish.type('\x07')
      await fish.pty.waitForText('name? ')
      fish.type('DENYME 3\r')
      await until('the key to have read', () => said(home).length === 3)
      await fish.line('DENYME 4')
      await fish.line('say end')
    },
    said: ['got DENYME 1', 'DENYME 2', 'bound DENYME 3', 'end'],
    refusals: 1,
  },
  {
    title: 'lines at a breakpoint are asked about',
    type: async (fish) => {
      await fish.line('function f; breakpoint; say after; end')
      fish.type('f\r')
      await fish.pty.waitForText('BP ')
      fish.type('DENYME\r')
      await fish.pty.waitForText('cmdaid: denied:')
      await fish.pty.waitForText('BP ')
      fish.type('say in\r')
      await fish.pty.waitForText('BP ')
      fish.type('exit\r')
      await fish.pty.waitForText('@6@> ')
    },
    said: ['in', 'after'],
    refusals: 1,
  },
  {
    title: 'a list of completions is chosen from before anything runs',
    options: { after: "complete -c say -f -a 'one-DENYME two-DENYME'" },
    type: async (fish) => {
      fish.type('say \t')
      await fish.pty.waitForText('two-DENYME')
      fish.type('\t')
      await fish.pty.waitForText('one-DENYME')
      fish.type('\r\r')
      await fish.waitForPrompt()
      await fish.line('say end')
    },
    said: ['one-DENYME', 'end'],
  },
  {
    title: 'the history is searched and its lines are asked about',
    type: async (fish) => {
      await fish.line('say first')
      fish.type('\x1b[A')
      await fish.line('')
      fish.type('\x12')
      await fish.pty.waitForText('search:')
      fish.type('fir')
      await fish.pty.waitForText('say first')
      fish.type('\r\r')
      await fish.waitForPrompt()
      await fish.line('say end')
    },
    said: ['first', 'first', 'first', 'end'],
  },
  {
    title: 'Ctrl-C on a partial line and Ctrl-D on an empty one do what they did',
    type: async (fish) => {
      fish.type('DENYME\x03')
      await fish.line('say end')
      fish.type('\x04')
      await fish.pty.waitForExit()
    },
    said: ['end'],
    refusals: 0,
  },
  {
    title: 'a prompt like those of prompt programs is drawn as before',
    options: {
      after: `functions --copy fish_prompt t_plain
function fish_prompt; set -l s $status; sh -c "exit 0"; t_plain; test $s = 0; or echo -n "[$s]"; end
function t_pre --on-event fish_preexec; set -g t_last $argv[1]; end`,
    },
    type: ['sh -c "exit 4"', 'say $t_last', 'DENYME', 'say end'],
    said: ['say $t_last', 'end'],
    refusals: 1,
    shows: /\[4\]/,
  },
]

await runFishCases(CASES)
