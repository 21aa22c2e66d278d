# shellcheck shell=bash disable=SC2154,SC2034
# The prompt of bash 4.4 to 5.2. Loaded by cmdaid.bash.
#
# The DEBUG trap is set at the prompt, with functrace so that `( … )` and `{ … } &` inherit it, and armed by PS0. Where
# INT is trapped 4.4 can be stopped from PS0 alone, so there PS0 asks in a child, and the trap is for lines whose text is
# unknown.

# Last at each prompt, writing into the file `traps`, which holds the person's DEBUG trap if there is one: inside a
# function `trap -p` would print nothing. What tells the daemon of the line's end comes last: it wakes the daemon, which
# may take this processor.
__cmdaid_prompt() {
  local IFS=' '
  if [[ $__cmdaid_due || $__cmdaid_asked != "$__cmdaid_n" || -s $__cmdaid_slot/traps || $- == *[aeuxT]* ]] ||
    ! builtin [ "$PS0 ${PROMPT_COMMAND[*]}${BLE_VERSION-}" = "$__cmdaid_kept" ]; then
    __cmdaid_prompt_otherwise "$1"
    return 0
  fi
  __cmdaid_asked='' __cmdaid_spent='' __cmdaid_traced=1 __cmdaid_shown=$__cmdaid_n __cmdaid_history=$((HISTCMD)) __cmdaid_lastpid=${!-}
  builtin declare -F exec || exec 1<>"$__cmdaid_slot/req"
  if [[ -p /dev/fd/1 ]]; then __cmdaid_tell_end; else __cmdaid_tell_end 1<>"$__cmdaid_slot/req"; fi
  builtin set -T
  # shellcheck disable=SC2064 # the text of their trap is what is wanted
  builtin trap "$__cmdaid_trap" DEBUG
}

# Before 5.1 PROMPT_COMMAND runs as if history were off, and HISTCMD is 1: options that come back bring it back too.
__cmdaid_remember() {
  local -
}

