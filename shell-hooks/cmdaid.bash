# shellcheck shell=bash
# cmdaid for interactive bash: each command line is judged by the daemon before any part of it runs.
#
# What a hook may and may not do is in docs/format/hook.md, with the protocol. How a line is stopped depends on the bash:
#   5.3 and newer  PS0 runs a function in this shell; an expansion error in PS0 discards the line (cmdaid-5.3.bash)
#   5.2            PS0 arms a DEBUG trap that fires once, at the first simple command; SIGINT to ourselves discards the line
#   4.4 to 5.1     PS0 forks a child that asks; SIGINT from it discards the line
#   older          not supported: nothing is loaded
# Nothing here forks for each command on 5.2 and newer, nothing writes where it could block, and nothing waits longer
# than 50 ms, once, for a daemon that does not answer.

[[ $- == *i* ]] || \return 0
if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 404)); then
  \builtin printf 'cmdaid: bash %s is too old (4.4 or newer is needed): commands run unchecked\n' "$BASH_VERSION" >&2
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
  __cmdaid_undo+='builtin shopt -s expand_aliases; '
  \builtin shopt -u expand_aliases
fi

__cmdaid_version=$((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))
__cmdaid_pid=$$
# The rule of src/core/paths.ts.
if [[ ${XDG_RUNTIME_DIR-} ]]; then
  __cmdaid_dir=$XDG_RUNTIME_DIR/cmdaid
elif [[ $OSTYPE == darwin* && ${TMPDIR-} ]]; then
  __cmdaid_dir=${TMPDIR%/}/cmdaid
else
  __cmdaid_dir=/tmp/cmdaid-$EUID
fi
__cmdaid_wait=0.050000 # seconds to wait for an answer, six decimals: HOOK_WAIT_MS of src/core/limits.ts
__cmdaid_on=1       # PS0 and PROMPT_COMMAND may be exported: in a shell without this variable they do nothing
__cmdaid_slot=      # our session's folder, once we have one
__cmdaid_ready=     # the line of `ready` of the daemon we talk to; empty: nobody to talk to
__cmdaid_hung=      # the same of a daemon that let us wait
__cmdaid_said=      # the person was told that protection is lost
__cmdaid_n=0        # command lines so far, also those that nobody was asked about
__cmdaid_digit=0    # of the last ask
__cmdaid_asked=     # n of a line that was asked and has not ended
__cmdaid_late=      # n of the line whose answer did not come in time
__cmdaid_confirming= # n of a confirm that waits for the person
__cmdaid_answer=
__cmdaid_refused=
__cmdaid_questions=0
__cmdaid_stuck=     # the request FIFO is not being read
__cmdaid_history=0  # HISTCMD before the line was typed
__cmdaid_added=0    # entries that the line added to the history
__cmdaid_int=       # the person's INT trap while it is out of the way
__cmdaid_shown=0    # n when the prompt was last shown
# The letters of each answer, in the order of the sequence digits.
__cmdaid_run=abcdefghij
__cmdaid_warn=klmnopqrst
__cmdaid_refuse=ABCDEFGHIJ
__cmdaid_confirm=KLMNOPQRST

# --- the channel ------------------------------------------------------------------------------------------------------

# Whether there is a daemon to ask. Two system calls when all is well; never a wait, never a fork.
__cmdaid_reach() {
  if [[ $__cmdaid_ready ]]; then
    if builtin kill -0 "${__cmdaid_ready%% *}" 2>/dev/null && [[ -p $__cmdaid_slot/req ]]; then return 0; fi
    __cmdaid_ready=
  fi
  # A folder of another user (after sudo or su) is not ours to use, and a link in /tmp could lead anywhere.
  [[ -O $__cmdaid_dir && ! -L $__cmdaid_dir && -f $__cmdaid_dir/ready ]] || return 1
  local ready=
  { IFS= builtin read -r ready <"$__cmdaid_dir/ready"; } 2>/dev/null || return 1
  [[ $ready =~ ^[0-9]+\ [0-9]+$ ]] || return 1
  builtin kill -0 "${ready%% *}" 2>/dev/null || return 1
  # One that let us wait is back when it answers, or when it took our slot away: then it needs a new hello.
  if [[ $ready == "$__cmdaid_hung" && -p $__cmdaid_slot/req ]]; then
    __cmdaid_drain || return 1
  fi
  __cmdaid_join || return 1
  __cmdaid_ready=$ready
  __cmdaid_hung=
  [[ ! $__cmdaid_late ]] || __cmdaid_tell U '' "$__cmdaid_late"
  __cmdaid_late=
}

