# cmdaid for `zsh -c`: the whole string is judged by the daemon before any part of it runs, where the policy says so.
#
# Belongs at the end of .zshenv, which every zsh reads, also those of scp, rsync, git, cron and CI. So this looks at one
# variable and for one file and goes, unless somebody wants to know. It prints nothing but a refusal, starts no process, and
# leaves nothing behind: no function, variable, option, trap, descriptor or module. Scripts and what comes on standard
# input are not asked about. What shells without a person do is in docs/format/hook.md.

[[ -n ${ZSH_EXECUTION_STRING-} ]] || 'builtin' 'return' 0
# In none of the places where the file may be. Which one counts is settled below.
[[ -f ${XDG_RUNTIME_DIR-}/cmdaid/noninteractive || -f ${${TMPDIR-}%/}/cmdaid/noninteractive ||
  -f /tmp/cmdaid-$EUID/noninteractive ]] || 'builtin' 'return' 0

# Read again under options of its own, as cmdaid.zsh does.
if [[ ${(t)__cmdaid_pass-} != integer* ]]; then
  'builtin' 'typeset' -gi +x __cmdaid_pass=2
  __cmdaid_file=${(%):-%x}
  'builtin' 'emulate' -R zsh -o extended_glob -o no_multibyte -o no_aliases -c \
    'builtin source "$__cmdaid_file"; builtin unset __cmdaid_file __cmdaid_pass'
  'builtin' 'return' 0
fi

() {
  local dir mode= module
  # The rule of src/core/paths.ts.
  if [[ -n ${XDG_RUNTIME_DIR-} ]]; then
    dir=$XDG_RUNTIME_DIR/cmdaid
  elif [[ $OSTYPE == darwin* && -n ${TMPDIR-} ]]; then
    dir=${TMPDIR%/}/cmdaid
  else
    dir=/tmp/cmdaid-$EUID
  fi
  # A folder of another user (after sudo or su) is not ours to use, and a link in /tmp could lead anywhere.
  [[ -f $dir/noninteractive && -O $dir && ! -L $dir ]] || return 0
  { IFS= builtin read -r mode <$dir/noninteractive } 2>/dev/null
  [[ $mode == (observe|enforce) ]] || return 0

  # Not `modules`: zsh/parameter has that name.
  local -a added
  for module in zsh/system zsh/parameter zsh/datetime zsh/zselect; do
    builtin zmodload -e $module || added+=($module)
  done
  # Fails where zsh/system is not to be had.
  builtin source ${__cmdaid_file:h}/cmdaid.zsh || return 0
  __cmdaid_interactive=0 __cmdaid_n=1 __cmdaid_text=$ZSH_EXECUTION_STRING
  __cmdaid_ask p
  # Nobody is there who could give a reason.
  if [[ $mode == enforce && $__cmdaid_answer == (refuse|confirm) ]]; then
    __cmdaid_explain
    __cmdaid_zshexit
    builtin exit 126
  fi
  __cmdaid_forget
  # Some of them may not have been needed.
  for module in $added; do ! builtin zmodload -e $module || builtin zmodload -u $module; done
}
