# shellcheck shell=bash disable=SC2154,SC2034
# Beside ble.sh, for bash 4.4 and newer. Loaded by cmdaid.bash, or at the first prompt at which there is a ble.sh.
#
# While ble.sh is attached it reads the keys and runs the lines itself: bash sees neither, so that PS0 and the DEBUG trap
# stop nothing. What each of its lines passes through before it runs is the function that prepares it, to which we give
# an advice; the text that it then evaluates is ours to replace. PS0 and the trap are for the time after `ble-detach`.

__cmdaid_ble= # the version of ble.sh that was looked at
__cmdaid_ble_governs=
__cmdaid_ble_told=

# A sum in the index is 0 as long as ble.sh is not attached, and nothing else is in this array. ble.sh takes its meaning
# from HISTCMD for good, which is why the number of the history comes from a prompt escape.
# shellcheck disable=SC2016 # expanded by the prompt
{
  __cmdaid_strip_ps0
  __cmdaid_ps0='${__cmdaid_on[_ble_attached]:0:$((HISTCMD=\!,0))}'${__cmdaid_ps0//'${__cmdaid_on:+'/'${__cmdaid_on[_ble_attached]:+'}
  __cmdaid_ps0_last=${__cmdaid_ps0_last//'${__cmdaid_on:+'/'${__cmdaid_on[_ble_attached]:+'}
}

# Whether this ble.sh can be governed: 0.4, of 2023 or newer.
__cmdaid_ble_meet() {
  __cmdaid_ble=$BLE_VERSION __cmdaid_ble_governs=''
  builtin declare -F ble/function#advice ble-edit/bind/.check-detach blehook >/dev/null || return 0
  [[ $(builtin declare -f ble-edit/exec:gexec/.prologue) != *'_ble_edit_exec_BASH_COMMAND_eval='* ]] ||
    [[ ${bleopt_internal_exec_type-gexec} != gexec ]] || __cmdaid_ble_governs=1
}

# Again at each prompt, since a ble.sh that was loaded anew has lost it. Harmless once we are gone.
__cmdaid_ble_advise() {
  # shellcheck disable=SC2016 # expanded when it is called
  ble/function#advice around ble-edit/exec:gexec/.prologue '[[ ! ${__cmdaid_on-} ]] || __cmdaid_ble_line "${ADVICE_WORDS[1]}"
ble/function#advice/do
[[ ! ${__cmdaid_on-} || ! $__cmdaid_refused ]] || __cmdaid_ble_stop'
  # shellcheck disable=SC2016
  blehook POSTEXEC!='[[ ! ${__cmdaid_on-} ]] || __cmdaid_ble_ended'
  # shellcheck disable=SC2016
  ble/function#advice after ble-edit/bind/.check-detach '[[ ! ${__cmdaid_on-} || $_ble_attached ]] || __cmdaid_ble_left'
}

# A line is about to run.
__cmdaid_ble_line() {
  local - IFS=' '
  set +aeux
  __cmdaid_refused='' __cmdaid_due=1
  ((__cmdaid_n += 1, __cmdaid_digit = (__cmdaid_digit + 1) % 10))
  __cmdaid_ask p "$1"
  case $__cmdaid_answer in
    run) ;;
    confirm)
      __cmdaid_explain
      __cmdaid_ble_confirm
      ;;
    *) __cmdaid_obey ;;
  esac
} 1>&2

# In a child: Ctrl-C ends it before it can tell, and ble.sh keeps its own trap. A child of 5.3 that is ended so succeeds, so that
# success is no reason to run anything.
__cmdaid_ble_confirm() {
  __cmdaid_confirming=$__cmdaid_n __cmdaid_refused=1
  (
    builtin trap - INT
    __cmdaid_refused=
    __cmdaid_confirm
    [[ ! $__cmdaid_refused ]] || builtin exit 1
    builtin exit 2
  )
  case $? in
    2) __cmdaid_refused= ;;
    1) ;;
    *) __cmdaid_reason '' ;;
  esac
  __cmdaid_confirming=
}

# What runs instead of the line leaves `$_` as it was.
__cmdaid_ble_stop() {
  __cmdaid_refused=
  # shellcheck disable=SC2016 # expanded when it runs
  _ble_edit_exec_BASH_COMMAND_eval='__cmdaid_return 130 "$_"'
}

__cmdaid_ble_ended() {
  local - IFS=' ' number='\!'
  set +aeux
  __cmdaid_history=${number@P}
  [[ $__cmdaid_asked == "$__cmdaid_n" && $__cmdaid_ready ]] || return 0
  __cmdaid_tell E "$_ble_edit_exec_lastexit ${_ble_edit_exec_PIPESTATUS[*]}" "$__cmdaid_asked"
  __cmdaid_asked=
}

# The line after `ble-detach` comes without a prompt before it, like a further line of one paste, for which PS0 forks; and
# it may be one that the history does not get, for which there is the trap.
__cmdaid_ble_left() {
  __cmdaid_spent=1 __cmdaid_due=1
  if [[ $__cmdaid_native ]]; then
    __cmdaid_native uncounted # ble.sh has put lines of its own into the history
    return 0
  fi
  ((__cmdaid_version < 503)) || return 0
  if ((__cmdaid_version >= 500)); then
    __cmdaid_traced=1
    builtin set -T
  fi
  # shellcheck disable=SC2064
  builtin trap "$__cmdaid_trap" DEBUG
}

# --- the prompt -------------------------------------------------------------------------------------------------------

# Last at a prompt, where there is a ble.sh. Fails when bash itself reads the next line.
__cmdaid_ble_prompt() {
  local number='\!'
  if [[ ! ${_ble_attached-} && ! ${_ble_base_attach_from_prompt-} && "${FUNCNAME[*]}" != *ble/* ]]; then
    [[ ! $__cmdaid_ble_told ]] || __cmdaid_proven=''
    __cmdaid_ble_told=''
    HISTCMD=${number@P}
    return 1
  fi
  [[ $__cmdaid_ble == "${BLE_VERSION-}" ]] || __cmdaid_ble_meet
  [[ ! $__cmdaid_ble_governs ]] || __cmdaid_ble_advise
  # Before 5.1 some lines are not seen.
  if [[ ! $__cmdaid_ble_governs ]] || ((__cmdaid_version < 501)); then __cmdaid_ble_fail; fi
  __cmdaid_enter=__cmdaid_ended __cmdaid_hushed='' __cmdaid_armed=0
  __cmdaid_shown=$__cmdaid_n __cmdaid_asked=''
  __cmdaid_put_right
  __cmdaid_spent=1 __cmdaid_due=1
}

# Nothing stops a line here. The person is told, and so is the daemon: __cmdaid_canary would only show that it answers.
__cmdaid_ble_fail() {
  [[ ! $__cmdaid_ble_told ]] || return 0
  __cmdaid_ble_told=1 __cmdaid_proven=''
  builtin printf 'cmdaid: this ble.sh (%s) cannot be governed: commands run unchecked until ble-detach\n' "$BLE_VERSION" >&2
}

__cmdaid_ble_unload() {
  __cmdaid_strip_ps0
  # shellcheck disable=SC2016
  blehook POSTEXEC-='[[ ! ${__cmdaid_on-} ]] || __cmdaid_ble_ended'
}