# Takes what lies in the answer FIFO; whether anything did. A byte nobody waits for means that the daemon is back.
__cmdaid_drain() {
  local byte found=1
  [[ -p $__cmdaid_slot/rep ]] || return 1
  {
    while builtin read -t 0; do
      builtin read -r -n 1 -t 0.01 byte || break
      found=0
    done
  } 0<>"$__cmdaid_slot/rep"
  return "$found"
}

# Makes one of the daemon's free slots ours: whoever creates `claimed` (O_EXCL, by noclobber) has it.
__cmdaid_join() {
  [[ $__cmdaid_slot && -p $__cmdaid_slot/req && -p $__cmdaid_slot/rep ]] && return 0
  local - slot failglob='' IFS=''
  set -C +f
  if builtin shopt -q failglob; then
    failglob=1
    builtin shopt -u failglob
  fi
  __cmdaid_slot=
  for slot in "$__cmdaid_dir"/s/[0-9a-f]*; do
    [[ ! -e $slot/claimed && -p $slot/req && -p $slot/rep ]] || continue
    { builtin printf '%d\n' "$BASHPID" >"$slot/claimed"; } 2>/dev/null || continue
    __cmdaid_slot=$slot
    break
  done
  [[ ! $failglob ]] || builtin shopt -s failglob
  [[ $__cmdaid_slot ]] || return 1
  __cmdaid_hello
}

__cmdaid_hello() {
  local name tty='\l' login=0 markers='' IFS=,
  local -a marked=()
  for name in AGENT AI_AGENT AMP_CURRENT_THREAD_ID ANTIGRAVITY_AGENT AUGMENT_AGENT CLAUDECODE CLAUDE_CODE_ENTRYPOINT \
    CODEX_SANDBOX CODEX_THREAD_ID COPILOT_AGENT CURSOR_AGENT GEMINI_CLI GOOSE_TERMINAL OPENCODE BUILDKITE CI CIRCLECI \
    GITHUB_ACTIONS GITLAB_CI JENKINS_URL; do
    [[ ! ${!name+x} ]] || marked+=("$name")
  done
  markers="${marked[*]-}"
  tty=${tty@P} # the terminal's name without its folder: a prompt escape, since the `tty` program would be a fork
  [[ $tty != +([0-9]) ]] || tty=pts/$tty
  builtin shopt -q login_shell && login=1
  __cmdaid_tell H "shell=bash
version=$BASH_VERSION
pid=$BASHPID
ppid=$PPID
tty=$tty
interactive=1
login=$login
options=$-
markers=$markers
hook=1" 0
}

# __cmdaid_tell TYPE TEXT EXTRA: one frame that nobody answers. Dropped when earlier ones still lie unread: an open FIFO
# with nothing in it takes at least 4 KiB, one that somebody filled would block this shell.
__cmdaid_tell() {
  [[ -p $__cmdaid_slot/req ]] || return 0
  {
    if builtin read -t 0 -u 1; then __cmdaid_settle; fi
    if [[ ! $__cmdaid_stuck ]]; then
      builtin printf '1%s%d\0%s\0%s\0%s\0' "$1" "$__cmdaid_digit" "${PWD:0:4096}" "$2" "$3"
    fi
  } 1<>"$__cmdaid_slot/req"
  [[ ! $__cmdaid_stuck ]] || __cmdaid_hang
}

