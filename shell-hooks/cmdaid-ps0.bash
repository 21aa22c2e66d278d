# shellcheck shell=bash disable=SC2154,SC2034
# Where PS0 can run a function in this shell: bash 5.3 and newer (cmdaid-5.3.bash), and any that takes the loadable builtin
# (cmdaid-native.bash). Loaded by cmdaid.bash.
#
# PS0 is expanded once for each complete command. An expansion error in it discards the command before any part of it runs.
# The DEBUG trap serves only for a line whose text is unknown, and is gone at the prompt.

__cmdaid_unknown=
__cmdaid_waiting=        # the trap is set, and not armed before PS0 runs no more commands of ours
__cmdaid_line_refused=-9 # a length that is an error, and unlike others of PS0 no reason to end under errexit
# What waits for the line to begin, once PS0 has been expanded: see cmdaid-debug.bash.
# shellcheck disable=SC2016 # expanded by the prompt
__cmdaid_ps0_last='${__cmdaid_waiting:+${__cmdaid_on:0:$((__cmdaid_armed==4?(__cmdaid_armed=1)*0:0))}}'

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
  __cmdaid_unknown='' __cmdaid_waiting=1 __cmdaid_due=1 __cmdaid_trap_argument=$1
  __cmdaid_find_trap "$2" "$-"
  # shellcheck disable=SC2064 # the text of their trap is what is wanted
  builtin trap "$__cmdaid_trap" DEBUG
  if [[ $__cmdaid_inherited ]]; then
    __cmdaid_traced=1
    builtin set -T
  fi
}

# The person's trap on DEBUG comes back last: it would fire for what follows.
__cmdaid_prompt_otherwise() {
  [[ ! ${BLE_VERSION-} ]] || ! __cmdaid_ble_prompt || return 0
  ((!__cmdaid_armed)) || __cmdaid_disarm
  __cmdaid_put_right
  __cmdaid_asked='' __cmdaid_refused='' __cmdaid_waiting='' __cmdaid_shown=$__cmdaid_n __cmdaid_history=$((HISTCMD))
  [[ ! -o allexport ]] || __cmdaid_unexport
  if [[ $__cmdaid_hushed ]]; then
    __cmdaid_hushed=
    builtin eval "$__cmdaid_chain"
  fi
}
