# shellcheck shell=bash disable=SC2154,SC2034
# The channel to the daemon and what its answers mean, for bash 4.4 and newer. Loaded by cmdaid.bash.

# Whether there is a daemon to ask, when __cmdaid_reachable says no; never a wait, never a fork. The quick question, two
# system calls, is asked by those who call this: [[ $__cmdaid_ready && -e $__cmdaid_alive && -p $__cmdaid_slot/req ]]
__cmdaid_reach() {
  local ready='' pid
  # Without /proc one that lives is asked for by a signal.
  if [[ $__cmdaid_ready && ! -d /proc/$$ && -p $__cmdaid_slot/req ]]; then
    ! builtin kill -0 "${__cmdaid_ready%% *}" 2>/dev/null || return 0
  fi
  __cmdaid_ready=
  # A folder of another user (after sudo or su) is not ours to use, and a link in /tmp could lead anywhere.
  [[ -O $__cmdaid_dir && ! -L $__cmdaid_dir && -f $__cmdaid_dir/ready ]] || return 1
  { IFS= builtin read -r ready <"$__cmdaid_dir/ready"; } 2>/dev/null || return 1
  [[ $ready =~ ^[0-9]+\ [0-9]+$ ]] || return 1
  pid=${ready%% *}
  builtin kill -0 "$pid" 2>/dev/null || return 1
  # One that let us wait is back when it answers, or when it took our slot away: then it needs a new hello.
  if [[ $ready == "$__cmdaid_hung" && -p $__cmdaid_slot/req ]]; then
    __cmdaid_woken || return 1
  fi
  __cmdaid_join || return 1
  __cmdaid_ready=$ready
  __cmdaid_alive=/proc/$pid
  __cmdaid_hung='' __cmdaid_stuck=''
  [[ ! ${__cmdaid_marker+x} ]] || __cmdaid_learn
  [[ ! $__cmdaid_late ]] || __cmdaid_tell U '' "$__cmdaid_late"
  __cmdaid_late=
  [[ ! $__cmdaid_canary ]] || __cmdaid_sung
}

# Whether a daemon that let us wait is back: it has answered, or, where we could not ask, it has read what lay in its FIFO.
# Takes what lies in the answer FIFO; where that is more than asks were sent, the slot is given up.
__cmdaid_woken() {
  local byte found=1 tries=0
  [[ -p $__cmdaid_slot/rep ]] || return 1
  {
    while builtin read -t 0; do
      builtin read -r -n 1 -t 0.01 byte || break
      found=0
      if ((++tries == 64)); then
        __cmdaid_slot=
        return 0
      fi
    done
    if [[ $__cmdaid_stuck ]] && ! builtin read -t 0 -u 1; then found=0; fi
  } 0<>"$__cmdaid_slot/rep" 1<>"$__cmdaid_slot/req"
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
  # What the daemon knew of us was in the slot before.
  __cmdaid_aliases=
  __cmdaid_generation=
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
  if ! builtin read -t 0 -u 1 || __cmdaid_settle; then
    builtin printf '1%s%d\0%s\0%s\0%s\0' "$1" "$__cmdaid_digit" "${PWD:0:4096}" "$2" "$3"
  else
    __cmdaid_hang
  fi 1<>"$__cmdaid_slot/req"
}

# Gives the daemon as long as for an answer to read what lies in the request FIFO (our fd 1), and fails when it has not.
# Usually it is just reading the end of the line before.
__cmdaid_settle() {
  local started=${EPOCHREALTIME-} left='' byte pause=1
  [[ $started ]] || pause=10 # counted as milliseconds
  while builtin read -t 0 -u 1; do
    if ! __cmdaid_left left "$started"; then
      __cmdaid_stuck=1
      return 1
    fi
    # A sleep without a fork; a byte that comes now is an old answer. Ever longer ones: on a busy machine a hundred shells
    # that look every tenth of a millisecond leave the daemon no time to read.
    builtin read -r -n 1 -t "0.00$((pause / 10))$((pause % 10))" byte || builtin :
    ((pause >= 50)) || [[ ! $started ]] || ((pause *= 2))
  done
} 0<>"$__cmdaid_slot/rep"

__cmdaid_hang() {
  __cmdaid_hung=$__cmdaid_ready
  __cmdaid_ready=
}

