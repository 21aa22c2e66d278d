# shellcheck shell=bash disable=SC2154,SC2034
# The prompt of a bash that has taken the loadable builtin (loadable/cmdaid_bash.c). Loaded by cmdaid.bash after
# cmdaid-ps0.bash.
#
# To expand `__cmdaid_line` is to ask about the line. The builtins `__cmdaid_ended` and `__cmdaid_prompt` stand for the
# functions of these names. What is not everyday they leave to the functions here, which they run in this shell.

builtin unset -f __cmdaid_ended
__cmdaid_leave=__cmdaid_prompt # an exported PROMPT_COMMAND reaches shells that have none of this
# shellcheck disable=SC2016 # expanded by the prompt
{
  __cmdaid_first='"${__cmdaid_enter-:}" "$_" "$?" "${PIPESTATUS[@]}"'
  __cmdaid_first_line=$'{\n'$__cmdaid_first$'\n} && :'
  __cmdaid_final=$'{\n"${__cmdaid_leave-:}" "$PS0" "${PROMPT_COMMAND[@]}"\n} || __cmdaid_prompt_otherwise'
  __cmdaid_ps0='${__cmdaid_on:+${__cmdaid_on:0:$__cmdaid_line}}'
}

# The answer was not simply to run the line, or none came.
__cmdaid_judged() {
  local - IFS=''
  set +aeux
  __cmdaid_answer=
  # Where somebody has unset the clock it is not told how long the wait was: over.
  [[ $__cmdaid_byte || $__cmdaid_started ]] || __cmdaid_questions=60000
  __cmdaid_answered
  __cmdaid_obey
}

# The line is not an everyday one. $1 is the argument before it.
__cmdaid_line_native() {
  __cmdaid_trap_argument=$1
  __cmdaid_line_known || __cmdaid_unknown=1
}

# At the prompt: the person has a trap on DEBUG, of which nobody knew.
__cmdaid_meet_trap() {
  local text='' IFS=''
  builtin read -r -d '' text </dev/fd/9 || builtin :
  __cmdaid_find_trap "$text" "$-"
}

# A trap is set by a command of PS0's own: in a function `trap -p` would not print the person's.
__cmdaid_watch_native() {
  local text='' IFS=''
  builtin read -r -d '' text </dev/fd/9 || builtin :
  __cmdaid_watch "$__cmdaid_trap_argument" "$text"
  __cmdaid_armed=4
}
