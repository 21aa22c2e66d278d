# cmdaid for interactive zsh: each command line is judged by the daemon before any part of it runs.
#
# What a hook may and may not do is in docs/format/hook.md, with the protocol. The preexec hook sees each accepted line
# once (a multi-line paste is one line). It stops one by SIGINT to this shell: the main loop keeps that as a user's
# interrupt and runs nothing. Nothing here forks for each command, nothing writes where it could block, and nothing waits
# longer than 50 ms, once, for a daemon that does not answer.
#
# Time goes where system calls are. zsh runs an assignment, `[[ … ]]` and `(( … ))` without any; each builtin, function
# call, `if`, `local` and redirection costs those of a job. So the two functions that every line runs through are lists of
# the former with one builtin for each frame, and what is not usual stands in functions of its own. Numbers with a fraction
# stay in arithmetic: zsh switches its locale to write or read one as text.

# The file reads itself again under options of its own. The functions keep those: zsh sets them when one is called, brings
# the person's back when it ends, and neither takes a system call. Without multibyte the lengths below are bytes. Nothing
# that comes from the environment has the type of __cmdaid_pass, which is 2 when cmdaid-env.zsh takes the functions.
if [[ ${(t)__cmdaid_pass-} != integer* ]]; then
  [[ -o interactive ]] || 'builtin' 'return' 0
  # It lets nobody write into a file or a FIFO.
  if [[ -o restricted ]]; then
    'builtin' 'print' -ru2 -- 'cmdaid: this zsh is restricted: commands run unchecked'
    'builtin' 'return' 1
  fi
  # The process id tells a second sourcing in this shell from variables that came in through the environment.
  if [[ ${__cmdaid_pid-} == $$ && ${+functions[__cmdaid_unload]} == 1 ]]; then 'builtin' 'return' 0; fi
  'builtin' 'typeset' -gi +x __cmdaid_pass=1
  __cmdaid_file=${(%):-%x}
  'builtin' 'emulate' -R zsh -o extended_glob -o no_multibyte -o no_aliases -c \
    'builtin source "$__cmdaid_file"; builtin unset __cmdaid_file __cmdaid_pass'
  'builtin' 'return' 0
fi

if ! builtin zmodload zsh/system zsh/datetime 2>/dev/null; then
  (( __cmdaid_pass == 2 )) ||
    builtin print -ru2 -- 'cmdaid: this zsh lacks the module zsh/system: commands run unchecked'
  builtin return 1
fi

builtin typeset -g +x __cmdaid_pid=$$ __cmdaid_interactive=1 __cmdaid_dir
# The rule of src/core/paths.ts.
if [[ -n ${XDG_RUNTIME_DIR-} ]]; then
  __cmdaid_dir=$XDG_RUNTIME_DIR/cmdaid
elif [[ $OSTYPE == darwin* && -n ${TMPDIR-} ]]; then
  __cmdaid_dir=${TMPDIR%/}/cmdaid
else
  __cmdaid_dir=/tmp/cmdaid-$EUID
