# shellcheck shell=bash disable=SC2154
# cmdaid for `bash -c`: where BASH_ENV names this file, the whole string is judged by the daemon before any part of it
# runs, where the policy says so.
#
# Every bash that is not interactive reads this, also those of scp, rsync, git, cron and CI. So it looks at a few variables
# and one file and goes, unless somebody wants to know. It prints nothing but a refusal (not even under `set -x`: hence the
# redirections), starts no process, and leaves nothing behind: no function, variable, option, trap or descriptor. Scripts
# and what comes on standard input are not asked about. bash before 4.0 cannot wait for less than a second and asks nothing.
# What shells without a person do is in docs/format/hook.md.

{ [[ $- == *c* && $- != *i* && ${BASH_EXECUTION_STRING+x} && ${BASH_VERSINFO[0]} -ge 4 ]] || \return 0; } 2>/dev/null
# The rule of src/core/paths.ts.
{
  if [[ ${XDG_RUNTIME_DIR-} ]]; then
    __cmdaid_dir=$XDG_RUNTIME_DIR/cmdaid
  elif [[ $OSTYPE == darwin* && ${TMPDIR-} ]]; then
    __cmdaid_dir=${TMPDIR%/}/cmdaid
  else
    __cmdaid_dir=/tmp/cmdaid-$EUID
  fi
  # A folder of another user (after sudo or su) is not ours to use, and a link in /tmp could lead anywhere.
  if [[ ! -f $__cmdaid_dir/noninteractive || ! -O $__cmdaid_dir || -L $__cmdaid_dir ]]; then
    \builtin unset -v __cmdaid_dir
    \return 0
  fi
} 2>/dev/null

# Fails when the string must not run; __cmdaid_why is then its explanation.
__cmdaid_guard() {
  local mode='' ready='' slot byte='' name markers='' type=Q text=$BASH_EXECUTION_STRING options=$- login=0 failglob='' IFS=' '
  builtin read -r mode <"$__cmdaid_dir/noninteractive" || return 0
  [[ $mode == observe || $mode == enforce ]] || return 0
  builtin read -r ready <"$__cmdaid_dir/ready" || return 0
  builtin kill -0 "${ready%% *}" || return 0
  ! builtin shopt -q login_shell || login=1
  if builtin shopt -q failglob; then
    failglob=1
    builtin shopt -u failglob
  fi
  # Whoever creates `claimed` (O_EXCL, by noclobber) has the slot.
  builtin set -C +f
  for slot in "$__cmdaid_dir"/s/[0-9a-f]*; do
    [[ ! -e $slot/claimed && -p $slot/req && -p $slot/rep ]] || continue
    ! builtin printf '%d\n' "$$" >"$slot/claimed" || __cmdaid_slot=$slot
    [[ ! $__cmdaid_slot ]] || break
  done
  [[ $options == *C* ]] || builtin set +C
  [[ $options != *f* ]] || builtin set -f
  [[ ! $failglob ]] || builtin shopt -s failglob
  [[ $__cmdaid_slot ]] || return 0
  for name in AGENT AI_AGENT AMP_CURRENT_THREAD_ID ANTIGRAVITY_AGENT AUGMENT_AGENT CLAUDECODE CLAUDE_CODE_ENTRYPOINT \
    CODEX_SANDBOX CODEX_THREAD_ID COPILOT_AGENT CURSOR_AGENT GEMINI_CLI GOOSE_TERMINAL OPENCODE BUILDKITE CI CIRCLECI \
    GITHUB_ACTIONS GITLAB_CI JENKINS_URL; do
    [[ ! ${!name+x} ]] || markers=${markers:+$markers,}$name
  done
  # What is written into a FIFO at once stays well below what one takes without blocking.
  if ((${#text} > 2048)); then
    type=S
    builtin printf '%s\0' "$text" 1<>"$__cmdaid_slot/cmd" || return 0
    text=
  fi
  {
    builtin printf '1H0\0%s\0%s\0%s\0' "${PWD:0:4096}" "shell=bash
version=$BASH_VERSION
pid=$$
ppid=$PPID
tty=
interactive=0
login=$login
options=$options
markers=$markers
hook=1" 0
    builtin printf '1%s0\0%s\0%s\0%s\0' "$type" "${PWD:0:4096}" "$text" '1 p'
    builtin read -r -N 1 -t 0.05 byte
    # The file goes with the goodbye. Opening anything else could block.
    [[ ! -f $__cmdaid_slot/why ]] || IFS= builtin read -r -d '' -n 4096 __cmdaid_why <"$__cmdaid_slot/why" || builtin :
    builtin printf '1X0\0%s\0\0%s\0' "${PWD:0:4096}" 1
  } 0<>"$__cmdaid_slot/rep" 1<>"$__cmdaid_slot/req"
  # `[` and not `[[`: under nocasematch that would take a refusal for a permission. Nobody is there to give a reason.
  [[ $mode == enforce ]] || return 0
  ! builtin [ "$byte" = A ] && ! builtin [ "$byte" = K ]
}

__cmdaid_refuse() {
  local why=${__cmdaid_why%$'\n'} line
  while [[ $why ]]; do
    line=${why%%$'\n'*}
    builtin printf 'cmdaid: %s\n' "${line#cmdaid: }"
    [[ $why == *$'\n'* ]] || break
    why=${why#*$'\n'}
  done
}

{
  __cmdaid_slot='' __cmdaid_why=''
  if ! __cmdaid_guard; then
    __cmdaid_refuse >&9
    builtin exit 126
  fi
  builtin unset -f __cmdaid_guard __cmdaid_refuse
  builtin unset -v __cmdaid_dir __cmdaid_slot __cmdaid_why
} 9>&2 2>/dev/null