# Gives the daemon as long as for an answer to read what lies in the request FIFO (our fd 1). Usually it is just reading
# the end of the line before.
__cmdaid_settle() {
  local started=${EPOCHREALTIME-} left='' byte pause=1
  while builtin read -t 0 -u 1; do
    if ! __cmdaid_left left "$started"; then
      __cmdaid_stuck=1
      break
    fi
    # A sleep without a fork; a byte that comes now is an old answer. Ever longer ones: on a busy machine a hundred shells
    # that look every tenth of a millisecond leave the daemon no time to read.
    builtin read -r -n 1 -t "0.00$((pause / 10))$((pause % 10))" byte || :
    ((pause >= 50)) || ((pause *= 2))
  done
} 0<>"$__cmdaid_slot/rep"

__cmdaid_hang() {
  __cmdaid_stuck=
  __cmdaid_hung=$__cmdaid_ready
  __cmdaid_ready=
}

# __cmdaid_ask FORM [TEXT]: asks whether line n may run; form h takes the text from the history. Sets __cmdaid_answer to
# run, warn, refuse or confirm, or to nothing when there is no verdict.
__cmdaid_ask() {
  local IFS='' type=Q text=${2-} byte='' started left=$__cmdaid_wait
  __cmdaid_answer=
  if ! __cmdaid_reach; then
    __cmdaid_lost 'the daemon is not running'
    return 0
  fi
  [[ $1 != b ]] || __cmdaid_digit=$(((__cmdaid_digit + 1) % 10))
  # How long the history's text is cannot be known before it is printed, and a long one could block in a FIFO: so it
  # goes through a file, whose end is a NUL (truncating a file costs more than the whole ask on some file systems).
  if [[ $1 == h ]]; then
    type=S
    {
      builtin printf '\n'
      if [[ ${HISTTIMEFORMAT-} ]]; then HISTTIMEFORMAT='' builtin history 1; else builtin history 1; fi
      builtin printf '\0'
    } 1<>"$__cmdaid_slot/cmd"
  elif ((${#text} > 2048)); then
    type=S
    builtin printf '%s\0' "$text" 1<>"$__cmdaid_slot/cmd"
    text=
  fi
  started=${EPOCHREALTIME-}
  __cmdaid_questions=0
  {
    if builtin read -t 0 -u 1; then __cmdaid_settle; fi
    if [[ ! $__cmdaid_stuck ]]; then
      builtin printf '1%s%d\0%s\0%s\0%d %s\0' "$type" "$__cmdaid_digit" "${PWD:0:4096}" "$text" "$__cmdaid_n" "$1"
      while builtin read -r -n 1 -t "$left" byte; do
        case $byte in
          "${__cmdaid_run:__cmdaid_digit:1}") __cmdaid_answer=run ;;
          "${__cmdaid_warn:__cmdaid_digit:1}") __cmdaid_answer=warn ;;
          "${__cmdaid_refuse:__cmdaid_digit:1}") __cmdaid_answer=refuse ;;
          "${__cmdaid_confirm:__cmdaid_digit:1}") __cmdaid_answer=confirm ;;
          *) # the answer to an earlier ask: read on, but no longer than for one
            __cmdaid_left left "$started" || break
            continue
            ;;
        esac
        break
      done
    fi
  } 0<>"$__cmdaid_slot/rep" 1<>"$__cmdaid_slot/req"
  if [[ $__cmdaid_answer ]]; then
    __cmdaid_asked=$__cmdaid_n
    if [[ $__cmdaid_said ]]; then
      __cmdaid_said=
      builtin printf 'cmdaid: commands are checked again\n' >&2
    fi
  else
    __cmdaid_late=$__cmdaid_n
    __cmdaid_hang
    __cmdaid_lost 'the daemon does not answer'
  fi
}

# __cmdaid_left VARIABLE STARTED: seconds left of the wait that began at STARTED, or failure. Without a clock (before 5.0)
# it ends after as many questions as it has milliseconds.
__cmdaid_left() {
  local micros=10#${__cmdaid_wait/./}
  if [[ $2 ]]; then
    micros=$((micros - (${EPOCHREALTIME/[.,]/} - ${2/[.,]/})))
  else
    micros=$((micros - 1000 * ++__cmdaid_questions))
  fi
  if ((micros <= 0)); then
    __cmdaid_questions=0
    return 1
  fi
  builtin printf -v "$1" '%d.%06d' "$((micros / 1000000))" "$((micros % 1000000))"
}

