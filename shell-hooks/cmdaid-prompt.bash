# shellcheck shell=bash disable=SC2154,SC2034
# What happens at each prompt, and the variables that make it happen, for bash 4.4 and newer. Loaded by cmdaid.bash.

# Others run a copy of PROMPT_COMMAND inside a function of theirs. Where ours is also in its place, the copy does nothing:
# it would give the person's DEBUG trap back too early.
# shellcheck disable=SC2016 # expanded by the prompt
__cmdaid_copied='[[ ${FUNCNAME-} && ! ${BLE_VERSION-} && ${PROMPT_COMMAND[*]} == *"$__cmdaid_final" ]] || '

# Takes the loadable builtin, from where the installation or this user has compiled it: loadable/build. A folder of somebody else
# than the installation is believed only if the file is this user's.
__cmdaid_native=
__cmdaid_load_native() {
  local file
  # Older ones have not been made to pass every test with it.
  [[ $OSTYPE == linux* ]] && ((__cmdaid_version >= 501)) || return 1
  for file in "$__cmdaid_source/loadable/cmdaid-bash.so" "${XDG_STATE_HOME:-${HOME-}/.local/state}/cmdaid/cmdaid-bash.so"; do
    [[ -f $file && ( $file == "$__cmdaid_source/"* || -O $file ) ]] || continue
    builtin enable -f "$file" __cmdaid_native __cmdaid_ended __cmdaid_prompt 2>/dev/null || continue
    if __cmdaid_native 1; then
      __cmdaid_native=1
      return 0
    fi
    builtin enable -d __cmdaid_native __cmdaid_ended __cmdaid_prompt
  done
  return 1
}

# First at each prompt: keeps what the line left behind, also for those who come after us.
__cmdaid_ended() {
  __cmdaid_status=$? __cmdaid_pipe=("${PIPESTATUS[@]}")
  return "$__cmdaid_status"
}

