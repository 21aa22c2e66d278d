# shellcheck shell=bash disable=SC2154,SC2034
# A DEBUG trap that fires once for a line: when its first simple command is about to run, here or in a child of this shell.
# From then on it is gone, and the line runs without it, unless the text of the line is unknown: then each simple command
# is asked about. Who sets it, and when, is in cmdaid-5.2.bash and cmdaid-ps0.bash.

# 0: not armed; 1: armed by PS0; 2: asking about each simple command of a line whose text is unknown; 3: PS0 has asked,
# nothing to do but to go; 4: armed, but others may still be running commands from PS0.
__cmdaid_armed=0
__cmdaid_plain=0    # nothing of the person's is in the way: no DEBUG trap, no functrace
__cmdaid_unfired=   # the line ended without a simple command in this shell: only children, or function definitions
__cmdaid_spent=     # the trap has fired since the last prompt
__cmdaid_hushed=    # we have taken it away for the time of the prompt
__cmdaid_chain=     # the command that brings the person's own DEBUG trap back
__cmdaid_traced=    # functrace is on, and it was we who set it
__cmdaid_functrace= # the person had functrace on
__cmdaid_lastpid=   # $! at the prompt
__cmdaid_skipping=  # extdebug is on and each command up to the prompt is skipped
__cmdaid_trap_status=0 # of the command before, for the person's DEBUG trap
__cmdaid_trap_argument=
declare -gA __cmdaid_seen=()
# Our trap where there is none of the person's.
# shellcheck disable=SC2016 # expanded when it fires
__cmdaid_bare='((!__cmdaid_armed)) || __cmdaid_debug "$_"'
__cmdaid_inherited=1 # children inherit it
if ((__cmdaid_version < 500)); then
  # Inside of a function `break` ends the function's own loops only.
  __cmdaid_bare+=' || { builtin break 999; builtin [ ]; } 2>/dev/null'
  # After its trap a child of 4.4 takes the terminal, also one in the background, and the shell reads an end there. It
  # must not have the descriptor for that: the highest one, unless it was taken when the shell began.
  if [[ -t 255 && ! -t 254 ]]; then
    # shellcheck disable=SC2016
    __cmdaid_bare='((!BASH_SUBSHELL)) || __cmdaid_leave_terminal "$_"; '$__cmdaid_bare
  else
    __cmdaid_inherited=
  fi
fi
__cmdaid_trap=$__cmdaid_bare

# With `builtin` it would come back, and POSIX mode alone sees past a function of that name.
__cmdaid_leave_terminal() {
  if ! builtin declare -F exec >/dev/null || [[ -o posix ]]; then
    \exec 255>&-
  else
    builtin set -o posix
    \exec 255>&-
    builtin set +o posix
  fi
}

__cmdaid_return() {
  return "$1"
}

# First at a prompt of somebody with a DEBUG trap: takes it away until the line begins. Fired by what we do last at the
# prompt, it would be taken for the line: that is how bash-preexec and terminals find the first command.
__cmdaid_hush() {
  __cmdaid_status=$? __cmdaid_pipe=("${PIPESTATUS[@]}")
  builtin trap -p DEBUG 2>/dev/null >|"$__cmdaid_slot/traps" && builtin trap - DEBUG && __cmdaid_hushing "$-"
  return "$__cmdaid_status"
}

# $1 are the options of the person's.
__cmdaid_hushing() {
  local - text='' IFS=''
  set +aeux
  __cmdaid_due=1
  builtin read -r -d '' text <"$__cmdaid_slot/traps"
  builtin : >|"$__cmdaid_slot/traps"
  __cmdaid_find_trap "$text" "$1"
  [[ ! $text ]] || __cmdaid_hushed=1
}

# VS Code has put what stood in PROMPT_COMMAND into a function, where nobody sees its own trap.
__cmdaid_vscode_trap() {
  local name
  for name in __vsc_preexec_only __vsc_preexec_all; do
    ! builtin declare -F "$name" >/dev/null || text="trap -- '$name \"\$_\"' DEBUG"
  done
}