# The same where there is more to do, or no slot yet. $1 is the file with the person's DEBUG trap.
__cmdaid_prompt_otherwise() {
  local text='' IFS=
  builtin read -r -d '' text <"$1" || builtin :
  [[ $1 == /dev/* ]] || builtin : >|"$1"
  [[ ! ${BLE_VERSION-} ]] || ! __cmdaid_ble_prompt || return 0
  __cmdaid_find_trap "$text" "$-"
  __cmdaid_hushed=
  [[ ! $__cmdaid_skipping ]] || __cmdaid_skip_no_more
  __cmdaid_put_right
  ((__cmdaid_version >= 500)) || __cmdaid_follow_aliases
  __cmdaid_asked='' __cmdaid_spent='' __cmdaid_shown=$__cmdaid_n __cmdaid_history=$((HISTCMD))
  __cmdaid_armed=0
  if [[ $__cmdaid_inherited ]]; then
    __cmdaid_traced=1
    builtin set -T
  fi
  # shellcheck disable=SC2064
  builtin trap "$__cmdaid_trap" DEBUG
}

# --- 4.4, and a further line of one paste from 5.0 on: PS0 forks --------------------------------------------------------

# The length of nothing. One below 0 is an expansion error. Inside of another expansion of PS0 that discards the line,
# whatever is done with INT, and does not end a shell with errexit; one that is not inside would be printed.
__cmdaid_line_refused=0

# Prints that length, as the beginning of a sum.
__cmdaid_forked() {
  local - IFS=' '
  set +aeux
  # Lines of one paste have no prompt between them: a daemon that let the first one wait is not waited for again.
  if __cmdaid_noted since && [[ ! $__cmdaid_answer ]]; then return 0; fi
  __cmdaid_known || return 0
  ((__cmdaid_version >= 500)) || builtin printf '(__cmdaid_armed=3)*0' >&9
  local __cmdaid_deputy=1 __cmdaid_canary='' written=$__cmdaid_written # what the canary has shown the parent tells
  __cmdaid_ask h
  ((__cmdaid_written == written)) || builtin printf '+(__cmdaid_written=%d)*0' "$__cmdaid_written" >&9
  [[ ! $__cmdaid_stuck ]] || builtin printf '+(__cmdaid_stuck=1)*0' >&9
  if [[ $__cmdaid_answer == confirm ]]; then
    # Ctrl-C instead of a reason ends this child before it can say more.
    __cmdaid_note refuse
    builtin printf -- -9 >&9
    __cmdaid_obey
    [[ $__cmdaid_refused ]] || builtin printf '*0' >&9
  else
    __cmdaid_obey
    [[ ! $__cmdaid_refused ]] || builtin printf -- -9 >&9
  fi
  [[ ! $__cmdaid_refused ]] || __cmdaid_answer=refuse
  __cmdaid_note ''
} 9>&1 >&2

# What a child tells of the aliases this shell does not know.
__cmdaid_follow_aliases() {
  local IFS=' '
  [[ $__cmdaid_ready ]] || return 0
  builtin [ "$BASHOPTS ${!BASH_ALIASES[*]}=${BASH_ALIASES[*]}" = "$__cmdaid_aliases" ] || __cmdaid_tell_aliases
}

# 4.4 ends when its trap on INT is taken away and INT follows. There each command up to the prompt is skipped.
if ((__cmdaid_version < 500)); then
  __cmdaid_cancel() {
    if [[ ! $(builtin trap -p INT) ]]; then # a fork, for a line that is refused
      builtin kill -INT "$$"
      return 0
    fi
    __cmdaid_skipping="options $-" __cmdaid_armed=2
    # shellcheck disable=SC2064
    builtin trap "$__cmdaid_trap" DEBUG
    if builtin shopt -q extdebug; then __cmdaid_skipping=kept; else builtin shopt -s extdebug; fi
    return 1
  }

  __cmdaid_skip_no_more() {
    if [[ $__cmdaid_skipping != kept ]]; then
      builtin shopt -u extdebug # and with it what else it had switched on
      [[ $__cmdaid_skipping != *T* ]] || builtin set -T
      [[ $__cmdaid_skipping != *E* ]] || builtin set -E
    fi
    __cmdaid_skipping=
  }
fi

# --- the prompt variables ---------------------------------------------------------------------------------------------

# shellcheck disable=SC2016 # expanded by the prompt
{
  __cmdaid_final=$'{\n[[ -z ${__cmdaid_on-} ]]\n} || '$__cmdaid_copied'if '
  ((__cmdaid_version >= 501)) || __cmdaid_final+='__cmdaid_remember; '
  __cmdaid_final+='[[ -p $__cmdaid_slot/req ]]; then '
  __cmdaid_final+='{ builtin trap -p DEBUG; __cmdaid_prompt "$__cmdaid_slot/traps"; } 1<>"$__cmdaid_slot/traps"; else '
  if [[ $OSTYPE == linux* ]]; then
    __cmdaid_final+='{ builtin trap -p DEBUG >|/dev/fd/9; __cmdaid_prompt_otherwise /dev/fd/9; } 9<<<""; fi'
  else
    __cmdaid_final+='__cmdaid_prompt_otherwise /dev/fd/9 9<<<"$(builtin trap -p DEBUG)"; fi'
  fi
  __cmdaid_ps0='${__cmdaid_on:+${__cmdaid_on:0:$((__cmdaid_n+=1,__cmdaid_digit=(__cmdaid_digit+1)%10,'
  __cmdaid_ps0+='__cmdaid_added=HISTCMD-__cmdaid_history,__cmdaid_history=HISTCMD,__cmdaid_status=$?,'
  if ((__cmdaid_version >= 500)); then
    __cmdaid_ps0+='__cmdaid_armed=4,0))}${__cmdaid_spent:+${__cmdaid_on:0:$((__cmdaid_line_refused=$(__cmdaid_forked; builtin exit "$__cmdaid_status")+0,0))}'
    __cmdaid_ps0+='${__cmdaid_on:0:__cmdaid_line_refused}}}'
  else
    # The child inherits the trap, which is not armed yet.
    __cmdaid_ps0+='0))}${__cmdaid_on:0:$((__cmdaid_armed=4,__cmdaid_line_refused=$(builtin trap - DEBUG; __cmdaid_forked; builtin exit "$__cmdaid_status")+0,0))}'
    __cmdaid_ps0+='${__cmdaid_on:0:__cmdaid_line_refused}}'
  fi
  __cmdaid_ps0_last='${__cmdaid_on:+${__cmdaid_on:0:$((__cmdaid_armed==4?(__cmdaid_armed=1)*0:0))}}'
}
