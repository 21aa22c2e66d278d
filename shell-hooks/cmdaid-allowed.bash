# shellcheck shell=bash disable=SC2154,SC2034,SC2094
# Asking about a line that the history tells, for bash 5.2 and newer: what was allowed before is not waited for again. Older
# ones read a file byte by byte. Loaded by cmdaid.bash.

__cmdaid_marker= # exists while what is remembered counts; empty: nothing is remembered
__cmdaid_text=
__cmdaid_key=
declare -gA __cmdaid_allowed=() # directory and line of what was allowed under this policy

# __cmdaid_ask_line [FUNCTION]: like `__cmdaid_ask h '' FUNCTION`. The text goes through the file `cmd` and back, and is sent from
# there when it is long.
__cmdaid_ask_line() {
  __cmdaid_answer='' __cmdaid_byte='' __cmdaid_started=${EPOCHREALTIME-}
  # The marker is not there without its daemon.
  if [[ $__cmdaid_ready && $__cmdaid_marker && -e $__cmdaid_marker && -p $__cmdaid_slot/req ]] || __cmdaid_without_marker; then
    builtin [ "$BASHOPTS ${!BASH_ALIASES[*]}=${BASH_ALIASES[*]}" = "$__cmdaid_aliases" ] || __cmdaid_tell_aliases
    {
      builtin printf '\n' && builtin history 1
      builtin printf '\0'
      IFS='' builtin read -r -d '' -n 1000 -u 8 __cmdaid_text
      # See __cmdaid_ask.
      builtin declare -F exec || exec 1<>"$__cmdaid_slot/req"
      if [[ -p /dev/fd/1 ]]; then __cmdaid_exchange_line "$@"; else __cmdaid_exchange_line "$@" 1<>"$__cmdaid_slot/req"; fi
    } 1<>"$__cmdaid_slot/cmd" 8<"$__cmdaid_slot/cmd"
    if builtin [ "$__cmdaid_byte" = "${__cmdaid_run:__cmdaid_digit:1}" ]; then
      __cmdaid_answer=run __cmdaid_asked=$__cmdaid_n
      [[ ! $__cmdaid_said ]] || __cmdaid_back
    else
      __cmdaid_answered
    fi
  else
    "${1-:}"
    __cmdaid_lost
  fi
}

__cmdaid_without_marker() {
  [[ $__cmdaid_ready && -e $__cmdaid_alive && -p $__cmdaid_slot/req ]] || __cmdaid_reach || return 1
  [[ ! $__cmdaid_marker || -e $__cmdaid_marker ]] || __cmdaid_learn
}

# The request FIFO is fd 1. What was allowed before needs no other one, and little code: see cmdaid.bash.
__cmdaid_exchange_line() {
  __cmdaid_text=${__cmdaid_text#*[0-9][ \*] }
  __cmdaid_text=${__cmdaid_text%$'\n'}
  __cmdaid_key="${#PWD} $PWD$__cmdaid_text"
  if [[ $__cmdaid_marker && ! $__cmdaid_said && ${__cmdaid_allowed["$__cmdaid_key"]-} ]] && ! builtin read -t 0 -u 1; then
    builtin printf '1A%d\0%s\0%s\0%d p%s\0' "$__cmdaid_digit" "$PWD" "$__cmdaid_text" "$__cmdaid_n" "$__cmdaid_generation"
    __cmdaid_byte=${__cmdaid_run:__cmdaid_digit:1}
    "${1-:}"
  else
    __cmdaid_exchange_new "$@" 9<>"$__cmdaid_slot/rep"
  fi
}

# The same for a line that is asked about, with the answer FIFO as fd 9.
__cmdaid_exchange_new() {
  # ALLOW_CACHE_LENGTH_MAX of src/core/limits.ts: what is longer goes by the file
  if ((${#__cmdaid_key} > 900)); then
    __cmdaid_exchange h '' "$@"
  elif ! builtin read -t 0 -u 1 || __cmdaid_settle; then
    builtin printf '1Q%d\0%s\0%s\0%d p%s\0' "$__cmdaid_digit" "$PWD" "$__cmdaid_text" "$__cmdaid_n" "$__cmdaid_generation"
    "${1-:}"
    builtin read -r -N 1 -t "$__cmdaid_wait" -u 9 __cmdaid_byte
    [[ ! $__cmdaid_marker ]] || __cmdaid_allow
  else
    "${1-:}"
  fi
}

# What was answered with "run it".
__cmdaid_allow() {
  builtin [ "$__cmdaid_byte" = "${__cmdaid_run:__cmdaid_digit:1}" ] || return 0
  ((${#__cmdaid_allowed[@]} < 256)) || __cmdaid_allowed=() # ALLOW_CACHE_LINES_MAX
  __cmdaid_allowed["$__cmdaid_key"]=1
}

# Forgets what was allowed, and learns what says that the policy of now is in force.
__cmdaid_learn() {
  local ready=''
  __cmdaid_allowed=() __cmdaid_marker=''
  { IFS='' builtin read -r ready <"$__cmdaid_dir/ready"; } 2>/dev/null || return 0
  builtin [ "${ready%% *}" = "${__cmdaid_ready%% *}" ] || return 0
  [[ ! -e $__cmdaid_dir/allow/${ready/ /.} ]] || __cmdaid_marker=$__cmdaid_dir/allow/${ready/ /.}
}