# Last at each prompt, unless all the line did was to be asked about, allowed and run.
__cmdaid_put_right() {
  local - IFS=' '
  set +aeux
  __cmdaid_due=
  __cmdaid_unshield
  [[ ! $__cmdaid_confirming ]] || __cmdaid_reason ''
  if ((__cmdaid_n != __cmdaid_shown)); then
    __cmdaid_after
    if [[ $__cmdaid_asked && $__cmdaid_ready ]]; then
      __cmdaid_tell E "$__cmdaid_status ${__cmdaid_pipe[*]}" "$__cmdaid_asked"
    fi
  elif [[ ! $__cmdaid_slot ]]; then
    __cmdaid_watch_exit
    ((__cmdaid_version < 500)) || __cmdaid_reach || :
  fi
  [[ $__cmdaid_ready ]] || ((__cmdaid_version >= 500)) || __cmdaid_follow
  [[ ! -s $__cmdaid_slot/note ]] || : >|"$__cmdaid_slot/note"
  ((!${#__cmdaid_seen[@]})) || __cmdaid_seen=()
  __cmdaid_lastpid=${!-} # under nounset an error in 4.4
  [[ $__cmdaid_proven || ! $__cmdaid_ready ]] || __cmdaid_canary
  __cmdaid_keep_prompt
}

# Before 5.0 children ask, and what they find out is lost with them, but for the note in the slot of this shell. Without one
# each would take one of its own, and tell the person anew.
__cmdaid_follow() {
  local slot=$__cmdaid_slot
  if ! __cmdaid_reach; then
    __cmdaid_lost
  elif [[ ! $slot ]] && ((__cmdaid_n != __cmdaid_shown)); then
    __cmdaid_said=
  fi
}

# The line has ended. Fd 1 is the request FIFO.
__cmdaid_tell_end() {
  if ! builtin read -t 0 -u 1 || __cmdaid_settle; then
    builtin printf '1E%d\0%s\0%s\0%d\0' "$__cmdaid_digit" "${PWD:0:4096}" "$__cmdaid_status ${__cmdaid_pipe[*]}" "$__cmdaid_n"
  else
    __cmdaid_hang
  fi
}

# A session that ends says so. Only when the person has no EXIT trap of their own; one set later replaces ours.
__cmdaid_watch_exit() {
  local text=
  if [[ $OSTYPE == linux* ]]; then
    # A here-string opened again for writing holds what a builtin prints: a command substitution would be a fork.
    {
      builtin trap -p EXIT >|/dev/fd/9
      builtin read -r -d '' -u 9 text
    } 9<<<''
  else
    text=$(builtin trap -p EXIT)
  fi
  [[ $text == *[![:space:]]* ]] || builtin trap '__cmdaid_bye' EXIT
}

__cmdaid_bye() {
  local - IFS=' '
  set +aeux
  if [[ $__cmdaid_ready && $__cmdaid_pid == "$BASHPID" ]] && builtin kill -0 "${__cmdaid_ready%% *}" 2>/dev/null; then
    __cmdaid_tell X '' "$__cmdaid_n"
  fi
}

# Puts our part of PS0 and PROMPT_COMMAND where it belongs, whatever others have done to them since; their type stays.
__cmdaid_keep_prompt() {
  local - IFS=' '
  set +aeux
  [[ ${PS0-} == "$__cmdaid_ps0"*"$__cmdaid_ps0_last" ]] || __cmdaid_place_ps0
  if ((__cmdaid_version >= 501)) && [[ ${PROMPT_COMMAND@a} == *a* ]]; then
    __cmdaid_place_elements
  else
    __cmdaid_place_lines
  fi
  __cmdaid_kept="$PS0 ${PROMPT_COMMAND[*]}"
}

# First, since after an expansion error nothing is expanded; and last, where there is something to tell from what others do.
__cmdaid_place_ps0() {
  __cmdaid_strip_ps0
  PS0=$__cmdaid_ps0$PS0$__cmdaid_ps0_last
}

__cmdaid_strip_ps0() {
  PS0=${PS0-}
  PS0=${PS0//"$__cmdaid_ps0"/}
  [[ ! $__cmdaid_ps0_last ]] || PS0=${PS0//"$__cmdaid_ps0_last"/}
}

__cmdaid_place_elements() {
  local text
  local -a others=()
  if [[ ${PROMPT_COMMAND[0]-} == "$__cmdaid_first_line" && ${PROMPT_COMMAND[-1]-} == "$__cmdaid_final" ]]; then
    text="${PROMPT_COMMAND[*]:1:${#PROMPT_COMMAND[@]}-2}"
    [[ $text == *__cmdaid_* ]] || return 0
  fi
  for text in "${PROMPT_COMMAND[@]}"; do
    # Others make one element of many lines, ours among them.
    __cmdaid_strip_prompt
    [[ ! $text ]] || others+=("$text")
  done
  PROMPT_COMMAND=("$__cmdaid_first_line" ${others[@]+"${others[@]}"} "$__cmdaid_final")
}

# Before 5.1 the first element of an array is all that bash runs.
__cmdaid_place_lines() {
  local text=${PROMPT_COMMAND-}
  [[ $text != "$__cmdaid_first_line"$'\n'*"$__cmdaid_final" ]] || return 0
  __cmdaid_strip_prompt
  # shellcheck disable=SC2178,SC2128 # here it is a string
  PROMPT_COMMAND=$__cmdaid_first_line$'\n'${text:+$text$'\n'}$__cmdaid_final
}

# Takes our lines out of `text`.
__cmdaid_strip_prompt() {
  text=${text//"$__cmdaid_first_line"$'\n'/}
  text=${text//$'\n'"$__cmdaid_first_line"/}
  text=${text//"$__cmdaid_first_line"/}
  text=${text//"$__cmdaid_final"$'\n'/}
  text=${text//$'\n'"$__cmdaid_final"/}
  text=${text//"$__cmdaid_final"/}
}

# A prompt where there is a ble.sh, until its file takes the place of this.
__cmdaid_ble_prompt() {
  local - aliases=''
  set +aeux
  builtin declare -F ble-attach >/dev/null || return 1
  ! builtin shopt -q expand_aliases || aliases=1
  builtin shopt -u expand_aliases
  builtin source "$__cmdaid_source/cmdaid-ble.bash"
  [[ ! $aliases ]] || builtin shopt -s expand_aliases
  __cmdaid_ble_prompt
}

# Leaves this shell as it was before: `__cmdaid_unload`.
__cmdaid_unload() {
  local name text=''
  ! builtin declare -F __cmdaid_ble_unload >/dev/null || __cmdaid_ble_unload
  __cmdaid_bye
  __cmdaid_disarm
  [[ ! $__cmdaid_native ]] || builtin enable -d __cmdaid_native __cmdaid_ended __cmdaid_prompt
  [[ $(builtin trap -p EXIT) != *__cmdaid_bye* ]] || builtin trap - EXIT
  __cmdaid_strip_ps0
  [[ $PS0 ]] || builtin unset PS0
  if ((__cmdaid_version >= 501)) && [[ ${PROMPT_COMMAND@a} == *a* ]]; then
    for name in "${!PROMPT_COMMAND[@]}"; do
      case ${PROMPT_COMMAND[name]} in "$__cmdaid_first_line" | "$__cmdaid_final") builtin unset "PROMPT_COMMAND[$name]" ;; esac
    done
    PROMPT_COMMAND=(${PROMPT_COMMAND[@]+"${PROMPT_COMMAND[@]}"})
  else
    text=${PROMPT_COMMAND-}
    __cmdaid_strip_prompt
    # shellcheck disable=SC2178,SC2128
    PROMPT_COMMAND=$text
    [[ $text ]] || builtin unset PROMPT_COMMAND
  fi
  for name in $(builtin compgen -A function __cmdaid_); do builtin unset -f "$name"; done
  for name in $(builtin compgen -v __cmdaid_); do builtin unset -v "$name"; done
}
