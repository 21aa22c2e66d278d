/** What no case shows, so that nobody takes a table of met cases for more than it is. One line each. */
export const NOT_COVERED: readonly string[] = [
  'shells that load no start file: sh, bash -p, bash --posix, env -i, zsh -f, fish --no-config, pwsh -NoProfile',
  'scripts, and what programs run by themselves; a line is judged before it runs, not what it starts',
  'lines of bash before 5.0 that its history does not keep and that run in a subshell alone',
  'plugins of fish that execute the command line themselves: such lines are recorded as unasked',
  'plugins that write outside the start files and histories, since everything else of the home is shared',
  'how long a line takes: see the benchmark',
]
