# shellcheck shell=bash disable=SC2154,SC2034
# bash 3.2 to 4.3, among them the one of macOS. Loaded by cmdaid.bash.
#
# There is no PS0 yet, so the DEBUG trap is armed at the prompt and fires once, at the first simple command; on 3.2 with
# functrace, so that `( … )` is seen too (later ones end at `( … ) &` under it). Whole seconds are the shortest wait of
# `read` on 3.2, and it cannot look without waiting: a daemon that hangs costs a second, once. Whether it is back is then
# told by the file `session`, which it writes anew once it has read what was sent. Options cannot be made local: what is
# here must bear `set -e` and `set -u`.

__cmdaid_armed=0     # 1: the next simple command is the first of a line; 2: each is asked about, the text is unknown
__cmdaid_fired=      # the trap has fired since the last prompt
__cmdaid_unfired=    # the prompt came without it
__cmdaid_skipping=   # extdebug is on and everything up to the prompt is skipped
__cmdaid_chain=      # the command that brings the person's own DEBUG trap back
__cmdaid_functrace=  # the person had functrace on
__cmdaid_seen=       # simple commands of this line that were asked about, each on a line
__cmdaid_lastpid=    # $! at the prompt
__cmdaid_depth=1     # functions on the stack in one that is called at the prompt: an interrupt leaves some there
__cmdaid_aliased=()
# shellcheck disable=SC2016 # expanded when it fires
__cmdaid_trap='((!__cmdaid_armed)) || __cmdaid_debug "$_"'

# --- the channel ------------------------------------------------------------------------------------------------------

