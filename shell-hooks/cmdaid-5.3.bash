# shellcheck shell=bash disable=SC2154,SC2034
# The prompt of bash 5.3 and newer, in a file of its own since older shells cannot read it. Loaded by cmdaid.bash.
#
# PS0 is expanded once for each complete command, in this shell, and `${|…;}` runs a function there without a fork. An
# expansion error in PS0 discards the command before any part of it runs. The DEBUG trap serves only for a line whose text
# is unknown, and is gone at the prompt.

__cmdaid_unknown=
__cmdaid_line_refused=-9 # a length that is an error, and unlike others of PS0 no reason to end under errexit

# shellcheck disable=SC2016 # expanded by the prompt
{
  __cmdaid_final=$'{\n[[ -z ${__cmdaid_on-} ]]\n} || '$__cmdaid_copied'__cmdaid_prompt'
  __cmdaid_ps0='${__cmdaid_on:+${|__cmdaid_line "$?" "$_"; builtin return "$__cmdaid_status";}'
  __cmdaid_ps0+='${__cmdaid_unknown:+${|__cmdaid_watch "$_" "${ builtin trap -p DEBUG;}"; builtin : "$__cmdaid_trap_argument"; '
  __cmdaid_ps0+='builtin return "$__cmdaid_status";}${__cmdaid_on:0:$((__cmdaid_armed=4,0))}}'
  __cmdaid_ps0+='${__cmdaid_refused:+${__cmdaid_on:0:__cmdaid_line_refused}}}'
  __cmdaid_ps0_last='${__cmdaid_on:+${__cmdaid_on:0:$((__cmdaid_armed==4?(__cmdaid_armed=1)*0:0))}}'
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

__cmdaid_line_otherwise() {
  __cmdaid_line_known || __cmdaid_unknown=1
  [[ ! -o allexport ]] || __cmdaid_unexport
}

__cmdaid_line_known() {
  local - IFS=''
  set +aeux
  __cmdaid_known || return 1
  __cmdaid_ask h
  __cmdaid_obey
}

# PS0: nobody knows what the line says. $1 is the argument before it, $2 what `trap -p DEBUG` prints.
__cmdaid_watch() {
  __cmdaid_unknown='' __cmdaid_due=1 __cmdaid_trap_argument=$1
  __cmdaid_find_trap "$2" "$-"
  __cmdaid_traced=1
  # shellcheck disable=SC2064 # the text of their trap is what is wanted
  builtin trap "$__cmdaid_trap" DEBUG
  builtin set -T # not armed before PS0 runs no more commands of ours
}

# Last at each prompt.
__cmdaid_prompt() {
  local IFS=' '
  if [[ $__cmdaid_due || $__cmdaid_asked != "$__cmdaid_n" || $- == *[aeux]* || ! -p $__cmdaid_slot/req ]] ||
    ! builtin [ "$PS0 ${PROMPT_COMMAND[*]}${BLE_VERSION-}" = "$__cmdaid_kept" ]; then
    __cmdaid_prompt_otherwise
    return 0
  fi
  __cmdaid_asked='' __cmdaid_shown=$__cmdaid_n __cmdaid_history=$((HISTCMD))
  __cmdaid_tell_end 1<>"$__cmdaid_slot/req"
}

__cmdaid_prompt_otherwise() {
  [[ ! ${BLE_VERSION-} ]] || ! __cmdaid_ble_prompt || return 0
  ((!__cmdaid_armed)) || __cmdaid_disarm
  if [[ $__cmdaid_hushed ]]; then
    __cmdaid_hushed=
    builtin eval "$__cmdaid_chain"
  fi
  __cmdaid_put_right
  __cmdaid_asked='' __cmdaid_refused='' __cmdaid_shown=$__cmdaid_n __cmdaid_history=$((HISTCMD))
}