# __cmdaid_ask FORM TEXT [FUNCTION]: asks whether line n may run; form h takes the text from the history. Sets
# __cmdaid_answer to run, warn, refuse or confirm, or to nothing when there is no verdict. FUNCTION is called in any case,
# while the daemon thinks.
#
# How long the history's text is cannot be known before it is printed, and a long one could block in a FIFO: so it goes
# through a file, whose end is a NUL (truncating a file costs more than the whole ask on some file systems). Strings are
# compared with `[`: under nocasematch `[[` would take a refusal for a permission.
__cmdaid_ask() {
  __cmdaid_answer='' __cmdaid_byte='' __cmdaid_started=${EPOCHREALTIME-}
  if [[ $__cmdaid_ready && -e $__cmdaid_alive && -p $__cmdaid_slot/req ]] || __cmdaid_reach; then
    builtin [ "$BASHOPTS ${!BASH_ALIASES[*]}=${BASH_ALIASES[*]}" = "$__cmdaid_aliases" ] || __cmdaid_tell_aliases
    {
      if [[ $1 != h || ${HISTTIMEFORMAT-} ]]; then __cmdaid_print "$@"; else builtin printf '\n' && builtin history 1; fi
      builtin printf '\0'
      # A redirection that stays takes fewer system calls than one that ends; the group brings back what was. With
      # `builtin exec` it would not stay, so where somebody has a function of that name it is done the other way; its
      # name, printed behind the NUL, does no harm.
      builtin declare -F exec || exec 1<>"$__cmdaid_slot/req"
      if [[ -p /dev/fd/1 ]]; then __cmdaid_exchange "$@"; else __cmdaid_exchange "$@" 1<>"$__cmdaid_slot/req"; fi
    } 1<>"$__cmdaid_slot/cmd" 9<>"$__cmdaid_slot/rep"
    if builtin [ "$__cmdaid_byte" = "${__cmdaid_run:__cmdaid_digit:1}" ]; then
      __cmdaid_answer=run __cmdaid_asked=$__cmdaid_n
      [[ ! $__cmdaid_said ]] || __cmdaid_back
    else
      __cmdaid_answered
    fi
  else
    "${3-:}"
    __cmdaid_lost
  fi
}

# A line of this shell that the history tells, before 5.2.
__cmdaid_ask_line() {
  __cmdaid_ask h '' "$@"
}

# The ask itself, with the request FIFO as fd 1 and the other as fd 9.
__cmdaid_exchange() {
  if ! builtin read -t 0 -u 1 || __cmdaid_settle; then
    builtin printf '1S%d\0%s\0\0%d %s\0' "$__cmdaid_digit" "${PWD:0:4096}" "$__cmdaid_n" "$1$__cmdaid_generation"
    "${3-:}"
    builtin read -r -N 1 -t "$__cmdaid_wait" -u 9 __cmdaid_byte
  else
    "${3-:}"
  fi
}

# The text of a line, when it is not simply the history's.
__cmdaid_print() {
  if [[ $1 == h ]]; then
    builtin printf '\n'
    HISTTIMEFORMAT='' builtin history 1
  else
    builtin printf '%s' "$2"
  fi
}

# The answer was not simply to run it: another one, one to an earlier ask, or none in time.
__cmdaid_answered() {
  __cmdaid_await
  if [[ $__cmdaid_answer ]]; then
    __cmdaid_asked=$__cmdaid_n
    [[ ! $__cmdaid_said ]] || __cmdaid_back
  else
    __cmdaid_late=$__cmdaid_n
    __cmdaid_hang
    __cmdaid_lost
  fi
}

# Reads on while what comes answers an earlier ask, but no longer than for one answer, and not what nobody has asked for.
__cmdaid_await() {
  local left='' tries=0
  {
    until __cmdaid_understood; do
      __cmdaid_byte=
      ((++tries <= 64)) || break
      __cmdaid_left left "$__cmdaid_started" || break
      builtin read -r -N 1 -t "$left" __cmdaid_byte || break
    done
  } 0<>"$__cmdaid_slot/rep"
}