__cmdaid_reach() {
  local ready='' pid
  if [[ $__cmdaid_ready && -p $__cmdaid_slot/req ]]; then
    if [[ -d /proc/$$ ]]; then
      [[ ! -e $__cmdaid_alive ]] || return 0
    elif builtin kill -0 "${__cmdaid_ready%% *}" 2>/dev/null; then
      return 0
    fi
  fi
  __cmdaid_ready=
  # A folder of another user (after sudo or su) is not ours to use, and a link in /tmp could lead anywhere.
  [[ -O $__cmdaid_dir && ! -L $__cmdaid_dir && -f $__cmdaid_dir/ready ]] || return 1
  { IFS='' builtin read -r ready <"$__cmdaid_dir/ready"; } 2>/dev/null || return 1
  pid=${ready%% *}
  [[ $pid && ! ${pid//[0-9]/} && $ready == "$pid "[0-9]* ]] || return 1
  builtin kill -0 "$pid" 2>/dev/null || return 1
  if [[ $ready == "$__cmdaid_hung" && -p $__cmdaid_slot/req && ! $__cmdaid_slot/session -nt $__cmdaid_slot/note ]]; then
    return 1
  fi
  __cmdaid_join || return 1
  __cmdaid_ready=$ready
  __cmdaid_alive=/proc/$pid
  __cmdaid_hung=
  [[ ! $__cmdaid_late ]] || __cmdaid_tell U '' "$__cmdaid_late"
  __cmdaid_late=
}

# Makes one of the daemon's free slots ours: whoever creates `claimed` (O_EXCL, by noclobber) has it.
__cmdaid_join() {
  local slot options=$- failglob='' IFS=''
  [[ ! $__cmdaid_slot || ! -p $__cmdaid_slot/req || ! -p $__cmdaid_slot/rep ]] || return 0
  if builtin shopt -q failglob; then
    failglob=1
    builtin shopt -u failglob
  fi
  builtin set -C +f
  __cmdaid_slot=
  for slot in "$__cmdaid_dir"/s/[0-9a-f]*; do
    [[ ! -e $slot/claimed && -p $slot/req && -p $slot/rep ]] || continue
    { builtin printf '%d\n' "${BASHPID:-$$}" >"$slot/claimed"; } 2>/dev/null || continue
    __cmdaid_slot=$slot
    break
  done
  [[ $options == *C* ]] || builtin set +C
  [[ $options != *f* ]] || builtin set -f
  [[ ! $failglob ]] || builtin shopt -s failglob
  [[ $__cmdaid_slot ]] || return 1
  __cmdaid_aliases='' __cmdaid_generation=''
  __cmdaid_hello
}

__cmdaid_hello() {
  local name tty='' login=0 markers=''
  for name in AGENT AI_AGENT AMP_CURRENT_THREAD_ID ANTIGRAVITY_AGENT AUGMENT_AGENT CLAUDECODE CLAUDE_CODE_ENTRYPOINT \
    CODEX_SANDBOX CODEX_THREAD_ID COPILOT_AGENT CURSOR_AGENT GEMINI_CLI GOOSE_TERMINAL OPENCODE BUILDKITE CI CIRCLECI \
    GITHUB_ACTIONS GITLAB_CI JENKINS_URL; do
    [[ ! ${!name+x} ]] || markers=${markers:+$markers,}$name
  done
  tty=$(builtin command -p tty 2>/dev/null) || tty= # a fork, once for a session
  builtin shopt -q login_shell && login=1
  __cmdaid_tell H "shell=bash
version=$BASH_VERSION
pid=${BASHPID:-$$}
ppid=$PPID
tty=${tty#/dev/}
interactive=1
login=$login
options=$-
markers=$markers
hook=1" 0
}

# __cmdaid_tell TYPE TEXT EXTRA: one frame that nobody answers.
__cmdaid_tell() {
  [[ ! -p $__cmdaid_slot/req ]] ||
    builtin printf '1%s%d\0%s\0%s\0%s\0' "$1" "$__cmdaid_digit" "${PWD:0:4096}" "$2" "$3" 1<>"$__cmdaid_slot/req"
}

# __cmdaid_ask FORM TEXT: asks whether line n may run; form h takes the text from the history. Sets __cmdaid_answer to
# run, warn, refuse or confirm, or to nothing when there is no verdict.
__cmdaid_ask() {
  __cmdaid_answer=
  if ! __cmdaid_reach; then
    __cmdaid_lost
    return 0
  fi
  ((BASH_SUBSHELL)) || __cmdaid_tell_aliases
  {
    if [[ $1 == h ]]; then __cmdaid_print; else builtin printf '%s' "$2"; fi
    builtin printf '\0'
  } 1<>"$__cmdaid_slot/cmd"
  __cmdaid_exchange S '' "$__cmdaid_n $1$__cmdaid_generation"
  if [[ $__cmdaid_answer ]]; then
    __cmdaid_asked=$__cmdaid_n
    [[ ! $__cmdaid_said ]] || builtin printf 'cmdaid: commands are checked again\n' >&2
    __cmdaid_said=
  else
    __cmdaid_late=$__cmdaid_n
    __cmdaid_lost
  fi
}

__cmdaid_print() {
  builtin printf '\n'
  if [[ ${HISTTIMEFORMAT-} ]]; then HISTTIMEFORMAT='' builtin history 1; else builtin history 1; fi
}

# Sets the variable $1 to the number of the last line in the history; empty when there is no slot to write it into.
# HISTCMD is 1 in traps and at the prompt here.
__cmdaid_last() {
  local blank number='' rest
  builtin eval "$1="
  [[ -p $__cmdaid_slot/req ]] || return 0
  { __cmdaid_print && builtin printf '\0'; } 1<>"$__cmdaid_slot/cmd"
  { builtin read -r blank; IFS=' *' builtin read -r number rest; } <"$__cmdaid_slot/cmd" || builtin :
  [[ ${number//[0-9]/} ]] || builtin eval "$1=\$number"
}

# One frame that is answered. Strings are compared with `[`: under nocasematch `[[` would take a refusal for a permission.
__cmdaid_exchange() {
  local byte='' seconds=${__cmdaid_wait%%.*} name letters tries
  ((seconds >= 1)) || seconds=1
  {
    builtin printf '1%s%d\0%s\0%s\0%s\0' "$1" "$__cmdaid_digit" "${PWD:0:4096}" "$2" "$3"
    for ((tries = 0; tries < 10; tries++)); do # answers to earlier asks come before ours
      IFS='' builtin read -r -n 1 -t "$seconds" byte || break
      for name in run warn refuse confirm; do
        letters=__cmdaid_$name
        letters=${!letters}
        ! builtin [ "$byte" = "${letters:__cmdaid_digit:1}" ] || __cmdaid_answer=$name
      done
      [[ ! $__cmdaid_answer ]] || break
    done
  } 0<>"$__cmdaid_slot/rep" 1<>"$__cmdaid_slot/req"
  [[ ! $__cmdaid_answer ]] || return 0
  __cmdaid_hung=$__cmdaid_ready __cmdaid_ready=
  builtin : >|"$__cmdaid_slot/note"
}

__cmdaid_lost() {
  local how='is not running'
  [[ ! $__cmdaid_said ]] || return 0
  __cmdaid_said=1
  [[ ! $__cmdaid_hung ]] || how='does not answer'
  builtin printf 'cmdaid: the daemon %s: commands run unchecked\n' "$how" >&2
}

# Writes the aliases down when they differ from those that the daemon was told.
__cmdaid_tell_aliases() {
  local text=''
  if builtin shopt -q expand_aliases; then
    builtin alias -p >|"$__cmdaid_slot/listed"
    IFS='' builtin read -r -d '' text <"$__cmdaid_slot/listed" || builtin :
  fi
  ! builtin [ "$text" = "$__cmdaid_aliases" ] || return 0
  __cmdaid_aliases=$text __cmdaid_generation='' __cmdaid_aliased=()
  ((${#text} > 0 && ${#text} < 262144)) || return 0 # ALIAS_FILE_BYTES_MAX of src/core/limits.ts
  # What is printed is quoted for this shell to read again; here each line collects instead of defining.
  text=$'\n'$text
  builtin eval "${text//$'\n'alias /$'\n'__cmdaid_collect }"
  ((${#__cmdaid_aliased[@]})) || return 0
  { builtin printf 'a\0%s\0%s\0' "${__cmdaid_aliased[@]}" && builtin printf '\0'; } 1<>"$__cmdaid_slot/aliases" || return 0
  __cmdaid_generation=" $((++__cmdaid_written))"
}

__cmdaid_collect() {
  [[ $1 != -- ]] || shift
  __cmdaid_aliased[${#__cmdaid_aliased[@]}]=${1%%=*}
  __cmdaid_aliased[${#__cmdaid_aliased[@]}]=${1#*=}
}

# Shows whether lines are stopped: asks about one that every policy refuses, and tells the daemon what came of it.
__cmdaid_canary() {
  local told=failed
  __cmdaid_reach || return 0
  __cmdaid_proven=1 __cmdaid_answer=''
  __cmdaid_digit=$(((__cmdaid_digit + 1) % 10))
  __cmdaid_exchange Q cmdaid-canary '0 c'
  case $__cmdaid_answer in
    refuse) told=enforced ;;
    run | warn) told=observing ;;
  esac
  __cmdaid_tell K "$told" 0
}

# --- the verdict ------------------------------------------------------------------------------------------------------

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
  local why='' line
  [[ -f $__cmdaid_slot/why ]] || return 0 # opening anything else could block
  { IFS='' builtin read -r -d '' -n 4096 why <"$__cmdaid_slot/why"; } 2>/dev/null || builtin :
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
  local reason=''
  __cmdaid_confirming=$__cmdaid_n
  {
    builtin printf 'cmdaid: reason (empty to cancel): '
    IFS='' builtin read -r reason || reason=
  } 2>/dev/null 0</dev/tty 1>/dev/tty || reason=
  [[ $reason == *[![:space:]]* ]] || __cmdaid_refused=1
  __cmdaid_reason "${reason:0:1000}"
}

__cmdaid_reason() {
  __cmdaid_tell R "$1" "$__cmdaid_confirming"
  __cmdaid_confirming=
}

# --- around each line -------------------------------------------------------------------------------------------------

# First at each prompt: keeps what the line left behind, also for those who come after us.
__cmdaid_ended() {
  __cmdaid_status=$? __cmdaid_pipe=("${PIPESTATUS[@]}")
  return "$__cmdaid_status"
}

__cmdaid_return() {
  return "$1"
}

# Last at each prompt. $1 is the file with what `trap -p DEBUG` printed.
__cmdaid_prompt() {
  local options=$-
  __cmdaid_armed=0
  if [[ $__cmdaid_skipping ]]; then
    builtin shopt -u extdebug
    __cmdaid_skipping=
  fi
  __cmdaid_find_trap "$1" "$options"
  [[ ! $__cmdaid_confirming ]] || __cmdaid_reason ''
  if [[ $__cmdaid_fired$__cmdaid_unfired ]]; then
    __cmdaid_after
  elif [[ ! $__cmdaid_slot ]]; then
    [[ $(builtin trap -p EXIT) ]] || builtin trap '__cmdaid_bye' EXIT # a fork, before the first line
    __cmdaid_reach || builtin :
  fi
  [[ ! ${BLE_VERSION-} || ${__cmdaid_ble-} ]] || __cmdaid_ble_prompt
  [[ $__cmdaid_proven || ! $__cmdaid_ready ]] || __cmdaid_canary
  __cmdaid_keep_prompt
  __cmdaid_asked='' __cmdaid_fired='' __cmdaid_unfired='' __cmdaid_seen='' __cmdaid_refused=''
  # Under nounset `${!-}` is an error here.
  builtin set +u
  __cmdaid_lastpid=$!
  [[ $options != *u* ]] || builtin set -u
  __cmdaid_shown=$__cmdaid_n __cmdaid_depth=${#FUNCNAME[@]}
  __cmdaid_last __cmdaid_history
  [[ ! -o allexport ]] || __cmdaid_unexport
  ((__cmdaid_version >= 400)) || builtin set -T
  # shellcheck disable=SC2064 # the text of their trap is what is wanted
  builtin trap "$__cmdaid_trap" DEBUG
  __cmdaid_armed=1
}

# What our trap has to be, given the person's own. While ours is still there, since no line has run, nothing changes.
__cmdaid_find_trap() {
  local text=''
  local -a words
  IFS='' builtin read -r -d '' text <"$1" || builtin :
  [[ $1 == /dev/* ]] || builtin : >|"$1"
  text=${text#"${text%%[![:space:]]*}"}
  [[ $text != *__cmdaid_armed* ]] || return 0
  [[ $2 == *T* ]] && __cmdaid_functrace=1 || __cmdaid_functrace=
  __cmdaid_chain=${text%$'\n'}
  # shellcheck disable=SC2016 # expanded when it fires
  __cmdaid_trap='((!__cmdaid_armed)) || __cmdaid_debug "$_"'
  [[ $text ]] || return 0
  builtin eval "words=($text)"
  __cmdaid_trap="__cmdaid_trap_status=\$? __cmdaid_trap_argument=\$_
((!__cmdaid_armed)) || __cmdaid_debug && {
[[ \${FUNCNAME-} && ! \$__cmdaid_functrace ]] || { __cmdaid_return \"\$__cmdaid_trap_status\" \"\$__cmdaid_trap_argument\"
${words[2]}
}
}"
}

# A simple command is about to run.
__cmdaid_debug() {
  if [[ $BASH_COMMAND == "$__cmdaid_first" ]]; then # the prompt
    [[ $__cmdaid_fired ]] || __cmdaid_unfired=1
    __cmdaid_armed=0
    return 0
  fi
  [[ ! $__cmdaid_skipping ]] || return 1
  [[ ! ${COMP_LINE+x}${READLINE_LINE+x} ]] || return 0 # a completion, a bound key
  if [[ ! $__cmdaid_fired ]]; then
    __cmdaid_measure
    # A prompt that runs commands, and a child of a line whose text is unknown: who can tell.
    ((!BASH_SUBSHELL)) || [[ $__cmdaid_added == 1 ]] || return 0
    __cmdaid_fired=1
    ((__cmdaid_n += 1))
    __cmdaid_digit=$(((__cmdaid_digit + 1) % 10))
  fi
  if [[ -o history && $__cmdaid_added == 1 ]]; then
    __cmdaid_armed=0
    __cmdaid_preexec h ''
    # A trap that is changed while it runs never runs again once an interrupt has ended it.
    [[ $__cmdaid_refused ]] || __cmdaid_disarm
  elif ((${#FUNCNAME[@]} == __cmdaid_depth)); then # what functions do is not the line's text
    __cmdaid_armed=2
    if [[ $'\n'$__cmdaid_seen != *$'\n'"$BASH_COMMAND"$'\n'* ]]; then
      __cmdaid_digit=$(((__cmdaid_digit + 1) % 10))
      __cmdaid_preexec b "$BASH_COMMAND"
      __cmdaid_seen=$__cmdaid_seen$BASH_COMMAND$'\n'
    fi
  fi
  [[ ! -o allexport ]] || __cmdaid_unexport
  [[ $__cmdaid_refused ]] || return 0
  __cmdaid_refused=
  ((!BASH_SUBSHELL)) || builtin exit 126
  __cmdaid_cancel
}

# How many entries the line added to the history; one, where that cannot be known.
__cmdaid_measure() {
  local last
  __cmdaid_added=1
  [[ $__cmdaid_history ]] || return 0
  __cmdaid_last last
  [[ ! $last ]] || __cmdaid_added=$((last - __cmdaid_history))
}

__cmdaid_disarm() {
  __cmdaid_armed=0
  [[ $__cmdaid_functrace ]] || builtin set +T
  if [[ $__cmdaid_chain ]]; then builtin eval "$__cmdaid_chain"; else builtin trap - DEBUG; fi
}

# Discards the rest of the line: the main loop keeps a user's interrupt. These versions end when a trap on INT is taken
# away and INT follows, so where there is one each command up to the prompt is skipped.
__cmdaid_cancel() {
  if [[ ! $(builtin trap -p INT) ]]; then # a fork, for a line that is refused
    builtin kill -INT "$$"
    return 0
  fi
  __cmdaid_skipping=1 __cmdaid_armed=2
  # shellcheck disable=SC2064
  builtin trap "$__cmdaid_trap" DEBUG
  builtin shopt -s extdebug
  # shellcheck disable=SC2104 # the loop is the line's
  builtin break 999 2>/dev/null
  return 1
}

__cmdaid_preexec() {
  if [[ $1 == h ]] && __cmdaid_noted; then
    # A child that ran before us on the same line, `(a); b`, has asked: the person was told once.
    __cmdaid_asked=$__cmdaid_n
    [[ $__cmdaid_answer != refuse ]] || __cmdaid_refused=1
    return 0
  fi
  if ((BASH_SUBSHELL)) && __cmdaid_background; then
    # The shell may be asking about its next line at the same moment: a session of its own.
    __cmdaid_slot='' __cmdaid_ready='' __cmdaid_late='' __cmdaid_n=1
    __cmdaid_ask "$1" "$2"
    __cmdaid_obey
    __cmdaid_tell X '' 1
    return 0
  fi
  __cmdaid_ask "$1" "$2"
  __cmdaid_obey
  ((BASH_SUBSHELL)) || return 0
  [[ ! $__cmdaid_refused ]] || __cmdaid_answer=refuse
  [[ ! -d $__cmdaid_slot ]] || builtin printf '%d %s\n' "$__cmdaid_n" "${__cmdaid_answer:-none}" >|"$__cmdaid_slot/note"
}

# Whether this child runs beside the shell: its process group does not own the terminal.
__cmdaid_background() {
  local stat='' state ppid pgrp session tty tpgid rest
  [[ -r /proc/self/stat ]] || return 1
  builtin read -r stat </proc/self/stat
  IFS=' ' builtin read -r state ppid pgrp session tty tpgid rest <<<"${stat##*) }"
  [[ $pgrp != "$tpgid" ]]
}

# Whether a child has asked about line n; sets __cmdaid_answer.
__cmdaid_noted() {
  local n='' answer=''
  [[ -s $__cmdaid_slot/note ]] || return 1
  IFS=' ' builtin read -r n answer <"$__cmdaid_slot/note"
  [[ $n == "$__cmdaid_n" ]] || return 1
  __cmdaid_answer=${answer#none}
}

# The line has ended.
__cmdaid_after() {
  if [[ $__cmdaid_unfired ]]; then
    # Nothing fired in this shell: an empty line, children only, or functions that were defined.
    __cmdaid_measure
    [[ -o history && $__cmdaid_added == 1 ]] || return 0
    ! __cmdaid_forked || return 0 # `( … ) &` has a session of its own
    ((__cmdaid_n += 1))
    __cmdaid_digit=$(((__cmdaid_digit + 1) % 10))
    if __cmdaid_noted; then
      __cmdaid_asked=$__cmdaid_n
    else
      __cmdaid_defined
    fi
  fi
  if [[ $__cmdaid_asked && $__cmdaid_ready ]]; then
    IFS=' ' builtin eval '__cmdaid_tell E "$__cmdaid_status ${__cmdaid_pipe[*]}" "$__cmdaid_asked"'
  fi
}

# Asked now, and undone when refused.
__cmdaid_defined() {
  local text='' name function='(function[[:space:]]+)?([^[:space:];&|(){}<>]+)[[:space:]]*(\([[:space:]]*\)|[[:space:]{])(.*)'
  __cmdaid_ask h ''
  __cmdaid_obey
  [[ $__cmdaid_refused ]] || return 0
  __cmdaid_refused=
  text=$(HISTTIMEFORMAT='' builtin history 1)
  while [[ $text =~ $function ]]; do
    name=${BASH_REMATCH[2]} text=${BASH_REMATCH[4]}
    if [[ ${BASH_REMATCH[1]} || ${BASH_REMATCH[3]} == \(* ]] && builtin declare -F "$name" >/dev/null; then
      builtin unset -f "$name"
    fi
  done
}

# Whether a job was started in the background since the prompt.
__cmdaid_forked() {
  local options=$- pid
  builtin set +u
  pid=$!
  [[ $options != *u* ]] || builtin set -u
  [[ $pid != "$__cmdaid_lastpid" ]]
}

__cmdaid_unexport() {
  builtin export -n __cmdaid_n __cmdaid_digit __cmdaid_added __cmdaid_history __cmdaid_armed __cmdaid_fired \
    __cmdaid_unfired __cmdaid_answer __cmdaid_refused __cmdaid_status __cmdaid_pipe __cmdaid_asked __cmdaid_shown \
    __cmdaid_seen __cmdaid_trap __cmdaid_chain __cmdaid_functrace __cmdaid_ready __cmdaid_alive __cmdaid_slot \
    __cmdaid_aliases __cmdaid_aliased __cmdaid_generation __cmdaid_written __cmdaid_late __cmdaid_hung __cmdaid_said \
    __cmdaid_confirming __cmdaid_proven __cmdaid_trap_status __cmdaid_trap_argument __cmdaid_skipping __cmdaid_depth __cmdaid_lastpid
}

__cmdaid_bye() {
  if [[ $__cmdaid_ready && $BASH_SUBSHELL == 0 ]] && builtin kill -0 "${__cmdaid_ready%% *}" 2>/dev/null; then
    __cmdaid_tell X '' "$__cmdaid_n"
  fi
}

# --- PROMPT_COMMAND ---------------------------------------------------------------------------------------------------

# shellcheck disable=SC2016 # expanded by the prompt
{
  __cmdaid_final='[[ ! ${__cmdaid_on-} ]] || if [[ -p $__cmdaid_slot/req ]]; then '
  __cmdaid_final=$__cmdaid_final'{ builtin trap -p DEBUG; __cmdaid_prompt "$__cmdaid_slot/traps"; } 1<>"$__cmdaid_slot/traps"; '
  __cmdaid_final=$__cmdaid_final'else __cmdaid_prompt /dev/fd/9 9<<<"$(builtin trap -p DEBUG)"; fi'
}

__cmdaid_keep_prompt() {
  local text=${PROMPT_COMMAND-} options=$-
  [[ $text != "$__cmdaid_first_line"$'\n'*"$__cmdaid_final" ]] || return 0
  __cmdaid_strip_prompt
  builtin set +a # an assignment would export it
  PROMPT_COMMAND=$__cmdaid_first_line$'\n'${text:+$text$'\n'}$__cmdaid_final
  [[ $options != *a* ]] || builtin set -a
}

# Takes our lines out of `text`.
__cmdaid_strip_prompt() {
  text=${text//"$__cmdaid_first_line"$'\n'/}
  text=${text//$'\n'"$__cmdaid_final"/}
  text=${text//"$__cmdaid_final"/}
}

# Leaves this shell as it was before: `__cmdaid_unload`.
__cmdaid_unload() {
  local name text=${PROMPT_COMMAND-}
  __cmdaid_bye
  __cmdaid_disarm
  [[ $(builtin trap -p EXIT) != *__cmdaid_bye* ]] || builtin trap - EXIT
  __cmdaid_strip_prompt
  PROMPT_COMMAND=$text
  [[ $text ]] || builtin unset PROMPT_COMMAND
  for name in $(builtin compgen -A function __cmdaid_); do builtin unset -f "$name"; done
  for name in $(builtin compgen -v __cmdaid_); do builtin unset -v "$name"; done
}

# A prompt where there is a ble.sh. Nothing stops a line then: an answer to the canary would only show that there is one.
__cmdaid_ble_prompt() {
  __cmdaid_ble=1 __cmdaid_proven=
  __cmdaid_canary() {
    __cmdaid_proven=1
    __cmdaid_tell K failed 0
  }
  builtin printf 'cmdaid: ble.sh (%s) cannot be governed in this bash: commands run unchecked\n' "$BLE_VERSION" >&2
}

# Without functrace a DEBUG trap can be removed only by a function that inherits it.
declare -ft __cmdaid_debug __cmdaid_disarm
