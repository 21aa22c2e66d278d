import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TemporaryHome } from './home.ts'
import type { PtyShell } from './pty.ts'
import { PROMPT } from './shell-rc.ts'
import type { HookedShell } from './shell-rc.ts'

/** What bash begins PS0 with; the hook puts its own part first, so there it is made a part of that. */
const BASH_START = '${__b_zero:0:$((__b_start=${EPOCHREALTIME/[.,]/},0))}'

/**
 * The time a shell itself measures from a complete line to its next prompt, with the hook and without. In bash from the
 * beginning of PS0 to PS1; in zsh from the first preexec to the last precmd function.
 */
export const STOPWATCH: Readonly<Record<HookedShell, { readonly before: string; readonly after: string }>> = {
  bash: {
    before: `__b_zero=0 __b_n=0 __b_start=0 __b_samples=()
unset HISTCONTROL`,
    after: `if [[ \${__cmdaid_ps0-} ]]; then
  __cmdaid_strip_ps0
  __cmdaid_ps0='${BASH_START}'$__cmdaid_ps0
  __cmdaid_keep_prompt
else
  PS0='${BASH_START}'
fi
PS1='\${__b_zero:0:$((__b_samples[__b_n++]=\${EPOCHREALTIME/[.,]/}-__b_start,0))}${PROMPT}'
__b_write() { builtin printf '%s\\n' "\${__b_samples[@]}" >samples; }`,
  },
  zsh: {
    before: `zmodload zsh/datetime
typeset -ga __b_samples; typeset -gF __b_start
__b_begin() { __b_start=$EPOCHREALTIME }
preexec_functions=(__b_begin)`,
    after: `__b_end() { __b_samples+=( $(( (EPOCHREALTIME - __b_start) * 1e6 )) ) }
precmd_functions+=(__b_end)
__b_write() { print -l -- $__b_samples >samples }`,
  },
}

/** Microseconds of every line so far, in order. */
export async function readStopwatch(pty: PtyShell, home: TemporaryHome): Promise<readonly number[]> {
  await pty.line('__b_write')
  const samples = readFileSync(join(home.dir, 'samples'), 'utf8').trim().split('\n').map(Number)
  // The first of bash's is the time to the first prompt, since 1970.
  return samples.filter((sample) => sample < 1e12)
}
