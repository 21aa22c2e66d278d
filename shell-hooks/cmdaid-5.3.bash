# shellcheck shell=bash disable=SC2154
# The part of cmdaid.bash for bash 5.3 and newer, in a file of its own since older shells cannot read it.
#
# PS0 is expanded once for each complete command, in this shell, and `${ …; }` runs a function there without a fork.
# An expansion error in PS0 discards the command before any part of it runs. The DEBUG trap serves only for a line
# whose text is unknown, and is gone at the prompt.

# shellcheck disable=SC2016,SC2034
{
  __cmdaid_final='[[ ! ${__cmdaid_on-} ]] || __cmdaid_arm "${ builtin trap -p DEBUG; }"'
  __cmdaid_ps0='${__cmdaid_on:+${ __cmdaid_line "$_" >&2; }${__cmdaid_refused:+${__cmdaid_stop:?refused}}}'
}

# Last at each prompt.
__cmdaid_arm() {
  local functrace=$- - IFS=''
  set +aeux
  __cmdaid_refused=
  if [[ $1 == *__cmdaid_armed* ]]; then
    __cmdaid_disarm
  else
    __cmdaid_chain=$1
    [[ $functrace == *T* ]] && __cmdaid_functrace=1 || __cmdaid_functrace=
  fi
  __cmdaid_armed=0
  ((!${#__cmdaid_seen[@]})) || __cmdaid_seen=()
  __cmdaid_history=$((HISTCMD))
  __cmdaid_keep_prompt
}

# PS0: a complete command was read and has not begun.
__cmdaid_line() {
  __cmdaid_refused=
  __cmdaid_read || builtin :
  if ((__cmdaid_armed)); then builtin set -T; fi
  [[ ! -o allexport ]] || __cmdaid_unexport
}

__cmdaid_read() {
  local -
  set +aeux
  ((__cmdaid_n += 1))
  __cmdaid_digit=$(((__cmdaid_digit + 1) % 10))
  __cmdaid_added=$((HISTCMD - __cmdaid_history))
  __cmdaid_history=$((HISTCMD))
  if __cmdaid_known; then
    __cmdaid_ask h
    __cmdaid_obey
  else
    __cmdaid_armed=1
    builtin trap '((!__cmdaid_armed)) || __cmdaid_debug "$_"' DEBUG
  fi
}
