# cmdaid for interactive zsh: each command line is judged by the daemon before any part of it runs.
#
# What a hook may and may not do is in docs/format/hook.md, with the protocol. The preexec hook sees each accepted line
# once (a multi-line paste is one line). It stops one by SIGINT to this shell: the main loop keeps that as a user's
# interrupt and runs nothing. Nothing here forks for each command, nothing writes where it could block, and nothing waits
# longer than 50 ms, once, for a daemon that does not answer.

[[ -o interactive ]] || 'builtin' 'return' 0
# The process id tells a second sourcing in this shell from variables that came in through the environment.
if [[ ${__cmdaid_pid-} == $$ && ${+functions[__cmdaid_unload]} == 1 ]]; then 'builtin' 'return' 0; fi

# Functions are read with aliases expanded and under the options of the moment; `allexport` would export our variables.
'builtin' 'typeset' -ga __cmdaid_options
__cmdaid_options=()
[[ ! -o aliases ]] || __cmdaid_options+=(aliases)
[[ ! -o allexport ]] || __cmdaid_options+=(allexport)
[[ ! -o errexit ]] || __cmdaid_options+=(errexit)
[[ ! -o nounset ]] || __cmdaid_options+=(nounset)
[[ ! -o ksharrays ]] || __cmdaid_options+=(ksharrays)
[[ ! -o ignorebraces ]] || __cmdaid_options+=(ignorebraces)
'builtin' 'setopt' no_aliases no_allexport no_errexit unset no_ksharrays no_ignorebraces

