import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { TestDaemon } from '../../support/daemon.ts'
import { makeTemporaryHome } from '../../support/home.ts'
import { TEST_POLICY } from '../../support/policy.ts'
import type { PtyShell } from '../../support/pty.ts'
import { forgetSaid, hookFile, said, startShell } from '../../support/shell-rc.ts'
import { until } from '../../support/until.ts'

/** Beside the plugins that people have: before them and after them, no line is lost, run twice or let through. */

const SUGGESTIONS = '/usr/share/zsh-autosuggestions/zsh-autosuggestions.zsh'
const HIGHLIGHTING = '/usr/share/zsh-syntax-highlighting/zsh-syntax-highlighting.zsh'

/** What a plugin does with hooks, in its own way of doing it. `log NAME` leaves a line. */
const SHAPES: Readonly<Record<string, string>> = {
  'a timer that pairs preexec and precmd': `
    autoload -Uz add-zsh-hook
    timer_begin() { timer_start=$EPOCHSECONDS; timer_open=1 }
    timer_end() { local kept=$?; [[ -z $timer_open ]] || unset timer_start timer_open; return $kept }
    add-zsh-hook preexec timer_begin; add-zsh-hook precmd timer_end`,
  'marks around prompt and output, with the prompt put back in preexec': `
    marks_running=1
    marks_precmd() { local kept=$?; [[ -n $marks_running ]] || print -n '\\e]633;C\\a'; print -n "\\e]633;D;$kept\\a"
      if [[ -n $marks_running ]]; then marks_prompt=$PS1; PS1="%{\${:-$'\\e]633;A\\a'}%}$PS1"; marks_running=; fi }
    marks_preexec() { PS1=$marks_prompt; marks_running=1; print -n '\\e]633;C\\a' }
    precmd_functions+=(marks_precmd); preexec_functions+=(marks_preexec)`,
  'a hook that puts itself last at each prompt': `
    last_precmd() { precmd_functions=(\${precmd_functions:#last_precmd} last_precmd) }
    precmd_functions+=(last_precmd)`,
  'a history that is told of each start and end': `
    past_preexec() { past_id=$(print -rn -- "$1" | wc -c) }
    past_precmd() { local kept=$?; [[ -n \${past_id-} ]] || return; ( : & ) >/dev/null 2>&1; unset past_id }
    preexec_functions+=(past_preexec); precmd_functions+=(past_precmd)`,
  'functions named preexec and precmd, a chpwd and a periodic hook': `
    preexec() { preexec_saw=$1 }; precmd() { : }; chpwd() { : }; periodic() { : }; PERIOD=1`,
  'a hook under options that break careless code': `
    strict_preexec() { emulate -L ksh; setopt nounset; : "\${1}" }; preexec_functions=(strict_preexec $preexec_functions)
    setopt promptsubst warnnestedvar shwordsplit ksharrays`,
  'widgets wrapped around accept-line and zle-line-init': `
    wrapped-accept-line() { zle .accept-line }; zle -N accept-line wrapped-accept-line
    zle-line-init() { zle -R }; zle -N zle-line-init; zle-line-finish() { : }; zle -N zle-line-finish`,
  'an alias tip that stops lines itself': `
    tip_preexec() { [[ $1 != stop* ]] || kill -INT $$ }; preexec_functions+=(tip_preexec); stop() { say stop ran }`,
  'a TRAPINT and a TRAPWINCH': `
    TRAPINT() { return $(( 128 + $1 )) }; TRAPWINCH() { zle && zle -R }`,
}

const home = makeTemporaryHome({ policy: TEST_POLICY })
t.teardown(() => home[Symbol.dispose]())
const daemon = await TestDaemon.start(home)
t.teardown(() => daemon[Symbol.asyncDispose]())

const missing = (file: string): false | string =>
  !existsSync(file) && `${file} is not on this machine: runs where it is`

await tryBeside('zsh-autosuggestions', `source ${SUGGESTIONS}`, missing(SUGGESTIONS))
await tryBeside('zsh-syntax-highlighting', `source ${HIGHLIGHTING}`, missing(HIGHLIGHTING))
await tryBeside(
  'both of these, and completion',
  `autoload -Uz compinit; compinit -u -D; source ${SUGGESTIONS}; source ${HIGHLIGHTING}`,
  missing(SUGGESTIONS) || missing(HIGHLIGHTING),
)
for (const [name, code] of Object.entries(SHAPES)) await tryBeside(name, code)

/** Types the same lines into a shell that loads `code` before the hook, and into one that loads it after. */
async function tryBeside(name: string, code: string, skip: false | string = false): Promise<void> {
  for (const where of ['before', 'after'] as const) {
    await t.test(`${name}, loaded ${where} the hook`, { skip }, async (t) => {
      forgetSaid(home)
      await using pty = await startShell('zsh', home, { [where]: `${code}\n` })
      for (const line of [
        'say a',
        'DENYME; say no',
        'say b; (exit 3)',
        'say $?',
        'DENYME',
        'DENYME && say no',
        'WARNME',
      ]) {
        await pty.line(line)
      }
      await pty.line('stop here')
      pty.paste('say p\nDENYME\nsay q')
      await pty.line('')
      pty.type('say partial')
      await pty.waitForText('parti')
      await drawn(pty)
      pty.type('\x03')
      await pty.waitForPrompt()
      pty.type('for i in 1 2\rdo say $i\r')
      await pty.line('done')
      await pty.line('cd /; cd - >/dev/null; say end')
      t.same(said(home), ['a', 'b', '3', 'WARNME ran', '1', '2', 'end'])
      // Once for each refused line: none was asked about twice.
      t.equal(pty.transcript.split('cmdaid: denied:').length - 1, 4)
      t.notMatch(pty.transcript, /unchecked|__cmdaid|recursion|enclosing scope/)
      if (t.counts.fail > 0) t.comment(pty.transcript)
    })
  }
}

/** Ctrl-C that comes while a plugin still works on the last key ends the plugin's work, and not the line. */
async function drawn(pty: PtyShell): Promise<void> {
  await until('the plugins to be done', async () => {
    const before = pty.transcript.length
    await sleep(200)
    return pty.transcript.length === before
  })
}

await t.test('hooks are those of before once the hook is unloaded', async (t) => {
  forgetSaid(home)
  await using pty = await startShell('zsh', home, {
    before: 'one() { : }; precmd_functions=(one); preexec_functions=(one)',
    after: 'two() { : }; precmd_functions+=(two); preexec_functions+=(two)',
  })
  await pty.line('DENYME')
  await pty.line('__cmdaid_unload')
  await pty.line(
    'say "$precmd_functions|$preexec_functions|${(k)functions[(I)__cmdaid*]}|${(k)parameters[(I)__cmdaid*]}"',
  )
  await pty.line(`source '${hookFile('zsh')}'; __cmdaid_wait=10`)
  await pty.line('DENYME')
  await pty.line('say end')
  t.same(said(home), ['one two|one two||', 'end'])
})
