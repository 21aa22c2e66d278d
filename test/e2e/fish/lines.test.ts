import { runFishCases } from './run-case.ts'
import type { FishCase } from './run-case.ts'

/** Lines of every shape: a refused one leaves nothing behind, and the one after it runs. */
const CASES: readonly FishCase[] = [
  { title: 'an allowed line runs once', type: ['say a'], said: ['a'], refusals: 0, hides: /cmdaid:/ },
  {
    title: 'a refused line does not run, says why, and is in the history once, as a comment',
    type: ['DENYME now', 'say end', "say (history search --exact '# DENYME now' | count)", 'say (count $history)'],
    said: ['end', '1', '3'],
    refusals: 1,
    shows: /cmdaid: denied: The test says no\./,
  },
  {
    title: 'a refused line that the history is not to keep is kept no more than others',
    type: [' DENYME', 'say end', 'say (count $history)'],
    said: ['end', '1'],
    refusals: 1,
  },
  {
    title: 'no part of a refused list, pipeline or condition runs',
    type: [
      'say a; DENYME; say b',
      'DENYME; and say a; or say b',
      'DENYME && say a || say b',
      'DENYME | cat; say a',
      'say b | DENYME',
      'if DENYME; say a; else; say b; end',
      'not DENYME; say c',
      'switch (DENYME); case "*"; say d; end',
      'say end',
    ],
    said: ['end'],
    refusals: 8,
  },
  {
    title: 'refused loops make no round and end at once',
    type: ['while DENYME; say a; end', 'while not DENYME; say b; end', 'for i in 1 2; say $i; DENYME; end', 'say end'],
    said: ['end'],
    refusals: 3,
  },
  {
    title: 'refused blocks and substitutions run nothing',
    type: ['begin; say a; DENYME; end', 'say (DENYME)', 'say "$(DENYME)"', 'set x (DENYME); say b', 'say end'],
    said: ['end'],
    refusals: 4,
  },
  {
    title: 'refused background lines run nothing, allowed ones once',
    type: ['DENYME &', 'begin; DENYME; end &', "sh -c 'echo bg >>said' &", 'wait; say end'],
    said: ['bg', 'end'],
    refusals: 2,
  },
  {
    title: 'a refused line opens no file',
    type: ['DENYME > made', 'DENYME 2>&1 | cat > made', 'begin; DENYME; end > made', 'test -e made; or say end'],
    said: ['end'],
    refusals: 3,
  },
  {
    title: 'the inside of an allowed function is not asked about; one that would run something refused is not defined',
    type: ['function f; say 1; say 2; end', 'f', 'function g; DENYME; end', 'functions -q g; or say none'],
    said: ['1', '2', 'none'],
    refusals: 1,
  },
  {
    title: 'an incomplete line goes on, and is asked about as one',
    type: async (fish) => {
      fish.type('for i in 1 2\r')
      await fish.line('say $i; end')
      fish.type('for i in 1 2\r')
      await fish.line('DENYME; end')
      fish.type('say "a\r')
      await fish.line('b"')
      await fish.line('say end')
    },
    said: ['1', '2', 'a', 'b', 'end'],
    refusals: 1,
  },
  {
    title: 'a backslash at the end of the line or before the cursor goes on',
    type: async (fish) => {
      fish.type('say a \\\r')
      await fish.line('b')
      fish.type('say c; \\\r')
      await fish.line('DENYME')
      await fish.line('say d\\\\')
      await fish.line('say end')
    },
    said: ['a b', 'd\\', 'end'],
    refusals: 1,
  },
  {
    title: 'what fish cannot read it says itself',
    type: async (fish) => {
      fish.type('say a; end; DENYME\r')
      await fish.pty.waitForText("'end' outside of a block")
      fish.type('\x15')
      await fish.line('say end')
    },
    said: ['end'],
    refusals: 0,
    hides: /__cmdaid/,
  },
  {
    title: 'empty and blank lines ask nothing',
    type: ['', '   ', 'say end'],
    said: ['end'],
    hides: /cmdaid:/,
  },
  {
    title: 'a paste is one line, refused as a whole',
    type: async (fish) => {
      fish.paste('say 1\nDENYME\nsay 3')
      await fish.line('')
      fish.paste('say 4\nsay 5')
      await fish.line('')
      await fish.line('say end')
    },
    said: ['4', '5', 'end'],
    refusals: 1,
  },
  {
    title: 'lines typed ahead are each judged',
    type: async (fish) => {
      fish.type('say 1\rDENYME\rsay 3\r')
      for (let n = 0; n < 3; n += 1) await fish.waitForPrompt()
      await fish.line('say end')
    },
    said: ['1', '3', 'end'],
    refusals: 1,
  },
  {
    title: 'the same line twice is judged twice',
    type: ['say a', 'say a', 'DENYME', 'DENYME'],
    said: ['a', 'a'],
    refusals: 2,
  },
  {
    title: 'a warned line runs and says why',
    type: ['WARNME; say a'],
    said: ['WARNME ran', 'a'],
    shows: /cmdaid: warning: The test warns\./,
  },
  {
    title: 'statuses are the line’s own, also after a refused one',
    type: ['false | true | sh -c "exit 3"', 'say $status $pipestatus', 'sh -c "exit 7"', 'DENYME', 'say $status'],
    said: ['3 1 0 3', '7'],
  },
  {
    title: 'functions and variables of the person’s own do not reach the hook',
    options: {
      after: `function contains; return 1; end
function echo; end
function bind; end
function abbr; end
set -g IFS ABCabc
set -g byte x
set -gx LC_ALL C`,
    },
    type: ['say 1', 'DENYME', 'WARNME', 'say end'],
    said: ['1', 'WARNME ran', 'end'],
    refusals: 1,
  },
  {
    title: 'a long line is judged whole',
    type: async (fish) => {
      fish.paste(`say ${'x'.repeat(9_000)} >/dev/null; DENYME`)
      await fish.line('')
      fish.paste(`set x ${'y'.repeat(9_000)}; say (string length $x)`)
      await fish.line('')
    },
    said: ['9000'],
    refusals: 1,
  },
]

await runFishCases(CASES)
