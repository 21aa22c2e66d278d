# shellcheck shell=bash disable=SC2154,SC2034
# The prompt of bash 5.3 and newer, where `${|…;}` in PS0 runs a function in this shell without a fork. Loaded by cmdaid.bash
# after cmdaid-ps0.bash.

# shellcheck disable=SC2016 # expanded by the prompt
{
  __cmdaid_final=$'{\n[[ -z ${__cmdaid_on-} ]]\n} || '$__cmdaid_copied'__cmdaid_prompt'
  __cmdaid_ps0='${__cmdaid_on:+${|__cmdaid_line "$?" "$_"; builtin return "$__cmdaid_status";}'
  __cmdaid_ps0+='${__cmdaid_unknown:+${|__cmdaid_watch "$_" "${ builtin trap -p DEBUG;}"; builtin : "$__cmdaid_trap_argument"; '
  __cmdaid_ps0+='builtin return "$__cmdaid_status";}${__cmdaid_on:0:$((__cmdaid_armed=4,0))}}'
  __cmdaid_ps0+='${__cmdaid_refused:+${__cmdaid_on:0:__cmdaid_line_refused}}}'
}

# PS0: a complete command was read and has not begun. $1 is the status before it, which others in PS0 want to see.
__cmdaid_line() {
  __cmdaid_refused='' __cmdaid_status=$1
  ((__cmdaid_n += 1, __cmdaid_digit = (__cmdaid_digit + 1) % 10, __cmdaid_added = HISTCMD - __cmdaid_history, __cmdaid_history = HISTCMD))
  if [[ $__cmdaid_added == 1 && -o history && ! ${HISTTIMEFORMAT-} && $- != *[aeux]* ]]; then
    __cmdaid_ask_line
    [[ $__cmdaid_answer == run ]] || __cmdaid_obey
  else
    __cmdaid_line_otherwise
  fi
}

# Last at each prompt.
__cmdaid_prompt() {
  local IFS=' '
  if [[ $__cmdaid_due || $__cmdaid_asked != "$__cmdaid_n" || $- == *[aeux]* || ! -p $__cmdaid_slot/req ]] ||
    ! builtin [ "$PS0 ${PROMPT_COMMAND[*]}${BLE_VERSION-}" = "$__cmdaid_kept" ]; then
    __cmdaid_prompt_otherwise
    return 0
  fi
  __cmdaid_asked='' __cmdaid_shown=$__cmdaid_n __cmdaid_history=$((HISTCMD)) __cmdaid_lastpid=${!-}
  __cmdaid_tell_end 1<>"$__cmdaid_slot/req"
}