__cmdaid_lost() {
  [[ ! $__cmdaid_said ]] || return 0
  __cmdaid_said=1
  builtin printf 'cmdaid: %s: commands run unchecked\n' "$1" >&2
}

# --- the verdict ------------------------------------------------------------------------------------------------------

# Does what the answer says; sets __cmdaid_refused when the line must not run.
__cmdaid_obey() {
  __cmdaid_refused=
  case $__cmdaid_answer in
    warn) __cmdaid_explain ;;
    refuse)
      __cmdaid_explain
      __cmdaid_refused=1
      ;;
    confirm)
      __cmdaid_explain
      __cmdaid_confirm
      ;;
  esac
}

__cmdaid_explain() {
  local why='' line IFS=''
  { builtin read -r -d '' -n 4096 why <"$__cmdaid_slot/why"; } 2>/dev/null
  why=${why%$'\n'}
  while [[ $why ]]; do
    line=${why%%$'\n'*}
    builtin printf 'cmdaid: %s\n' "${line#cmdaid: }"
    [[ $why == *$'\n'* ]] || break
    why=${why#*$'\n'}
  done >&2
}

# Asks the person for a reason. None, Ctrl-C or no terminal: the line does not run.
__cmdaid_confirm() {
  local reason='' IFS=''
  __cmdaid_confirming=$__cmdaid_n
  ((BASH_SUBSHELL)) || __cmdaid_shield
  {
    builtin printf 'cmdaid: reason (empty to cancel): '
    builtin read -r reason || reason=
  } 2>/dev/null 0</dev/tty 1>/dev/tty || reason=
  __cmdaid_unshield
  [[ $reason == *[![:space:]]* ]] || __cmdaid_refused=1
  __cmdaid_reason "${reason:0:1000}"
}

__cmdaid_reason() {
  __cmdaid_tell R "$1" "$__cmdaid_confirming"
  __cmdaid_confirming=
}

# Takes the person's trap on INT out of the way, until the next prompt at the latest: Ctrl-C would run it and no more.
__cmdaid_shield() {
  __cmdaid_int=$(builtin trap -p INT) # a fork, on paths where a person is waited for or a line refused
  [[ ! $__cmdaid_int ]] || builtin trap - INT
}

__cmdaid_unshield() {
  [[ ! $__cmdaid_int ]] || builtin eval "$__cmdaid_int"
  __cmdaid_int=
}

# Discards the rest of the line from inside a trap: the main loop keeps a user's interrupt.
__cmdaid_cancel() {
  __cmdaid_shield
  builtin kill -INT "$$"
}

# --- around each line -------------------------------------------------------------------------------------------------

# Whether the history tells what was typed: exactly one entry is new. Else the line was kept out of it (a leading blank, a
# duplicate, HISTIGNORE, `set +o history`) and its text is nowhere to be had.
__cmdaid_known() {
  [[ -o history && $__cmdaid_added == 1 ]]
}

# Leaves word for the parent shell, whose variables a child cannot reach: n, and the answer to it (or $1 instead).
__cmdaid_note() {
  [[ ! -d $__cmdaid_slot ]] || builtin printf '%d %s\n' "$__cmdaid_n" "${1:-${__cmdaid_answer:-none}}" >|"$__cmdaid_slot/note"
}

# Whether a child has asked about line n (or one since the last prompt, for $1); sets __cmdaid_answer.
__cmdaid_noted() {
  local n='' answer='' IFS=' '
  [[ -f $__cmdaid_slot/note ]] || return 1
  builtin read -r n answer <"$__cmdaid_slot/note"
  [[ $n == "$__cmdaid_n" || ( ${1-} && $n -gt $__cmdaid_shown ) ]] || return 1
  __cmdaid_answer=${answer#none}
}

# First at each prompt: the line has ended.
__cmdaid_precmd() {
  local status=$? pipe=("${PIPESTATUS[@]}")
  local - IFS=' '
  set +aeux
  __cmdaid_unshield
  [[ ! $__cmdaid_confirming ]] || __cmdaid_reason ''
  if ((__cmdaid_n != __cmdaid_shown)); then
    __cmdaid_after
    if [[ $__cmdaid_asked && $__cmdaid_ready ]]; then
      __cmdaid_tell E "$status ${pipe[*]}" "$__cmdaid_asked"
    fi
    __cmdaid_asked=
    __cmdaid_shown=$__cmdaid_n
  elif [[ ! $__cmdaid_slot ]]; then
    __cmdaid_reach || :
    __cmdaid_watch_exit
  fi
  return "$status"
}

# A session that ends says so. Only when the person has no EXIT trap of their own; one set later replaces ours.
__cmdaid_watch_exit() {
  local text=
  if [[ $OSTYPE == linux* ]]; then
    # A here-string opened again for writing holds what a builtin prints: a command substitution would be a fork.
    {
      builtin trap -p EXIT >/dev/fd/9
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

# --- 5.2: a DEBUG trap that fires once --------------------------------------------------------------------------------
# It is set at the prompt, with functrace so that `( … )` and `{ … } &` inherit it, armed by PS0, and gone from its first
# firing on: the line itself runs without it. __cmdaid_armed is 0 (not armed), 1 (armed by PS0), 2 (asking about each
# simple command of a line whose text is unknown) or 3 (PS0 has asked, nothing to do but to go).

__cmdaid_armed=0
__cmdaid_unfired=   # the line ended without a simple command in this shell: only children, or function definitions
__cmdaid_spent=     # the trap has fired since the last prompt
__cmdaid_chain=     # the command that brings the person's own DEBUG trap back
__cmdaid_functrace= # the person had functrace on
__cmdaid_lastpid=   # $! at the prompt
__cmdaid_status=    # of the command before, for the person's DEBUG trap
__cmdaid_argument=
declare -A __cmdaid_seen=()

__cmdaid_return() {
  return "$1"
}

# Last at each prompt. fd 9 holds what `trap -p DEBUG` printed: inside a function it would print nothing.
__cmdaid_arm() {
  __cmdaid_rearm || builtin :
  ((__cmdaid_version < 502)) || builtin set -T
}

__cmdaid_rearm() {
  local functrace=$- - IFS= text=''
  local -a words=()
  set +aeux
  builtin read -r -d '' -u 9 text
  text=${text#"${text%%[![:space:]]*}"}
  if [[ $text != *__cmdaid_armed* ]]; then
    [[ $functrace == *T* ]] && __cmdaid_functrace=1 || __cmdaid_functrace=
    __cmdaid_chain=${text%$'\n'}
    if [[ $text ]]; then
      builtin eval "words=($text)"
      # shellcheck disable=SC2064 # the text of their trap is what is wanted
      builtin trap "__cmdaid_status=\$? __cmdaid_argument=\$_
((!__cmdaid_armed)) || __cmdaid_debug
[[ \${FUNCNAME-} && ! \$__cmdaid_functrace ]] || { __cmdaid_return \"\$__cmdaid_status\" \"\$__cmdaid_argument\"
${words[2]}
}" DEBUG
    else
      builtin trap '((!__cmdaid_armed)) || __cmdaid_debug "$_"' DEBUG
    fi
  fi
  __cmdaid_armed=0
  __cmdaid_spent=
  ((!${#__cmdaid_seen[@]})) || __cmdaid_seen=()
  __cmdaid_history=$((HISTCMD))
  __cmdaid_lastpid=${!-}
  __cmdaid_keep_prompt
}

__cmdaid_disarm() {
  __cmdaid_armed=0
  __cmdaid_spent=1
  [[ $__cmdaid_functrace ]] || builtin set +T
  if [[ $__cmdaid_chain ]]; then builtin eval "$__cmdaid_chain"; else builtin trap - DEBUG; fi
}

# Under `set -a` each assignment exports, also those that PS0 makes.
__cmdaid_unexport() {
  declare +x -g __cmdaid_n __cmdaid_digit __cmdaid_added __cmdaid_history __cmdaid_armed __cmdaid_spent __cmdaid_unfired \
    __cmdaid_answer __cmdaid_refused __cmdaid_status __cmdaid_argument __cmdaid_seen
}

# The first simple command of a line is about to run, here or in a child of this shell.
__cmdaid_debug() {
  if [[ $BASH_COMMAND == "$__cmdaid_first" ]]; then # the prompt already: nothing of the line fired in this shell
    __cmdaid_armed=0
    __cmdaid_unfired=1
    return 0
  fi
  if ((__cmdaid_armed == 3)); then
    __cmdaid_disarm
    # The child that asked could not stop a line of a shell that traps INT.
    ! __cmdaid_noted || [[ $__cmdaid_answer != refuse ]] || __cmdaid_refused=1
  elif __cmdaid_known; then
    __cmdaid_disarm
    __cmdaid_preexec h
  elif ((${#FUNCNAME[@]} == 1)); then # what functions do is not the line's text
    __cmdaid_armed=2
    if [[ ! ${__cmdaid_seen["$BASH_COMMAND"]+x} ]]; then
      __cmdaid_preexec b "$BASH_COMMAND"
      __cmdaid_seen["$BASH_COMMAND"]=1
    fi
  fi
  [[ ! -o allexport ]] || __cmdaid_unexport
  if [[ $__cmdaid_refused ]]; then
    __cmdaid_refused=
    ((!BASH_SUBSHELL)) || builtin exit 126
    __cmdaid_cancel
  fi
}

__cmdaid_preexec() {
  local -
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
    __cmdaid_note
  fi
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
      __cmdaid_lost 'the daemon does not answer'
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
    ((__cmdaid_n -= 1)) || : # `( … ) &` has a session of its own
  else
    __cmdaid_defined
  fi
}

# A child asked for us.
__cmdaid_adopt() {
  if [[ $__cmdaid_answer ]]; then
    __cmdaid_asked=$__cmdaid_n
    __cmdaid_said=
  elif [[ $__cmdaid_ready ]]; then
    __cmdaid_late=$__cmdaid_n
    __cmdaid_said=1
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
declare -ft __cmdaid_debug __cmdaid_disarm

# --- 4.4 to 5.1, and a further line of one paste on 5.2: PS0 forks --------------------------------------------------------

__cmdaid_forked() {
  local -
  set +aeux
  # Lines of one paste have no prompt between them: a daemon that let the first one wait is not waited for again.
  if __cmdaid_noted since && [[ ! $__cmdaid_answer ]]; then return 0; fi
  if __cmdaid_known; then
    __cmdaid_ask h
    # Ctrl-C instead of a reason ends this child before it can say more.
    [[ $__cmdaid_answer != confirm ]] || __cmdaid_note refuse
    __cmdaid_obey
    [[ ! $__cmdaid_refused ]] || __cmdaid_answer=refuse
    __cmdaid_note
    [[ $__cmdaid_refused ]] || return 0
    # 4.4 ends when its trap on INT is taken away and INT follows, so there the trap runs, and so does the line.
    if ((__cmdaid_version < 500)) || [[ ! $(builtin trap -p INT) ]]; then builtin kill -INT "$$"; fi
  fi
} >&2

# --- the prompt variables ---------------------------------------------------------------------------------------------

# What we put in first and last. An exported PROMPT_COMMAND reaches shells that have none of this.
# The `&& :` keeps a status other than 0, which others want to see, from firing an ERR trap or ending a shell under `set -e`.
__cmdaid_enter=__cmdaid_precmd
# shellcheck disable=SC2016 # expanded by the prompt
__cmdaid_first='"${__cmdaid_enter-:}" "$_"' && __cmdaid_first_line="$__cmdaid_first && :"

if ((__cmdaid_version >= 503)); then
  # Newer syntax than older shells can read.
  builtin source "${BASH_SOURCE[0]%/*}/cmdaid-5.3.bash"
else
  # shellcheck disable=SC2016
  {
    if [[ $OSTYPE == linux* ]]; then
      __cmdaid_final='[[ ! ${__cmdaid_on-} ]] || { builtin trap -p DEBUG >/dev/fd/9; __cmdaid_arm; } 9<<<""'
    else
      __cmdaid_final='[[ ! ${__cmdaid_on-} ]] || __cmdaid_arm 9<<<"$(builtin trap -p DEBUG)"'
    fi
    __cmdaid_ps0='${__cmdaid_on:+${__cmdaid_on:0:$((__cmdaid_n+=1,__cmdaid_digit=(__cmdaid_digit+1)%10,'
    __cmdaid_ps0+='__cmdaid_added=HISTCMD-__cmdaid_history,__cmdaid_history=HISTCMD,'
    if ((__cmdaid_version >= 502)); then
      __cmdaid_ps0+='__cmdaid_armed=1,0))}${__cmdaid_spent:+$(__cmdaid_forked)}}'
    else
      __cmdaid_ps0+='__cmdaid_armed=__cmdaid_added==1?3:1,0))}$(__cmdaid_forked)}'
    fi
  }
fi

# Puts our part of PS0 and PROMPT_COMMAND where it belongs, whatever others have done to them since; their type stays.
__cmdaid_keep_prompt() {
  local - text=
  set +aeux
  [[ ${PS0-} == *"$__cmdaid_ps0" ]] || __cmdaid_place_ps0
  if [[ ${PROMPT_COMMAND@a} == *a* ]]; then
    [[ ${PROMPT_COMMAND[0]-} == "$__cmdaid_first_line" && ${PROMPT_COMMAND[-1]-} == "$__cmdaid_final" ]] && return 0
    local -a others=()
    for text in "${PROMPT_COMMAND[@]}"; do
      [[ $text == "$__cmdaid_first_line" || $text == "$__cmdaid_final" ]] || others+=("$text")
    done
    PROMPT_COMMAND=("$__cmdaid_first_line" ${others[@]+"${others[@]}"} "$__cmdaid_final")
  else
    text=${PROMPT_COMMAND-}
    [[ $text == "$__cmdaid_first_line"$'\n'*"$__cmdaid_final" ]] && return 0
    __cmdaid_strip_prompt
    # shellcheck disable=SC2178 # here it is a string
    PROMPT_COMMAND=$__cmdaid_first_line$'\n'${text:+$text$'\n'}$__cmdaid_final
  fi
}

# Takes our lines out of `text`.
__cmdaid_strip_prompt() {
  text=${text//"$__cmdaid_first_line"$'\n'/}
  text=${text//$'\n'"$__cmdaid_final"/}
  text=${text//"$__cmdaid_final"/}
}

__cmdaid_place_ps0() {
  PS0=${PS0-}
  PS0=${PS0//"$__cmdaid_ps0"/}$__cmdaid_ps0
}

# Leaves this shell as it was before: `__cmdaid_unload`.
__cmdaid_unload() {
  local name text=''
  __cmdaid_bye
  ((__cmdaid_version >= 503)) || __cmdaid_disarm
  [[ $(builtin trap -p EXIT) != *__cmdaid_bye* ]] || builtin trap - EXIT
  PS0=${PS0//"$__cmdaid_ps0"/}
  [[ $PS0 ]] || builtin unset PS0
  if [[ ${PROMPT_COMMAND@a} == *a* ]]; then
    for name in "${!PROMPT_COMMAND[@]}"; do
      case ${PROMPT_COMMAND[name]} in "$__cmdaid_first_line" | "$__cmdaid_final") builtin unset "PROMPT_COMMAND[$name]" ;; esac
    done
    PROMPT_COMMAND=(${PROMPT_COMMAND[@]+"${PROMPT_COMMAND[@]}"})
  else
    text=${PROMPT_COMMAND-}
    __cmdaid_strip_prompt
    # shellcheck disable=SC2178
    PROMPT_COMMAND=$text
    [[ $text ]] || builtin unset PROMPT_COMMAND
  fi
  for name in $(builtin compgen -A function __cmdaid_); do builtin unset -f "$name"; done
  for name in $(builtin compgen -v __cmdaid_); do builtin unset -v "$name"; done
}

__cmdaid_keep_prompt
builtin eval "$__cmdaid_undo"
builtin unset -v __cmdaid_undo