# What our trap has to be, given what `trap -p DEBUG` printed of the person's own, $1, and the options, $2. While ours is
# still there, since no line has run, nothing changes.
__cmdaid_find_trap() {
  local - text=$1 IFS=
  local -a words=()
  set +aeux
  text=${text#"${text%%[![:space:]]*}"}
  [[ $text == 'trap -- '* ]] || text=
  [[ $text || ${FUNCNAME[*]} != *__vsc_prompt_cmd_original* ]] || __cmdaid_vscode_trap
  # bash-preexec has just come, and took what we did at this prompt for the line.
  [[ $text != *__bp_preexec_invoke_exec* ]] || __bp_preexec_interactive_mode=on
  [[ $text || ! $__cmdaid_hushed ]] || return 0
  [[ $text != *__cmdaid_armed* ]] || return 0
  [[ $2 == *T* && ! $__cmdaid_traced ]] && __cmdaid_functrace=1 || __cmdaid_functrace=
  __cmdaid_chain=${text%$'\n'}
  [[ $text ]] && __cmdaid_enter=__cmdaid_hush || __cmdaid_enter=__cmdaid_ended
  __cmdaid_trap=$__cmdaid_bare
  __cmdaid_plain=$((${#text} == 0 && ${#__cmdaid_functrace} == 0))
  [[ $text ]] || return 0
  builtin eval "words=($text)"
  __cmdaid_trap="__cmdaid_trap_status=\$? __cmdaid_trap_argument=\$_
$__cmdaid_bare && {
[[ \${FUNCNAME-} && ! \$__cmdaid_functrace ]] || { __cmdaid_return \"\$__cmdaid_trap_status\" \"\$__cmdaid_trap_argument\"
${words[2]}
}
}"
}

# The first simple command of a line is about to run, here or in a child of this shell.
__cmdaid_debug() {
  if ((__cmdaid_plain && __cmdaid_armed == 1 && __cmdaid_added == 1 && !BASH_SUBSHELL && ${#FUNCNAME[@]} == 1)) &&
    [[ -o history && ! ${HISTTIMEFORMAT-} && $- != *[aeux]* && $BASH_COMMAND != "$__cmdaid_first" && ! -s $__cmdaid_slot/note ]]; then
    __cmdaid_armed=0 __cmdaid_spent=1 __cmdaid_traced=
    __cmdaid_ask_line __cmdaid_release
    [[ $__cmdaid_answer == run ]] || __cmdaid_verdict
  else
    __cmdaid_debug_otherwise
  fi
}

# Takes our trap away, where there is none of the person's.
__cmdaid_release() {
  builtin trap - DEBUG
  builtin set +T
}

__cmdaid_verdict() {
  __cmdaid_obey
  [[ $__cmdaid_refused ]] || return 0
  __cmdaid_refused=
  ((!BASH_SUBSHELL)) || __cmdaid_end_child
  __cmdaid_cancel
}

# A child whose line is refused. Where its failure would end the shell, it discards the rest of the line instead.
__cmdaid_end_child() {
  if [[ $- == *e* && $BASH_SUBSHELL == 1 ]] && ! __cmdaid_background && [[ ! $(builtin trap -p INT) ]]; then # a fork
    builtin kill -INT "$$"
    builtin exit 0
  fi
  builtin exit 126
}

__cmdaid_debug_otherwise() {
  [[ ! $__cmdaid_skipping || $BASH_COMMAND == "$__cmdaid_first" ]] || return 1
  if [[ $BASH_COMMAND == "$__cmdaid_first" ]]; then # the prompt already: nothing of the line fired in this shell
    __cmdaid_armed=0 __cmdaid_unfired=1 __cmdaid_due=1
    return 0
  fi
  if ((__cmdaid_armed == 4 && BASH_SUBSHELL)) && __cmdaid_prompting; then
    __cmdaid_armed=0
    return 0
  fi
  __cmdaid_due=1
  if ((__cmdaid_armed == 3)); then
    __cmdaid_disarm
    # The child that asked could not stop a line of a shell that traps INT.
    ! __cmdaid_noted || [[ $__cmdaid_answer != refuse ]] || __cmdaid_refused=1
  elif __cmdaid_known; then
    # Called by another trap, which took the place of ours and keeps its text: that trap stays.
    if ((${#FUNCNAME[@]} == 2)); then __cmdaid_disarm; else __cmdaid_step_aside; fi
    __cmdaid_preexec h
  elif ((${#FUNCNAME[@]} == 2)); then # what functions do is not the line's text
    __cmdaid_armed=2
    if [[ ! ${__cmdaid_seen["$BASH_COMMAND"]+x} ]]; then
      __cmdaid_digit=$(((__cmdaid_digit + 1) % 10))
      __cmdaid_preexec b "$BASH_COMMAND"
      __cmdaid_seen["$BASH_COMMAND"]=1
    fi
  fi
  [[ ! -o allexport ]] || __cmdaid_unexport
  if [[ $__cmdaid_refused ]]; then
    __cmdaid_refused=
    ((!BASH_SUBSHELL)) || __cmdaid_end_child
    __cmdaid_cancel
  fi
}

__cmdaid_disarm() {
  __cmdaid_armed=0 __cmdaid_spent=1 __cmdaid_traced=
  [[ $__cmdaid_functrace ]] || builtin set +T
  if [[ $__cmdaid_chain ]]; then builtin eval "$__cmdaid_chain"; else builtin trap - DEBUG; fi
}

__cmdaid_step_aside() {
  __cmdaid_armed=0 __cmdaid_spent=1 __cmdaid_traced=
  [[ $__cmdaid_functrace ]] || builtin set +T
}

# Under `set -a` each assignment exports, also those that PS0 makes.
__cmdaid_unexport() {
  declare +x -g __cmdaid_n __cmdaid_digit __cmdaid_added __cmdaid_history __cmdaid_armed __cmdaid_spent __cmdaid_unfired \
    __cmdaid_answer __cmdaid_byte __cmdaid_started __cmdaid_refused __cmdaid_status __cmdaid_trap_status \
    __cmdaid_trap_argument __cmdaid_seen __cmdaid_asked __cmdaid_shown __cmdaid_lastpid __cmdaid_due \
    __cmdaid_hushed __cmdaid_traced __cmdaid_enter __cmdaid_chain __cmdaid_trap __cmdaid_plain __cmdaid_functrace __cmdaid_kept __cmdaid_late \
    __cmdaid_text __cmdaid_key __cmdaid_marker __cmdaid_allowed __cmdaid_ready __cmdaid_alive __cmdaid_hung __cmdaid_stuck __cmdaid_said __cmdaid_aliases __cmdaid_generation \
    __cmdaid_skipping __cmdaid_line_refused __cmdaid_written __cmdaid_unknown __cmdaid_waiting
}

__cmdaid_preexec() {
  local - IFS=''
  set +aeux
  if ((!BASH_SUBSHELL)); then
    # A child that ran before us on the same line, `(a); b`, has asked: the person was told once.
    if [[ $1 == h ]] && __cmdaid_noted; then
      __cmdaid_asked=$__cmdaid_n
      [[ $__cmdaid_answer != refuse ]] || __cmdaid_refused=1
      return 0
    fi
    __cmdaid_ask "$@"
    __cmdaid_obey
  elif __cmdaid_background; then
    __cmdaid_apart "$@"
  else
    __cmdaid_ask "$@"
    __cmdaid_obey
    [[ ! $__cmdaid_refused ]] || __cmdaid_answer=refuse
    __cmdaid_note ''
  fi
}

# Whether the history tells what was typed: exactly one entry is new. Else the line was kept out of it (a leading blank, a
# duplicate, HISTIGNORE, `set +o history`) and its text is nowhere to be had; nor is it where the time stamps cannot be
# left out.
__cmdaid_known() {
  [[ -o history && $__cmdaid_added == 1 ]] || return 1
  [[ ! ${HISTTIMEFORMAT-} || ${HISTTIMEFORMAT@a} != *r* ]]
}

# Leaves word for the parent shell, whose variables a child cannot reach: n, and the answer to it (or $1 instead).
__cmdaid_note() {
  [[ ! -d $__cmdaid_slot ]] || builtin printf '%d %s\n' "$__cmdaid_n" "${1:-${__cmdaid_answer:-none}}" >|"$__cmdaid_slot/note"
}

# Whether a child has asked about line n (or one since the last prompt, for $1); sets __cmdaid_answer.
__cmdaid_noted() {
  local n='' answer='' IFS=' '
  [[ -s $__cmdaid_slot/note ]] || return 1
  builtin read -r n answer <"$__cmdaid_slot/note"
  [[ $n == "$__cmdaid_n" || ( ${1-} && $n -gt $__cmdaid_shown ) ]] || return 1
  __cmdaid_answer=${answer#none}
}

# Whether this child runs beside the shell: its process group does not own the terminal. Where the kernel does not tell,
# it is taken to run in the foreground.
__cmdaid_background() {
  local stat='' IFS=' '
  local -a fields
  [[ -r /proc/self/stat ]] || return 1
  builtin read -r stat </proc/self/stat
  set -f
  # shellcheck disable=SC2206 # splitting is what is wanted; the name before the parenthesis may hold blanks
  fields=(${stat##*) }) # state ppid pgrp session tty tpgid
  [[ ${fields[2]-} != "${fields[5]-}" ]]
}

# Whether PS0 has begun this child, and not the line: it is no job.
__cmdaid_prompting() {
  local stat='' shell='' IFS=' '
  [[ $- == *m* ]] || return 1
  if [[ ! -r /proc/self/stat ]]; then
    ! builtin kill -0 -- "-$BASHPID" 2>/dev/null
    return
  fi
  builtin read -r stat </proc/self/stat
  builtin read -r shell <"/proc/$$/stat"
  stat=${stat##*) } shell=${shell##*) } # state ppid pgrp
  stat=${stat#* * } shell=${shell#* * }
  [[ ${stat%% *} == "${shell%% *}" ]]
}

# A background child uses a session of its own: the shell may be asking about its next line at the same moment, and of two
# that read one FIFO either may get the other's answer. Without one of its own it tells that it was not asked.
__cmdaid_apart() {
  local slot=$__cmdaid_slot ready=$__cmdaid_ready n=$__cmdaid_n
  if [[ ! ${__cmdaid_alone-} ]]; then
    __cmdaid_alone=1
    __cmdaid_slot='' __cmdaid_ready='' __cmdaid_late='' __cmdaid_n=1
    if ! __cmdaid_queue; then
      __cmdaid_alone='' __cmdaid_slot=$slot __cmdaid_ready=$ready __cmdaid_n=$n
      [[ ! $ready ]] || __cmdaid_tell U '' "$n"
      __cmdaid_refused='' __cmdaid_answer=''
      __cmdaid_hung=${__cmdaid_hung:-$ready}
      __cmdaid_lost
      return 0
    fi
  fi
  __cmdaid_ask "$@"
  __cmdaid_obey
  [[ $1 != h ]] || __cmdaid_tell X '' 1
}

# Joins as soon as a slot is free, as long as for an answer: a hundred children that start at once take slots faster than
# the daemon makes them.
__cmdaid_queue() {
  local started=${EPOCHREALTIME-} left='' pause=1
  __cmdaid_questions=0
  until __cmdaid_reach; do
    # Nobody is there, or one that hangs: nothing to wait for.
    [[ -f $__cmdaid_dir/ready && ! $__cmdaid_hung ]] || return 1
    __cmdaid_left left "$started" || return 1
    builtin command -p sleep "0.0$pause" || return 1 # a fork, in a child that nobody waits for
    ((pause >= 5)) || ((pause *= 2))
  done
}

# The line has ended; settles what its asking left open.
__cmdaid_after() {
  if [[ ! $__cmdaid_unfired ]]; then
    [[ $__cmdaid_asked ]] || ! __cmdaid_noted since || __cmdaid_adopt
    return 0
  fi
  __cmdaid_unfired=
  if __cmdaid_noted; then
    __cmdaid_adopt
  elif [[ ${!-} != "$__cmdaid_lastpid" ]]; then
    ((__cmdaid_n -= 1)) || builtin : # `( … ) &` has a session of its own
  else
    __cmdaid_defined
  fi
}

# A child asked for us.
__cmdaid_adopt() {
  if [[ $__cmdaid_answer ]]; then
    __cmdaid_asked=$__cmdaid_n
    __cmdaid_said='' __cmdaid_hung='' __cmdaid_late=''
  else
    __cmdaid_said=1
    [[ $__cmdaid_ready ]] || return 0
    __cmdaid_late=$__cmdaid_n
    __cmdaid_hang
  fi
}

# The line defined functions and did nothing else; no trap fires for that. Asked now, and undone when refused.
__cmdaid_defined() {
  local text='' name
  if ! __cmdaid_known; then
    __cmdaid_asked=$__cmdaid_n # its end alone tells the daemon that a line was not asked
    return 0
  fi
  __cmdaid_ask h
  __cmdaid_obey
  [[ $__cmdaid_refused ]] || return 0
  __cmdaid_refused=
  text=$(HISTTIMEFORMAT='' builtin history 1)
  while [[ $text =~ (function[[:space:]]+)?([^[:space:]\;\&\|\(\)\{\}\<\>]+)[[:space:]]*(\([[:space:]]*\)|[[:space:]\{])(.*) ]]; do
    name=${BASH_REMATCH[2]}
    if [[ ${BASH_REMATCH[1]} || ${BASH_REMATCH[3]} == \(* ]] && declare -F "$name" >/dev/null; then
      builtin unset -f "$name"
    fi
    text=${BASH_REMATCH[4]}
  done
}

# Without functrace a DEBUG trap can be removed only by a function that inherits it.
declare -ft __cmdaid_debug __cmdaid_debug_otherwise __cmdaid_disarm __cmdaid_hush
