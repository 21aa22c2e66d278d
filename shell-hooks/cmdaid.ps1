# cmdaid for interactive PowerShell: each command line is judged by the daemon before any part of it runs.
#
# What a hook may and may not do is in docs/format/hook.md, with the protocol. The console host runs the one string that
# `PSConsoleHostReadLine` returns; ours has the line read by the function that was there before, asks about it, and returns
# it or an empty line. `prompt` is wrapped to tell when a line has ended, and to put our reader back when something (an
# import of PSReadLine) replaced it. Editors and environments keep the functions that they find and call them from their
# own; where ours calls one of those, it is called by it in turn, and then calls what was there first. Nothing here starts
# a process, nothing writes where it could block, and nothing waits longer than 50 ms, once, for a daemon that does not
# answer.
#
# PowerShell takes tens of milliseconds to run anything for the first time, so a profile that loads this file only defines
# a few functions. What they need is in cmdaid-session.ps1, read once the first prompt is drawn. Neither file has syntax
# that Windows PowerShell 5.1 lacks. Neither has been run on Windows, where they change nothing so far.

# A variable that is not there is an error under strict mode.
$global:__cmdaid = try { $global:__cmdaid } catch { $Error.RemoveAt(0) }
if ($null -ne $global:__cmdaid -and -not $global:__cmdaid.Unloaded) { return }

$global:__cmdaid = @{
  File        = "$PSScriptRoot/cmdaid-session.ps1"
  Wait        = 0.05 # seconds to wait for an answer: HOOK_WAIT_MS of src/core/limits.ts
  Reader      = $function:PSConsoleHostReadLine # what ours calls; none without PSReadLine
  Prompt      = $function:prompt
  # What was there before us, which cannot call ours.
  FirstReader = if ($null -eq $global:__cmdaid) { $function:PSConsoleHostReadLine } else { $global:__cmdaid.FirstReader }
  FirstPrompt = if ($null -eq $global:__cmdaid) { $function:prompt } else { $global:__cmdaid.FirstPrompt }
  OurReader   = $null # what is there now
  OurPrompt   = $null
  Reading     = $false # ours runs
  Drawing     = $false
  Drawn       = $false # ours has run since a line was read
  Started     = $false # the rest was read
  Off         = $false # and found that this is no place for us
  Unloaded    = $false
}

# Always exactly one string: with none, two or an exception the console host reads a line of its own, which nobody sees.
function global:PSConsoleHostReadLine {
  # A default value is read before any statement can change $?.
  [Diagnostics.DebuggerHidden()] param([bool]$__cmdaid_ok = $?)
  $__cmdaid_line = $null
  try {
    if (-not $global:__cmdaid.Started) {
      $global:__cmdaid.Started = $global:__cmdaid.Off = $true
      . $global:__cmdaid.File
      $global:__cmdaid.Off = -not (__cmdaid_start $global:__cmdaid)
    }
    if (-not $global:__cmdaid.Off) { __cmdaid_await $global:__cmdaid $__cmdaid_ok }
  } catch { if ($global:Error.Count) { $global:Error.RemoveAt(0) } }
  $__cmdaid_within = $global:__cmdaid.Reading
  $__cmdaid_reader = if ($__cmdaid_within) { $global:__cmdaid.FirstReader } else { $global:__cmdaid.Reader }
  if ($global:__cmdaid.Off -and $null -eq $__cmdaid_reader) { return }
  try {
    if ($null -ne $__cmdaid_reader) {
      $global:__cmdaid.Reading = $true
      # Makes $? false again, which the reader looks at in its first statement.
      if (-not $__cmdaid_ok -and -not $global:__cmdaid.Off) { __cmdaid_false -ErrorAction Ignore }
      $__cmdaid_line = & $__cmdaid_reader
    }
  } catch { if ($global:Error.Count) { $global:Error.RemoveAt(0) } }
  finally { $global:__cmdaid.Reading = $__cmdaid_within }
  if ($global:__cmdaid.Off) { return $__cmdaid_line }
  if ($__cmdaid_line -isnot [string]) { $__cmdaid_line = __cmdaid_read }
  __cmdaid_accept $global:__cmdaid $__cmdaid_line $MyInvocation
}

# The person's prompt, after what must happen before it. Called by another prompt it cannot trust $?, which is then left to
# the next reading of a line.
function global:prompt {
  [Diagnostics.DebuggerHidden()] param([bool]$__cmdaid_ok = $?)
  # A `finally` here would change what errors of the other prompt do: after one, the next reading puts this right.
  $__cmdaid_within = $global:__cmdaid.Drawing
  $__cmdaid_prompt = if ($__cmdaid_within) { $global:__cmdaid.FirstPrompt } else { $global:__cmdaid.Prompt }
  $global:__cmdaid.Drawn = $global:__cmdaid.Drawing = $true
  try {
    if (-not $global:__cmdaid.Started) {
      # The profile imported PSReadLine or defined a reader after it loaded us. Whether that calls ours is not known yet.
      $__cmdaid_reader = $function:PSConsoleHostReadLine
      if ($__cmdaid_reader -ne $global:__cmdaid.OurReader) { __cmdaid_wrap $global:__cmdaid $__cmdaid_reader }
    } elseif (-not $global:__cmdaid.Off) { __cmdaid_precmd $global:__cmdaid $__cmdaid_ok $MyInvocation }
  } catch { if ($global:Error.Count) { $global:Error.RemoveAt(0) } }
  if (-not $__cmdaid_ok -and $global:__cmdaid.Started -and -not $global:__cmdaid.Off) { __cmdaid_false -ErrorAction Ignore }
  & $__cmdaid_prompt
  $global:__cmdaid.Drawing = $__cmdaid_within
}

# Puts our reader in front of the one that took its place.
function global:__cmdaid_wrap {
  [Diagnostics.DebuggerHidden()] param($c, $reader)
  $c.Reader = $reader
  # Any other may call ours.
  if ($null -eq $reader -or "$($reader.Module)" -eq 'PSReadLine') { $c.FirstReader = $reader }
  $function:global:PSConsoleHostReadLine = $c.OurReader
}

# Leaves this shell as it was before: `__cmdaid_unload`. What others have kept of ours goes on working, without asking.
function global:__cmdaid_unload {
  [Diagnostics.DebuggerHidden()] param()
  $c = $global:__cmdaid
  if ($c.Started -and -not $c.Off) { __cmdaid_stop $c }
  if ($function:prompt -eq $c.OurPrompt) { $function:global:prompt = $c.Prompt }
  if ($function:PSConsoleHostReadLine -eq $c.OurReader) { $function:global:PSConsoleHostReadLine = $c.Reader }
  $items = $ExecutionContext.InvokeProvider.Item
  $items.Remove('function:__cmdaid_*', $false)
  $c.Started = $c.Off = $c.Unloaded = $true
  $c.Reader = $c.FirstReader
  $c.Prompt = $c.FirstPrompt
  if ($function:PSConsoleHostReadLine -ne $c.Reader -or $function:prompt -ne $c.Prompt) { return }
  $items.Remove('variable:__cmdaid', $false)
}

$global:__cmdaid.OurReader = $function:PSConsoleHostReadLine
$global:__cmdaid.OurPrompt = $function:prompt