# Whether the byte answers this ask; sets __cmdaid_answer.
__cmdaid_understood() {
  local name letters
  [[ $__cmdaid_byte ]] || return 1
  for name in run warn refuse confirm; do
    letters=__cmdaid_$name
    letters=${!letters}
    if builtin [ "$__cmdaid_byte" = "${letters:__cmdaid_digit:1}" ]; then
      __cmdaid_answer=$name
      return 0
    fi
  done
  return 1
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
  local how='is not running'
  [[ ! $__cmdaid_said ]] || return 0
  __cmdaid_said=1
  [[ ! $__cmdaid_hung ]] || how='does not answer'
  builtin printf 'cmdaid: the daemon %s: commands run unchecked\n' "$how" >&2
}

__cmdaid_back() {
  __cmdaid_said=
  builtin printf 'cmdaid: commands are checked again\n' >&2
}

# --- aliases ----------------------------------------------------------------------------------------------------------

# The aliases differ from those that the daemon was told. A child's do not matter: its line was read before it began. But for
# one that asks about a line that this shell is going to run.
__cmdaid_tell_aliases() {
  local -a names values fields=()
  local i size=0
  ((!BASH_SUBSHELL)) || [[ ${__cmdaid_deputy-} ]] || return 0
  __cmdaid_aliases="$BASHOPTS ${!BASH_ALIASES[*]}=${BASH_ALIASES[*]}"
  __cmdaid_generation=
  __cmdaid_allowed=()
  [[ :$BASHOPTS: == *:expand_aliases:* ]] || return 0
  # Both lists are in the order of one table.
  names=("${!BASH_ALIASES[@]}")
  values=("${BASH_ALIASES[@]}")
  for i in "${!names[@]}"; do
    # ALIASES_MAX and ALIAS_FILE_BYTES_MAX of src/core/limits.ts
    ((i < 4096 && (size += ${#names[i]} + ${#values[i]}) < 262144)) || break
    fields+=("${names[i]}" "${values[i]}")
  done
  ((${#fields[@]})) || return 0
  { builtin printf 'a\0%s\0%s\0' "${fields[@]}" && builtin printf '\0'; } 2>/dev/null 1<>"$__cmdaid_slot/aliases" || return 0
  __cmdaid_generation=" $((++__cmdaid_written))"
}

# --- the canary -------------------------------------------------------------------------------------------------------

# Shows whether lines are stopped: asks about one that every policy refuses, and tells the daemon what came of it.
__cmdaid_canary() {
  local - IFS=''
  set +aeux
  if ! [[ $__cmdaid_ready && -e $__cmdaid_alive && -p $__cmdaid_slot/req ]] && ! __cmdaid_reach; then
    __cmdaid_canary=failed
    return 0
  fi
  __cmdaid_proven=1 __cmdaid_canary=failed
  if [[ ${__cmdaid_ble_told-} ]]; then # an answer would not show that lines are stopped
    __cmdaid_tell K failed 0
    __cmdaid_canary=
    return 0
  fi
  __cmdaid_digit=$(((__cmdaid_digit + 1) % 10))
  __cmdaid_answer='' __cmdaid_byte='' __cmdaid_started=${EPOCHREALTIME-}
  if ! builtin read -t 0 -u 1 || __cmdaid_settle; then
    builtin printf '1Q%d\0%s\0%s\0%s\0' "$__cmdaid_digit" "${PWD:0:4096}" cmdaid-canary '0 c'
    builtin read -r -N 1 -t "$__cmdaid_wait" -u 9 __cmdaid_byte
  fi 1<>"$__cmdaid_slot/req" 9<>"$__cmdaid_slot/rep"
  __cmdaid_await
  case $__cmdaid_answer in
    refuse) __cmdaid_canary=enforced ;;
    run | warn) __cmdaid_canary=observing ;;
  esac
  # A daemon that let us wait is told when it is back.
  if [[ $__cmdaid_answer ]]; then __cmdaid_sung; else __cmdaid_hang; fi
}

__cmdaid_sung() {
  __cmdaid_tell K "$__cmdaid_canary" 0
  # One that nobody answered is sent again.
  [[ $__cmdaid_canary != failed ]] || __cmdaid_proven='' __cmdaid_due=1
  __cmdaid_canary=
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
  [[ -f $__cmdaid_slot/why ]] || return 0 # opening anything else could block
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
  __cmdaid_due=1
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
  __cmdaid_due=1
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