if builtin zmodload zsh/system zsh/parameter zsh/datetime 2>/dev/null; then
  typeset -g +x __cmdaid_pid=$$ __cmdaid_dir
  # The rule of src/core/paths.ts.
  if [[ -n ${XDG_RUNTIME_DIR-} ]]; then
    __cmdaid_dir=$XDG_RUNTIME_DIR/cmdaid
  elif [[ $OSTYPE == darwin* && -n ${TMPDIR-} ]]; then
    __cmdaid_dir=${TMPDIR%/}/cmdaid
  else
    __cmdaid_dir=/tmp/cmdaid-$EUID
  fi
  typeset -gF +x __cmdaid_wait=0.05  # seconds to wait for an answer: HOOK_WAIT_MS of src/core/limits.ts
  typeset -g +x __cmdaid_slot=       # our session's folder, once we have one
  typeset -g +x __cmdaid_ready=      # the line of `ready` of the daemon we talk to; empty: nobody to talk to
  typeset -g +x __cmdaid_hung=       # the same of a daemon that let us wait
  typeset -g +x __cmdaid_said=       # the person was told that protection is lost
  typeset -g +x __cmdaid_asked=      # n of a line that was asked and has not ended
  typeset -g +x __cmdaid_late=       # n of the line whose answer did not come in time
  typeset -g +x __cmdaid_confirming= # n of a confirm that waits for the person
  typeset -g +x __cmdaid_answer= __cmdaid_refused=
  typeset -g +x __cmdaid_int=        # what brings the person's INT trap back
  typeset -gi +x __cmdaid_n=0        # command lines so far, also those that nobody was asked about
  typeset -gi +x __cmdaid_digit=0    # of the last ask
  typeset -gi +x __cmdaid_w=-1 __cmdaid_r=-1 # request and answer FIFO, close-on-exec

  # --- the channel ----------------------------------------------------------------------------------------------------

  # Whether there is a daemon to ask. Two system calls when all is well; never a wait, never a fork.
  __cmdaid_reach() {
    if [[ -n $__cmdaid_ready ]]; then
      builtin kill -0 ${__cmdaid_ready%% *} 2>/dev/null && [[ -p $__cmdaid_slot/req ]] && return 0
      __cmdaid_ready=
      __cmdaid_close
    fi
    # A folder of another user (after sudo or su) is not ours to use, and a link in /tmp could lead anywhere.
    [[ -O $__cmdaid_dir && ! -L $__cmdaid_dir && -f $__cmdaid_dir/ready ]] || return 1
    local ready=
    { IFS= builtin read -r ready <$__cmdaid_dir/ready } 2>/dev/null || return 1
    [[ $ready == <->' '<-> ]] || return 1
    builtin kill -0 ${ready%% *} 2>/dev/null || return 1
    if [[ $ready == $__cmdaid_hung && -p $__cmdaid_slot/req ]] && ! __cmdaid_drain; then
      __cmdaid_close
      return 1
    fi
    __cmdaid_join || return 1
    __cmdaid_drain
    __cmdaid_ready=$ready
    __cmdaid_hung=
    [[ -z $__cmdaid_late ]] || __cmdaid_tell U '' $__cmdaid_late
    __cmdaid_late=
    return 0
  }

  # Takes what lies in the answer FIFO; whether anything did. A byte nobody waits for means that the daemon is back.
  __cmdaid_drain() {
    local bytes
    __cmdaid_open && sysread -i $__cmdaid_r -t 0 bytes 2>/dev/null
  }

  # The FIFOs stay open as long as the daemon answers: what waits in one is lost once neither side has it open, so a
  # daemon that starts later finds nothing old.
  __cmdaid_open() {
    (( __cmdaid_w < 0 )) || return 0
    [[ -n $__cmdaid_slot && -p $__cmdaid_slot/req && -p $__cmdaid_slot/rep ]] || return 1
    sysopen -rw -o cloexec,nonblock -u __cmdaid_w $__cmdaid_slot/req 2>/dev/null &&
      sysopen -rw -o cloexec,nonblock -u __cmdaid_r $__cmdaid_slot/rep 2>/dev/null && return 0
    __cmdaid_close
    return 1
  }

  __cmdaid_close() {
    (( __cmdaid_w < 0 )) || exec {__cmdaid_w}>&-
    (( __cmdaid_r < 0 )) || exec {__cmdaid_r}>&-
    __cmdaid_w=-1 __cmdaid_r=-1
  } 2>/dev/null

  # Makes one of the daemon's free slots ours: whoever creates `claimed` (O_EXCL) has it.
  __cmdaid_join() {
    local slot
    integer fd
    __cmdaid_open && return 0
    __cmdaid_slot=
    for slot in $__cmdaid_dir/s/[0-9a-f]##(N/); do
      [[ ! -e $slot/claimed && -p $slot/req && -p $slot/rep ]] || continue
      sysopen -w -o creat,excl,cloexec -m 600 -u fd $slot/claimed 2>/dev/null || continue
      syswrite -o $fd $$$'\n'
      exec {fd}>&-
      __cmdaid_slot=$slot
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
interactive=1
login=$login
options=$-
markers=${(j:,:)markers}
hook=1" 0
  }

  # __cmdaid_tell TYPE TEXT EXTRA: one frame that nobody answers. A FIFO without room refuses it at once.
  __cmdaid_tell() {
    __cmdaid_write "1$1$__cmdaid_digit"$'\0'"${PWD[1,3000]//$'\0'}"$'\0'"${2//$'\0'}"$'\0'"$3"$'\0' || __cmdaid_hang
  }

  # At most 4,096 bytes, which a pipe takes whole or not at all.
  __cmdaid_write() {
    syswrite -o $__cmdaid_w -- "$1" 2>/dev/null
  }

  __cmdaid_hang() {
    __cmdaid_hung=$__cmdaid_ready
    __cmdaid_ready=
    __cmdaid_close
  }

  # __cmdaid_ask TEXT: asks whether line n may run. Sets __cmdaid_answer to run, warn, refuse or confirm, or to nothing
  # when there is no verdict.
  __cmdaid_ask() {
    local type=Q text=$1 byte cwd=${PWD[1,3000]}
    float started=$EPOCHREALTIME left=$__cmdaid_wait
    __cmdaid_answer=
    if ! __cmdaid_reach; then
      __cmdaid_lost 'the daemon is not running'
      return
    fi
    [[ $text != *$'\0'* ]] || text=${text//$'\0'}
    if (( $#text + $#cwd > 4000 )); then
      type=S
      { print -rn -- $text$'\0' >|$__cmdaid_slot/cmd } 2>/dev/null
      text=
    fi
    if __cmdaid_write "1$type$__cmdaid_digit"$'\0'"$cwd"$'\0'"$text"$'\0'"$__cmdaid_n p"$'\0'; then
      while sysread -i $__cmdaid_r -s 1 -t $left byte 2>/dev/null; do
        case $byte in
          ($__cmdaid_run[__cmdaid_digit+1]) __cmdaid_answer=run; break ;;
          ($__cmdaid_warn[__cmdaid_digit+1]) __cmdaid_answer=warn; break ;;
          ($__cmdaid_refuse[__cmdaid_digit+1]) __cmdaid_answer=refuse; break ;;
          ($__cmdaid_confirm[__cmdaid_digit+1]) __cmdaid_answer=confirm; break ;;
        esac
        # The answer to an earlier ask: read on, but no longer than for one.
        (( (left = started + __cmdaid_wait - EPOCHREALTIME) > 0 )) || break
      done
    fi
    if [[ -n $__cmdaid_answer ]]; then
      __cmdaid_asked=$__cmdaid_n
      if [[ -n $__cmdaid_said ]]; then
        __cmdaid_said=
        print -ru2 -- 'cmdaid: commands are checked again'
      fi
    else
      __cmdaid_late=$__cmdaid_n
      __cmdaid_hang
      __cmdaid_lost 'the daemon does not answer'
    fi
  }
  # The letters of each answer, in the order of the sequence digits.
  typeset -g +x __cmdaid_run=abcdefghij __cmdaid_warn=klmnopqrst __cmdaid_refuse=ABCDEFGHIJ __cmdaid_confirm=KLMNOPQRST

  __cmdaid_lost() {
    [[ -z $__cmdaid_said ]] || return
    __cmdaid_said=1
    print -ru2 -- "cmdaid: $1: commands run unchecked"
  }

  # --- the verdict ----------------------------------------------------------------------------------------------------

  # Does what the answer says; sets __cmdaid_refused when the line must not run.
  __cmdaid_obey() {
    __cmdaid_refused=
    case $__cmdaid_answer in
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
  }

  __cmdaid_explain() {
    local why= line
    integer fd
    sysopen -r -o cloexec -u fd $__cmdaid_slot/why 2>/dev/null || return
    sysread -i $fd -s 4096 why
    exec {fd}>&-
    for line in ${(f)why}; do print -ru2 -- "cmdaid: ${line#cmdaid: }"; done
  }

  # Asks the person for a reason. None, Ctrl-C or no terminal: the line does not run.
  __cmdaid_confirm() {
    local reason=
    __cmdaid_confirming=$__cmdaid_n
    # Until a reason is there, leaving this function in any way means no.
    __cmdaid_refused=1
    __cmdaid_shield
    {
      print -rn -- 'cmdaid: reason (empty to cancel): ' >/dev/tty
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
    [[ -z $__cmdaid_int ]] || eval $__cmdaid_int
    __cmdaid_int=
  }

  # Discards the line: the main loop keeps a user's interrupt.
  __cmdaid_cancel() {
    __cmdaid_shield
    builtin kill -INT $$
  }

  # --- around each line -----------------------------------------------------------------------------------------------

  # Without multibyte the lengths below are bytes.
  __cmdaid_preexec() {
    emulate -L zsh -o extendedglob -o no_multibyte
    setopt no_localtraps
    (( __cmdaid_n += 1 ))
    __cmdaid_digit=$(( (__cmdaid_digit + 1) % 10 ))
    # The first is empty when there is no history.
    __cmdaid_ask "${1:-$3}"
    __cmdaid_obey
    [[ -z $__cmdaid_refused ]] || __cmdaid_cancel
  }

  # At the prompt: the line has ended.
  __cmdaid_precmd() {
    local exit_status=$? pipe="${(j: :)pipestatus}"
    emulate -L zsh -o extendedglob -o no_multibyte
    setopt no_localtraps
    __cmdaid_unshield
    [[ -z $__cmdaid_confirming ]] || __cmdaid_reason ''
    if [[ -n $__cmdaid_asked && -n $__cmdaid_ready ]]; then
      __cmdaid_tell E "$exit_status $pipe" $__cmdaid_asked
    elif [[ -z $__cmdaid_slot ]]; then
      __cmdaid_reach
    fi
    __cmdaid_asked=
    return 0 # zsh itself keeps the status for the next function; another value would fire an ERR trap
  }

  # A session that ends says so.
  __cmdaid_zshexit() {
    emulate -L zsh
    [[ -z $__cmdaid_ready || $$ != $sysparams[pid] ]] || __cmdaid_tell X '' $__cmdaid_n
  }

  # Leaves this shell as it was before: `__cmdaid_unload`.
  __cmdaid_unload() {
    emulate -L zsh
    __cmdaid_zshexit
    __cmdaid_close
    add-zsh-hook -d preexec __cmdaid_preexec
    add-zsh-hook -d precmd __cmdaid_precmd
    add-zsh-hook -d zshexit __cmdaid_zshexit
    unfunction -m '__cmdaid_*'
    unset -m '__cmdaid_*'
  }

  # Refusing keeps the preexec functions after ours from running.
  autoload -Uz add-zsh-hook
  add-zsh-hook preexec __cmdaid_preexec
  add-zsh-hook precmd __cmdaid_precmd
  add-zsh-hook zshexit __cmdaid_zshexit
else
  builtin print -ru2 -- 'cmdaid: this zsh lacks the module zsh/system: commands run unchecked'
fi

[[ ${__cmdaid_options[(Ie)nounset]} == 0 ]] || setopt no_unset
__cmdaid_options=(${__cmdaid_options:#nounset})
(( ! $#__cmdaid_options )) || builtin setopt $__cmdaid_options
builtin unset __cmdaid_options
