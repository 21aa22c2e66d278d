# shellcheck shell=bash disable=SC2154,SC2034
# cmdaid for interactive bash: each command line is judged by the daemon before any part of it runs.
#
# What a hook may and may not do is in docs/format/hook.md, with the protocol. How a line is stopped depends on the bash:
#   5.1 and newer  on Linux, where it takes our loadable builtin (loadable/cmdaid_bash.c): PS0 expands a variable that the
#                  builtin makes, which leaves the line as Ctrl-C does (cmdaid-native.bash)
# and without the builtin:
#   5.3 and newer  PS0 runs a function in this shell; an expansion error in PS0 discards the line (cmdaid-5.3.bash)
#   5.0 to 5.2     PS0 arms a DEBUG trap that fires once, at the first simple command (cmdaid-5.2.bash); SIGINT to
#                  ourselves discards the line
#   4.4            PS0 forks a child that asks (also in cmdaid-5.2.bash); an expansion error in PS0 discards the line
#   3.2 to 4.3     a DEBUG trap armed at the prompt (cmdaid-3.2.bash)
# Nothing here forks for each command on 5.0 and newer, nothing writes where it could block, and nothing waits longer
# than 50 ms, once, for a daemon that does not answer.
#
# bash copies the whole body of a function each time it is called: what runs for each line is short, and what is needed
# seldom is in functions of its own.

# bash that sshd runs reads the person's bashrc and not BASH_ENV, and is asked about like any other that is not interactive.
if [[ $- != *i* ]]; then
  [[ $- != *c* || ${BASH_SOURCE[0]} != */* ]] || \builtin source "${BASH_SOURCE[0]%/*}/cmdaid-env.bash"
  \return 0
fi
# The process id tells a second sourcing in this shell from variables that came in through the environment.
if [[ ${__cmdaid_pid-} == "$$" ]] && \declare -F __cmdaid_unload >/dev/null; then \return 0; fi

# Functions are read with aliases expanded, and under `set -a` they would be exported.
__cmdaid_undo=
if [[ -o allexport ]]; then
  __cmdaid_undo='builtin set -a; '
  \builtin set +a
fi
if \builtin shopt -q expand_aliases; then
  __cmdaid_undo="${__cmdaid_undo}builtin shopt -s expand_aliases; "
  \builtin shopt -u expand_aliases
fi

__cmdaid_version=$((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))
__cmdaid_pid=$$
__cmdaid_source=${BASH_SOURCE[0]%/*}
[[ ${BASH_SOURCE[0]} == */* ]] || __cmdaid_source=.
[[ $__cmdaid_source == /* ]] || __cmdaid_source=$PWD/$__cmdaid_source
# The rule of src/core/paths.ts.
if [[ ${XDG_RUNTIME_DIR-} ]]; then
  __cmdaid_dir=$XDG_RUNTIME_DIR/cmdaid
elif [[ $OSTYPE == darwin* && ${TMPDIR-} ]]; then
  __cmdaid_dir=${TMPDIR%/}/cmdaid
else
  __cmdaid_dir=/tmp/cmdaid-$EUID
fi
__cmdaid_wait=0.050000 # seconds to wait for an answer, six decimals: HOOK_WAIT_MS of src/core/limits.ts
__cmdaid_on=1        # PS0 and PROMPT_COMMAND may be exported: in a shell without this variable they do nothing
__cmdaid_slot=       # our session's folder, once we have one
__cmdaid_ready=      # the line of `ready` of the daemon we talk to; empty: nobody to talk to
__cmdaid_alive=      # exists while that daemon lives
__cmdaid_hung=       # the line of `ready` of a daemon that let us wait
__cmdaid_stuck=      # it has not read what we sent before, so that it was not even asked
__cmdaid_said=       # the person was told that protection is lost
__cmdaid_n=0         # command lines so far, also those that nobody was asked about
__cmdaid_digit=0     # of the last ask
__cmdaid_asked=      # n of a line that was asked and has not ended
__cmdaid_late=       # n of the line whose answer did not come in time
__cmdaid_confirming= # n of a confirm that waits for the person
__cmdaid_byte=       # what came in reply
__cmdaid_answer=     # the same as a word: run, warn, refuse, confirm; empty: no verdict
__cmdaid_refused=
__cmdaid_started=    # when the ask began
__cmdaid_questions=0
__cmdaid_history=0   # HISTCMD before the line was typed
__cmdaid_added=0     # entries that the line added to the history
__cmdaid_int=        # the person's INT trap while it is out of the way
__cmdaid_shown=0     # n when the prompt was last shown
__cmdaid_due=1       # something is to be put right at the next prompt
__cmdaid_status=0    # of the line that has ended
__cmdaid_pipe=(0)
__cmdaid_aliases=    # the aliases that the daemon was told, as one string
__cmdaid_generation= # the number of that telling, after a blank
__cmdaid_written=0   # how often they were written
__cmdaid_canary=     # what the canary has shown and nobody was told
__cmdaid_proven=     # the canary was sent
# The letters of each answer, in the order of the sequence digits.
__cmdaid_run=abcdefghij
__cmdaid_warn=klmnopqrst
__cmdaid_refuse=ABCDEFGHIJ
__cmdaid_confirm=KLMNOPQRST

# What we put in first and last. An exported PROMPT_COMMAND reaches shells that have none of this.
# The `&& :` keeps a status other than 0, which others want to see, from firing an ERR trap or ending a shell under `set -e`.
# Our first command of both has a line of its own, since others look there for what a DEBUG trap at the prompt fires for.
__cmdaid_enter=__cmdaid_ended
# shellcheck disable=SC2016 # expanded by the prompt
__cmdaid_first='"${__cmdaid_enter-:}" "$_"'
__cmdaid_first_line=$'{\n'$__cmdaid_first$'\n} && :'

if ((__cmdaid_version < 404)); then
  \builtin source "$__cmdaid_source/cmdaid-3.2.bash"
else
  \builtin source "$__cmdaid_source/cmdaid-ask.bash"
  \builtin source "$__cmdaid_source/cmdaid-prompt.bash"
  \builtin source "$__cmdaid_source/cmdaid-debug.bash"
  __cmdaid_load_native || builtin :
  if [[ $__cmdaid_native ]]; then
    \builtin source "$__cmdaid_source/cmdaid-ps0.bash"
    \builtin source "$__cmdaid_source/cmdaid-native.bash"
  elif ((__cmdaid_version >= 503)); then
    \builtin source "$__cmdaid_source/cmdaid-ps0.bash"
    \builtin source "$__cmdaid_source/cmdaid-5.3.bash"
  else
    \builtin source "$__cmdaid_source/cmdaid-5.2.bash"
  fi
  if [[ $__cmdaid_native ]] || ((__cmdaid_version >= 502)); then
    \builtin source "$__cmdaid_source/cmdaid-allowed.bash"
  fi
fi

builtin eval "$__cmdaid_undo"
builtin unset -v __cmdaid_undo
# One command, the last: from here on bash before 5.1 puts the lines of this file into the history.
{
  __cmdaid_keep_prompt
  [[ ! ${BLE_VERSION-} ]] || __cmdaid_ble_prompt || builtin :
}