fi
builtin typeset -gF +x __cmdaid_wait=0.05  # seconds to wait for an answer: HOOK_WAIT_MS of src/core/limits.ts
builtin typeset -g +x __cmdaid_slot=       # our session's folder, once we have one
builtin typeset -g +x __cmdaid_ready=      # the line of `ready` of the daemon we talk to; empty: nobody to talk to
builtin typeset -g +x __cmdaid_hung=       # the same of a daemon that let us wait
builtin typeset -g +x __cmdaid_said=       # the person was told that protection is lost
builtin typeset -g +x __cmdaid_asked=      # n of a line that was asked and has not ended
builtin typeset -g +x __cmdaid_late=       # n of the line whose answer did not come in time
builtin typeset -g +x __cmdaid_confirming= # n of a confirm that waits for the person
builtin typeset -g +x __cmdaid_text=       # the line that is asked about
builtin typeset -g +x __cmdaid_byte=       # what the daemon wrote last
builtin typeset -g +x __cmdaid_answer= __cmdaid_refused= __cmdaid_ended=
builtin typeset -g +x __cmdaid_int=        # what brings the person's INT trap back
builtin typeset -g +x __cmdaid_aliases=    # the aliases as they were written to the slot
builtin typeset -gi +x __cmdaid_generation=0 # of that writing
builtin typeset -g +x __cmdaid_marker=     # exists while what is remembered counts; empty: nothing is remembered
builtin typeset -g +x __cmdaid_key= __cmdaid_again= __cmdaid_extra=
builtin typeset -gi +x __cmdaid_remembered=0
builtin typeset -gA +x __cmdaid_allowed    # directory and line of what was allowed under this policy
builtin typeset -gi +x __cmdaid_n=0        # command lines so far, also those that nobody was asked about
builtin typeset -gi +x __cmdaid_digit=0    # of the last ask
builtin typeset -gi +x __cmdaid_sent=0     # bytes of the ask that the FIFO took
builtin typeset -gF +x __cmdaid_started=0  # when it was written
builtin typeset -g +x __cmdaid_unproved=1  # no canary was sent yet, or `failed`: none was answered
# How FIFOs are opened so that they refuse what they have no room for. zsh before 5.9 cannot: see __cmdaid_room.
builtin typeset -g +x __cmdaid_nonblock=,nonblock __cmdaid_full=
if [[ $ZSH_VERSION != (<6->|5.<9->)* ]]; then
  __cmdaid_nonblock=
  builtin zmodload zsh/zselect
fi
builtin typeset -gi +x __cmdaid_w=-1 __cmdaid_r=-1 # request and answer FIFO, close-on-exec
# The letters of each answer, in the order of the sequence digits.
builtin typeset -g +x __cmdaid_run=abcdefghij __cmdaid_warn=klmnopqrst
builtin typeset -g +x __cmdaid_refuse=ABCDEFGHIJ __cmdaid_confirm=KLMNOPQRST

# --- around each line -------------------------------------------------------------------------------------------------

