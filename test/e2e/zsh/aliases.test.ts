import { runCases, ZSH } from '../run-case.ts'
import type { ShellCase } from '../run-case.ts'

/** Words are judged by what they stand for in the shell that runs them, at the moment they run. */

const CASES: readonly ShellCase[] = [
  {
    title: 'an alias is judged by what it stands for',
    shells: ZSH,
    options: { before: "alias ok='DENYME -x' fine='say fine'" },
    type: ['ok ~', 'say a; ok', 'say b && ok ~ | cat', '(ok)', 'fine', 'say end'],
    said: ['fine', 'end'],
    refusals: 4,
  },
  {
    title: 'an alias of an alias is judged by what that stands for',
    shells: ZSH,
    options: { before: "alias one=two two='three x' three=DENYME; alias say='say '; alias pre='nocorrect '" },
    type: ['one', 'pre one', 'say end'],
    said: ['end'],
    refusals: 2,
  },
  {
    title: 'a global alias is judged wherever it stands',
    shells: ZSH,
    options: { before: "alias -g G='| DENYME' H='hello'" },
    type: ['say a G', 'say b; say c G', "say 'G' H"],
    said: ['G hello'],
    refusals: 2,
  },
  {
    title: 'a suffix alias is judged by the program it stands for',
    shells: ZSH,
    options: { before: 'alias -s txt=DENYME log=say; touch note.txt note.log' },
    type: ['./note.txt', 'note.txt', './note.log', 'say note.txt'],
    said: ['./note.log', 'note.txt'],
    refusals: 2,
  },
  {
    title: 'aliases inside what is read once more are judged',
    shells: ZSH,
    options: { before: 'alias ok=DENYME' },
    type: ['say $(ok)', 'say `ok`', "eval 'ok'", 'eval o"k"', 'cat <(ok)', "trap 'ok' EXIT", 'f() { ok }', 'say end'],
    said: ['end'],
    refusals: 7,
  },
  {
    title: 'what is quoted is no alias',
    shells: ZSH,
    options: { before: "alias DENYME='say harmless' say2=say" },
    type: ['DENYME', '\\DENYME', "'DENYME'", 'say2 a; DENYME', 'command -v DENYME >/dev/null; say end'],
    said: ['harmless', 'a', 'harmless', 'end'],
    refusals: 2,
  },
  {
    title: 'an alias that changes is judged by what it stands for now',
    shells: ZSH,
    options: { before: "alias ok='say one'; change() { aliases[ok]=$1 }" },
    type: [
      'ok',
      'change DENYME',
      'ok',
      'change "say two"',
      'ok',
      'unalias ok',
      'ok() { say function }',
      'ok',
      'alias DENYME=say',
      'DENYME three',
      'unalias DENYME',
      'DENYME',
      'say end',
    ],
    said: ['one', 'two', 'function', 'three', 'end'],
    refusals: 2,
  },
  {
    title: 'an alias that is switched off is none',
    shells: ZSH,
    options: { before: 'alias say=DENYME' },
    type: ['say a', 'disable -a say', 'say b', 'enable -a say', 'say c', 'disable -a say; builtin true', 'say end'],
    said: ['b', 'end'],
    refusals: 2,
  },
  {
    title: 'hundreds of aliases are told once, and again when one changes',
    shells: ZSH,
    options: {
      before:
        'for n in {1..600}; do aliases[many$n]="say alias $n"; done; aliases[hidden]="many7; DENYME"; change() { aliases[$1]=$2 }',
    },
    type: [
      'many1',
      'many2; many3',
      'many4;',
      'hidden',
      'say $__cmdaid_generation',
      'change many5 DENYME',
      'many5',
      'many6',
      'say $((__cmdaid_generation))',
    ],
    said: ['alias 1', 'alias 2', 'alias 3', 'alias 4', '1', 'alias 6', '2'],
    refusals: 2,
  },
  {
    title: 'odd aliases break nothing',
    shells: ZSH,
    options: {
      before: [
        `aliases[nul]=$'say a\\0b' aliases[$'n\\0l']=say aliases[empty]= aliases[long]="say \${(l:9000::x:)}"`,
        `aliases[nl]=$'say n\\nDENYME' aliases[utf]='say ä' aliases[bad]=$'say \\xff' aliases[..]='cd ..' aliases[-]='cd -'`,
        `galiases[...]=../..`,
      ].join('; '),
    },
    type: ['nl', 'utf', 'empty DENYME', 'say c ...', 'say end'],
    said: ['ä', 'c ../..', 'end'],
    refusals: 2,
  },
]

await runCases(CASES)