# A line that was allowed here before runs, and the daemon is told. Else asks about it and waits. What is not usual goes to
# `__cmdaid_settle`: no daemon yet, a long line, any answer but "run it". In some lines an alias may stand: none does where zsh
# has expanded the line ($3) to what was typed ($1) and nothing in it is read once more when it runs, as substitutions and the
# words of `eval` are. For others the daemon has to know the aliases, and with other ones it is another line.
# __cmdaid_again is 1 when the daemon was told, 2 when it was asked and said yes.
__cmdaid_preexec() {
  __cmdaid_text=${1:-$3} __cmdaid_asked= __cmdaid_byte= __cmdaid_again= __cmdaid_key="$PWD"$'\0'"$3" __cmdaid_extra=p
  (( __cmdaid_n += 1, __cmdaid_digit = (__cmdaid_digit + 1) % 10, __cmdaid_sent = 0, __cmdaid_started = EPOCHREALTIME ))
  [[ -z $__cmdaid_marker || -e $__cmdaid_marker ]] || __cmdaid_learn
  [[ $__cmdaid_text == "$3" &&
    $3 != *([\`\(\{]|[\$a-z][\'\"\\]##[a-z]|eval|trap|emulate|sched|source|functions|.[[:blank:]])* ]] ||
    __cmdaid_with_aliases
  [[ -n $__cmdaid_allowed[$__cmdaid_key] && $PWD$__cmdaid_text$3 != *$'\0'* && -n $__cmdaid_ready && -z $__cmdaid_said &&
    -p $__cmdaid_slot/req ]] &&
    builtin syswrite -o $__cmdaid_w -- \
      "1A$__cmdaid_digit"$'\0'"$PWD"$'\0'"$__cmdaid_text"$'\0'"$__cmdaid_n $__cmdaid_extra"$'\0' && __cmdaid_again=1
  [[ -z $__cmdaid_again && -n $__cmdaid_ready && -z $__cmdaid_said && -n $__cmdaid_nonblock && -p $__cmdaid_slot/req &&
    $PWD$__cmdaid_text$3 != *$'\0'* ]] &&
    (( $#__cmdaid_text + $#PWD <= 4000 )) &&
    builtin syswrite -c __cmdaid_sent -o $__cmdaid_w -- \
      "1Q$__cmdaid_digit"$'\0'"$PWD"$'\0'"$__cmdaid_text"$'\0'"$__cmdaid_n $__cmdaid_extra"$'\0' &&
    builtin sysread -s 8 -i $__cmdaid_r -t __cmdaid_wait __cmdaid_byte &&
    [[ $__cmdaid_byte == $__cmdaid_run[__cmdaid_digit+1] ]] && __cmdaid_again=2 || [[ -n $__cmdaid_again ]] ||
    __cmdaid_settle
  __cmdaid_asked=$__cmdaid_n
  # ALLOW_CACHE_LENGTH_MAX and ALLOW_CACHE_LINES_MAX of src/core/limits.ts
  (( __cmdaid_again == 2 && $#__cmdaid_marker && $#__cmdaid_key <= 900 )) &&
    (( (__cmdaid_remembered += 1) <= 256 || (__cmdaid_remembered = 0) )) && __cmdaid_allowed[$__cmdaid_key]=1
  (( __cmdaid_remembered )) || __cmdaid_allowed=()
}

# At the prompt: the line has ended. An assignment comes last: another status would fire an ERR trap, and zsh itself
# keeps that of the line for the next function.
__cmdaid_precmd() {
  __cmdaid_ended="$? ${(j: :)pipestatus}"
  [[ -n $__cmdaid_slot && -n $__cmdaid_nonblock && -z $__cmdaid_int$__cmdaid_confirming$__cmdaid_unproved ]] ||
    __cmdaid_prompt
  [[ -z $__cmdaid_asked || -z $__cmdaid_ready ]] ||
    builtin syswrite -o $__cmdaid_w -- \
      "1E$__cmdaid_digit"$'\0'"${PWD[1,3000]//$'\0'}"$'\0'"$__cmdaid_ended"$'\0'"$__cmdaid_asked"$'\0' || __cmdaid_leave
  __cmdaid_asked=
}

# An alias may stand in the line.
__cmdaid_with_aliases() {
  [[ -n $__cmdaid_ready && -p $__cmdaid_slot/req ]] && __cmdaid_tell_aliases && __cmdaid_extra="p $__cmdaid_generation"
  __cmdaid_key+=$'\0'"$__cmdaid_text"$'\0'"$__cmdaid_extra"
}

# Asks in full, or waits for the rest of an answer, and does what it says.
__cmdaid_settle() {
  __cmdaid_ask p
  __cmdaid_asked=$__cmdaid_n
  __cmdaid_refused=
  case $__cmdaid_answer in
    ('')
      __cmdaid_lost
      return 0
      ;;
    (warn) __cmdaid_explain ;;
    (refuse)
      __cmdaid_explain
      __cmdaid_refused=1
      ;;
    (confirm)
      __cmdaid_explain
      __cmdaid_confirm
      ;;
  esac
  [[ -z $__cmdaid_refused ]] || __cmdaid_cancel
}

# What a prompt has to do now and then.
__cmdaid_prompt() {
  __cmdaid_unshield
  [[ -z $__cmdaid_confirming ]] || __cmdaid_reason ''
  [[ -n $__cmdaid_slot && -z $__cmdaid_unproved ]] || __cmdaid_reach || :
  if [[ -n $__cmdaid_unproved && -n $__cmdaid_ready ]]; then
    # A canary that got no answer is told of now that there is somebody to tell, and sent again.
    [[ $__cmdaid_unproved != failed ]] || __cmdaid_tell K failed 0
    __cmdaid_unproved=
    __cmdaid_canary
  fi
  if [[ -z $__cmdaid_nonblock && -n $__cmdaid_asked && -n $__cmdaid_ready ]]; then
    __cmdaid_tell E $__cmdaid_ended $__cmdaid_asked
    __cmdaid_asked=
  fi
  return 0
}

# A session that ends says so.
__cmdaid_zshexit() {
  [[ -z $__cmdaid_ready || $$ != $sysparams[pid] ]] || __cmdaid_tell X '' $__cmdaid_n
}

# --- asking -----------------------------------------------------------------------------------------------------------

# __cmdaid_ask FORM: whether __cmdaid_text may run as line n. Sets __cmdaid_answer to run, warn, refuse or confirm, or to
# nothing when there is no verdict. Continues where __cmdaid_preexec came to: __cmdaid_sent says whether it has asked.
__cmdaid_ask() {
  integer tries outcome
  __cmdaid_answer=
  for tries in 1 2; do
    outcome=0
    if (( ! __cmdaid_sent )); then
      __cmdaid_reach || return 0
      __cmdaid_send $1
    fi
    (( ! __cmdaid_sent )) || __cmdaid_listen || outcome=$?
    [[ -z $__cmdaid_answer ]] || break
    if (( outcome == 4 || tries == 2 && outcome != 5 )); then
      [[ $1 == c ]] || __cmdaid_late=$__cmdaid_n
      __cmdaid_hang
      return 0
    fi
    # Nobody serves the other end any more: the daemon has ended or given the slot up. There may be another one. Or it is
    # our end that is gone: a careless script closes descriptors that are not its own.
    __cmdaid_leave
  done
  if [[ -n $__cmdaid_said && -n $__cmdaid_answer && $1 == p ]]; then
    __cmdaid_said=
    builtin print -ru2 -- 'cmdaid: commands are checked again'
  fi
  return 0
}

# Sets __cmdaid_sent to 0 when the FIFO has no room.
__cmdaid_send() {
  local type=Q text=${__cmdaid_text//$'\0'} cwd=${PWD[1,3000]//$'\0'} extra="$__cmdaid_n $1"
  if [[ $1 == p ]] && __cmdaid_tell_aliases; then extra+=" $__cmdaid_generation"; fi
  if (( $#text + $#cwd > 4000 )); then
    type=S
    __cmdaid_put cmd $text$'\0'
    text=
  fi
  (( __cmdaid_started = EPOCHREALTIME ))
  [[ -n $__cmdaid_nonblock ]] || __cmdaid_room || return 0
  builtin syswrite -c __cmdaid_sent -o $__cmdaid_w -- \
    "1$type$__cmdaid_digit"$'\0'"$cwd"$'\0'"$text"$'\0'"$extra"$'\0' || __cmdaid_sent=0
}

# Reads until the answer to this ask. Otherwise the status is 4 when the time is over and 5 when there is no daemon.
__cmdaid_listen() {
  float left
  while true; do
    # The answer to an earlier ask may lie before ours.
    case $__cmdaid_byte in
      (*$__cmdaid_run[__cmdaid_digit+1]*) __cmdaid_answer=run ;;
      (*$__cmdaid_warn[__cmdaid_digit+1]*) __cmdaid_answer=warn ;;
      (*$__cmdaid_refuse[__cmdaid_digit+1]*) __cmdaid_answer=refuse ;;
      (*$__cmdaid_confirm[__cmdaid_digit+1]*) __cmdaid_answer=confirm ;;
    esac
    [[ -z $__cmdaid_answer ]] || return 0
    (( (left = __cmdaid_started + __cmdaid_wait - EPOCHREALTIME) > 0 )) || return 4
    builtin sysread -s 8 -i $__cmdaid_r -t left __cmdaid_byte || return
  done
}

# Writes the aliases into the slot when they are others than those there. Fails when there are none.
__cmdaid_tell_aliases() {
  local now=$'\0'"${(pj:\0:kv)aliases}"$'\0\0'"${(pj:\0:kv)galiases}"$'\0\0'"${(pj:\0:kv)saliases}"
  local name value table=
  (( $#now > 5 )) || return 1
  [[ $now != $__cmdaid_aliases ]] || return 0
  for name value in "${(@kv)aliases}"; do table+=a$'\0'${name//$'\0'}$'\0'${value//$'\0'}$'\0'; done
  for name value in "${(@kv)galiases}"; do table+=g$'\0'${name//$'\0'}$'\0'${value//$'\0'}$'\0'; done
  for name value in "${(@kv)saliases}"; do table+=s$'\0'${name//$'\0'}$'\0'${value//$'\0'}$'\0'; done
  __cmdaid_put aliases $table$'\0'
  __cmdaid_aliases=$now
  (( __cmdaid_generation += 1 ))
}

# Shows that lines are stopped, by one that every policy refuses. Prints nothing.
__cmdaid_canary() {
  local __cmdaid_text=cmdaid-canary __cmdaid_byte= __cmdaid_answer= __cmdaid_said=1 outcome=failed
  integer __cmdaid_n=0 __cmdaid_sent=0
  __cmdaid_digit=$(( (__cmdaid_digit + 1) % 10 ))
  __cmdaid_ask c
  case $__cmdaid_answer in
    (refuse) outcome=enforced ;;
    (run|warn|confirm) outcome=observing ;;
  esac
  if [[ -n $__cmdaid_ready ]]; then
    __cmdaid_tell K $outcome 0
  else
    __cmdaid_unproved=failed
  fi
}

# --- the channel ------------------------------------------------------------------------------------------------------

# Whether there is a daemon to ask. Never a wait, never a fork.
__cmdaid_reach() {
  if [[ -n $__cmdaid_ready ]]; then
    [[ ! -p $__cmdaid_slot/req ]] || return 0
    __cmdaid_leave
  fi
  local ready=
  __cmdaid_serving || return 1
  if [[ $ready == $__cmdaid_hung && -p $__cmdaid_slot/req ]] && ! __cmdaid_drain && ! __cmdaid_emptied; then
    __cmdaid_close
    return 1
  fi
  __cmdaid_join || return 1
  __cmdaid_drain || :
  __cmdaid_ready=$ready
  __cmdaid_hung= __cmdaid_full=
  [[ -z $__cmdaid_late ]] || __cmdaid_tell U '' $__cmdaid_late
  __cmdaid_late=
  (( ! __cmdaid_interactive )) || __cmdaid_learn
  [[ -n $__cmdaid_ready ]]
}

# Forgets what was allowed, and learns what says that the policy of now is in force.
__cmdaid_learn() {
  local ready=
  __cmdaid_allowed=() __cmdaid_remembered=0 __cmdaid_marker=
  __cmdaid_serving && [[ ${ready% *} == ${__cmdaid_ready% *} && -e $__cmdaid_dir/allow/${ready/ /.} ]] || return 0
  __cmdaid_marker=$__cmdaid_dir/allow/${ready/ /.}
}

# Sets `ready` of its caller to the line of the daemon that serves now.
__cmdaid_serving() {
  # A folder of another user (after sudo or su) is not ours to use, and a link in /tmp could lead anywhere.
  [[ -O $__cmdaid_dir && ! -L $__cmdaid_dir && -f $__cmdaid_dir/ready ]] || return 1
  { IFS= builtin read -r ready <$__cmdaid_dir/ready } 2>/dev/null || return 1
  [[ $ready == <->' '<-> ]] && builtin kill -0 ${ready%% *} 2>/dev/null
}

# Takes what lies in the answer FIFO; whether anything did. A byte nobody waits for means that the daemon is back.
__cmdaid_drain() {
  local bytes
  __cmdaid_open && builtin sysread -i $__cmdaid_r -t 0 bytes
}

# The request side is opened read-write: no SIGPIPE, whoever ends. The answer side only to read: with the daemon, its last
# writer is gone, and whoever waits learns that at once. Both stay open as long as the daemon answers: what waits in a FIFO
# is lost once neither side has it open, so a daemon that starts later finds nothing old.
__cmdaid_open() {
  (( __cmdaid_w < 0 )) || return 0
  [[ -n $__cmdaid_slot && -p $__cmdaid_slot/req && -p $__cmdaid_slot/rep ]] || return 1
  integer writer=-1
  # Opening only to read does not block while there is a writer: for that moment it is us.
  builtin sysopen -rw -o cloexec$__cmdaid_nonblock -u __cmdaid_w $__cmdaid_slot/req 2>/dev/null &&
    builtin sysopen -rw -o cloexec -u writer $__cmdaid_slot/rep 2>/dev/null &&
    builtin sysopen -r -o cloexec -u __cmdaid_r $__cmdaid_slot/rep 2>/dev/null
  (( writer < 0 )) || builtin exec {writer}>&-
  (( __cmdaid_r < 0 )) || return 0
  __cmdaid_close
  return 1
}

__cmdaid_close() {
  (( __cmdaid_w < 0 )) || builtin exec {__cmdaid_w}>&-
  (( __cmdaid_r < 0 )) || builtin exec {__cmdaid_r}>&-
  __cmdaid_w=-1 __cmdaid_r=-1
} 2>/dev/null

# Before zsh 5.9 a write into a full FIFO blocks. So nothing is written while earlier frames lie in it unread; the daemon
# has as long as for an answer to take them. Then it counts as hung, until it has taken them: it owes no answer.
__cmdaid_room() {
  local byte
  local -a unread
  float pause=0.001 end
  (( end = EPOCHREALTIME + __cmdaid_wait ))
  while builtin zselect -t 0 -a unread -r $__cmdaid_w 2>/dev/null; do
    if (( EPOCHREALTIME > end )); then
      __cmdaid_full=1
      __cmdaid_hang
      return 1
    fi
    # Nobody has asked, so nothing comes: this is a short sleep. Where no daemon is left, reading the answer says so.
    builtin sysread -i $__cmdaid_r -t pause byte || (( $? == 4 )) || return 0
  done
  return 0
}

__cmdaid_emptied() {
  local -a unread
  [[ -n $__cmdaid_full ]] && ! builtin zselect -t 0 -a unread -r $__cmdaid_w 2>/dev/null
}

# The daemon that we talked to is gone.
__cmdaid_leave() {
  __cmdaid_ready=
  __cmdaid_sent=0
  __cmdaid_byte=
  __cmdaid_close
}

# The daemon let us wait: nothing more is sent until it speaks or another one serves.
__cmdaid_hang() {
  local ready=$__cmdaid_ready
  # It may have started since we came to know one.
  __cmdaid_serving || :
  __cmdaid_hung=$ready
  __cmdaid_leave
}

# Makes one of the daemon's free slots ours: whoever creates `claimed` (O_EXCL) has it.
__cmdaid_join() {
  local slot
  integer fd
  __cmdaid_open && return 0
  __cmdaid_slot=
  for slot in $__cmdaid_dir/s/[0-9a-f]##(N/); do
    [[ ! -e $slot/claimed && -p $slot/req && -p $slot/rep ]] || continue
    builtin sysopen -w -o creat,excl,cloexec -m 600 -u fd $slot/claimed 2>/dev/null || continue
    builtin syswrite -o $fd $$$'\n'
    builtin exec {fd}>&-
    __cmdaid_slot=$slot
    __cmdaid_aliases=
    __cmdaid_open || break
    __cmdaid_hello
    return 0
  done
  __cmdaid_slot=
  return 1
}

__cmdaid_hello() {
  local name login=0
  local -a markers
  for name in AGENT AI_AGENT AMP_CURRENT_THREAD_ID ANTIGRAVITY_AGENT AUGMENT_AGENT CLAUDECODE CLAUDE_CODE_ENTRYPOINT \
    CODEX_SANDBOX CODEX_THREAD_ID COPILOT_AGENT CURSOR_AGENT GEMINI_CLI GOOSE_TERMINAL OPENCODE BUILDKITE CI CIRCLECI \
    GITHUB_ACTIONS GITLAB_CI JENKINS_URL; do
    (( ! ${(P)+name} )) || markers+=($name)
  done
  [[ ! -o login ]] || login=1
  __cmdaid_tell H "shell=zsh
version=$ZSH_VERSION
pid=$$
ppid=$PPID
tty=${TTY#/dev/}
interactive=$__cmdaid_interactive
login=$login
options=$-
markers=${(j:,:)markers}
hook=1" 0
}

# __cmdaid_tell TYPE TEXT EXTRA: one frame that nobody answers, of at most 4,096 bytes, which a pipe takes whole or not at
# all. A FIFO without room refuses it at once.
__cmdaid_tell() {
  [[ -n $__cmdaid_nonblock ]] || __cmdaid_room || return 0
  builtin syswrite -o $__cmdaid_w -- \
    "1$1$__cmdaid_digit"$'\0'"${PWD[1,3000]//$'\0'}"$'\0'"${2//$'\0'}"$'\0'"$3"$'\0' || __cmdaid_leave
}

# __cmdaid_put NAME TEXT: writes a plain file of the slot.
__cmdaid_put() {
  integer fd
  [[ -n $__cmdaid_nonblock || ! -p $__cmdaid_slot/$1 ]] || return
  builtin sysopen -w -o creat,truncate,nofollow,cloexec$__cmdaid_nonblock -m 600 -u fd $__cmdaid_slot/$1 2>/dev/null ||
    return
  builtin syswrite -o $fd -- "$2"
  builtin exec {fd}>&-
}

# --- the person -------------------------------------------------------------------------------------------------------

__cmdaid_lost() {
  [[ -z $__cmdaid_said ]] || return 0
  __cmdaid_said=1
  if [[ -n $__cmdaid_hung ]] && builtin kill -0 ${__cmdaid_hung%% *} 2>/dev/null; then
    builtin print -ru2 -- 'cmdaid: the daemon does not answer: commands run unchecked'
  else
    builtin print -ru2 -- 'cmdaid: the daemon is not running: commands run unchecked'
  fi
}

__cmdaid_explain() {
  local why= line
  integer fd
  [[ -f $__cmdaid_slot/why ]] || return 0 # opening anything else could block
  builtin sysopen -r -o cloexec -u fd $__cmdaid_slot/why 2>/dev/null || return 0
  builtin sysread -i $fd -s 4096 why
  builtin exec {fd}>&-
  for line in ${(f)why}; do builtin print -ru2 -- "cmdaid: ${line#cmdaid: }"; done
}

# Asks the person for a reason. None, Ctrl-C or no terminal: the line does not run.
__cmdaid_confirm() {
  local reason=
  __cmdaid_confirming=$__cmdaid_n
  # Until a reason is there, leaving this function in any way means no.
  __cmdaid_refused=1
  __cmdaid_shield
  {
    builtin print -rn -- 'cmdaid: reason (empty to cancel): ' >/dev/tty
    IFS= builtin read -r reason </dev/tty || reason=
  } 2>/dev/null
  __cmdaid_unshield
  [[ $reason != *[^[:space:]]* ]] || __cmdaid_refused=
  __cmdaid_reason ${reason[1,1000]}
}

__cmdaid_reason() {
  __cmdaid_tell R "$1" $__cmdaid_confirming
  __cmdaid_confirming=
}

# Takes the person's trap on INT out of the way, until the next prompt at the latest: Ctrl-C would run it and no more.
# A command substitution would list no traps, so the list goes through a file; it restores all of them, functions too.
__cmdaid_shield() {
  builtin trap >|$__cmdaid_slot/note
  __cmdaid_int=$(<$__cmdaid_slot/note)
  [[ $__cmdaid_int == *INT* ]] || __cmdaid_int=
  [[ -z $__cmdaid_int ]] || builtin trap - INT
} 2>/dev/null

__cmdaid_unshield() {
  [[ -z $__cmdaid_int ]] || builtin eval $__cmdaid_int
  __cmdaid_int=
}

# Discards the line: the main loop keeps a user's interrupt. The preexec functions after ours do not run either.
__cmdaid_cancel() {
  __cmdaid_shield
  builtin kill -INT $$
}

# --- coming and going -------------------------------------------------------------------------------------------------

# Leaves this shell as it was before: `__cmdaid_unload`.
__cmdaid_unload() {
  add-zsh-hook -d preexec __cmdaid_preexec
  add-zsh-hook -d precmd __cmdaid_precmd
  add-zsh-hook -d zshexit __cmdaid_zshexit
  __cmdaid_forget
}

__cmdaid_forget() {
  __cmdaid_zshexit
  __cmdaid_close
  builtin unfunction -m '__cmdaid_*'
  builtin unset -m '__cmdaid_*'
}

(( __cmdaid_pass == 1 )) || builtin return 0
builtin autoload -Uz add-zsh-hook
add-zsh-hook preexec __cmdaid_preexec
add-zsh-hook precmd __cmdaid_precmd
add-zsh-hook zshexit __cmdaid_zshexit
