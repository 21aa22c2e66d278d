# The rest of cmdaid.ps1, which reads this file once the first prompt is drawn. The state of a session is the one table that
# every function takes as $c. No cmdlet is run where a .NET call does it: the first one from a module costs a person 20 ms
# and more.

# --- the system -------------------------------------------------------------------------------------------------------

# .NET opens no FIFO without blocking and waits for one only with the help of a second thread. These calls come from the
# library that .NET itself makes them through, so their numbers and structures are the same on every system.
function global:__cmdaid_system {
  [Diagnostics.DebuggerHidden()] param()
  $builder = [Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly([Reflection.AssemblyName]::new('cmdaid'), 'Run')
  $type = $builder.DefineDynamicModule('cmdaid').DefineType('cmdaid', 'Public, Abstract, Sealed')
  $int = [int]; $uint = [uint32]; $fd = [IntPtr]; $bytes = [byte[]]
  $calls = @(
    @('Open', $fd, @($bytes, $int, $int)), @('Close', $int, @($fd)), @('Read', $int, @($fd, $bytes, $int)),
    @('Write', $int, @($fd, $bytes, $int)), @('Poll', $int, @($bytes, $uint, $int, $bytes)),
    @('FcntlSetIsNonBlocking', $int, @($fd, $int)), @('GetBytesAvailable', $int, @($fd, $bytes)),
    @('LStat', $int, @($bytes, $bytes)), @('Access', $int, @($bytes, $int)),
    @('Kill', $int, @($int, $int)), @('GetEUid', $uint, @()), @('getppid', $int, @()), @('ttyname', $fd, @($int))
  )
  foreach ($call in $calls) {
    $library = 'libSystem.Native'; $entry = 'SystemNative_' + $call[0]
    if ($call[0] -ceq $call[0].ToLowerInvariant()) { $library = 'libc'; $entry = $call[0] }
    $method = $type.DefinePInvokeMethod($call[0], $library, $entry, 'Public, Static, PinvokeImpl', 'Standard', $call[1],
      [Type[]]$call[2], 'Cdecl', 'Ansi')
    $method.SetImplementationFlags('PreserveSig')
  }
  $type.CreateType()
}

# Type and owner of a file, links not followed; $null when there is none.
function global:__cmdaid_stat {
  [Diagnostics.DebuggerHidden()] param($c, [string]$path)
  $stat = [byte[]]::new(256)
  if ($c.Sys::LStat($c.Utf8.GetBytes($path + "`0"), $stat) -ne 0) { return $null }
  @{ Type = [BitConverter]::ToInt32($stat, 4) -band 0xF000; Owner = [BitConverter]::ToUInt32($stat, 8) }
}

function global:__cmdaid_is_fifo {
  [Diagnostics.DebuggerHidden()] param($c, [string]$path)
  $stat = __cmdaid_stat $c $path
  $null -ne $stat -and $stat.Type -eq 0x1000
}

# --- the channel ------------------------------------------------------------------------------------------------------

# Whether there is a daemon to ask. Two system calls when all is well; never a wait.
function global:__cmdaid_reach {
  [Diagnostics.DebuggerHidden()] param($c)
  if ($c.Ready) {
    if ($c.Sys::Kill($c.Daemon, 0) -eq 0 -and $c.Sys::Access($c.ReqPath, 0) -eq 0) { return $true }
    $c.Ready = ''
    __cmdaid_close $c
    __cmdaid_forget $c
  }
  # A folder of another user (after sudo or su) is not ours to use, and a link in /tmp could lead anywhere.
  $ready = $c.Dir + '/ready'
  if (-not [IO.File]::Exists($ready)) { return $false }
  $dir = __cmdaid_stat $c $c.Dir
  if ($null -eq $dir -or $dir.Type -ne 0x4000 -or $dir.Owner -ne $c.Sys::GetEUid()) { return $false }
  $line = [IO.File]::ReadAllText($ready).TrimEnd("`n")
  if ($line -notmatch '^[0-9]{1,9} [0-9]+$') { return $false }
  $daemon = [int]$line.Substring(0, $line.IndexOf(' '))
  if ($c.Sys::Kill($daemon, 0) -ne 0) { return $false }
  # One that could not be asked has nothing to answer: that it has read everything is all it can show.
  if ($line -eq $c.Hung -and $c.Slot -and (__cmdaid_is_fifo $c ($c.Slot + '/req')) -and -not (__cmdaid_drain $c) -and
    -not ($c.Full -and $c.Req -ge 0 -and (__cmdaid_unread $c) -eq 0)) {
    __cmdaid_close $c
    return $false
  }
  if (-not (__cmdaid_join $c)) { return $false }
  $null = __cmdaid_drain $c
  $c.Ready = $line
  $c.Daemon = $daemon
  $c.Hung = ''
  $c.Full = $false
  __cmdaid_mark $c
  if ($c.Late) { __cmdaid_tell $c 'U' '' $c.Late }
  $c.Late = 0
  if ($c.Unproven) { __cmdaid_tell $c 'K' 'failed' 0 }
  $c.Unproven = $false
  $true
}

# Takes what lies in the answer FIFO; whether anything did. A byte nobody waits for means that the daemon is back.
function global:__cmdaid_drain {
  [Diagnostics.DebuggerHidden()] param($c)
  (__cmdaid_open $c) -and $c.Sys::Read($c.Rep, $c.Reply, $c.Reply.Length) -gt 0
}

# The FIFOs stay open as long as the daemon answers: what waits in one is lost once neither side has it open, so a daemon
# that starts later finds nothing old.
function global:__cmdaid_open {
  [Diagnostics.DebuggerHidden()] param($c)
  if ($c.Req -ge 0) { return $true }
  if (-not $c.Slot) { return $false }
  $c.ReqPath = $c.Utf8.GetBytes($c.Slot + "/req`0")
  if ((__cmdaid_is_fifo $c ($c.Slot + '/req')) -and (__cmdaid_is_fifo $c ($c.Slot + '/rep'))) {
    # Read-write, which never blocks at a FIFO, and close-on-exec.
    $c.Req = $c.Sys::Open($c.ReqPath, 0x12, 0)
    $c.Rep = $c.Sys::Open($c.Utf8.GetBytes($c.Slot + "/rep`0"), 0x12, 0)
    if ($c.Req -ge 0 -and $c.Rep -ge 0 -and $c.Sys::FcntlSetIsNonBlocking($c.Req, 1) -eq 0 -and
      $c.Sys::FcntlSetIsNonBlocking($c.Rep, 1) -eq 0) {
      [BitConverter]::GetBytes([int]$c.Rep).CopyTo($c.Polled, 0)
      $c.Polled[4] = 1
      return $true
    }
  }
  __cmdaid_close $c
  $false
}

function global:__cmdaid_close {
  [Diagnostics.DebuggerHidden()] param($c)
  if ($c.Req -ge 0) { $null = $c.Sys::Close($c.Req) }
  if ($c.Rep -ge 0) { $null = $c.Sys::Close($c.Rep) }
  $c.Req = $c.Rep = [IntPtr]-1
}

# Makes one of the daemon's free slots ours: whoever creates `claimed` (O_EXCL) has it.
function global:__cmdaid_join {
  [Diagnostics.DebuggerHidden()] param($c)
  if (__cmdaid_open $c) { return $true }
  $c.Slot = ''
  $folder = $c.Dir + '/s'
  if (-not [IO.Directory]::Exists($folder)) { return $false }
  foreach ($slot in [IO.Directory]::GetDirectories($folder)) {
    if ($slot -cnotmatch '/[0-9a-f]{16}$' -or [IO.File]::Exists($slot + '/claimed')) { continue }
    if (-not (__cmdaid_is_fifo $c ($slot + '/req')) -or -not (__cmdaid_is_fifo $c ($slot + '/rep'))) { continue }
    $claim = $c.Sys::Open($c.Utf8.GetBytes($slot + "/claimed`0"), 0x71, 384)
    if ($claim -lt 0) { continue }
    $mine = $c.Utf8.GetBytes("$PID`n")
    $null = $c.Sys::Write($claim, $mine, $mine.Length)
    $null = $c.Sys::Close($claim)
    $c.Slot = $slot
    if (-not (__cmdaid_open $c)) { break }
    $c.Proven = $false
    # A new session knows of no aliases. Their names are the same in any case.
    $c.Aliases = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
    $c.Generation = 0 # of the file `aliases`
    __cmdaid_hello $c
    return $true
  }
  $c.Slot = ''
  $false
}

function global:__cmdaid_hello {
  [Diagnostics.DebuggerHidden()] param($c)
  $names = 'AGENT AI_AGENT AMP_CURRENT_THREAD_ID ANTIGRAVITY_AGENT AUGMENT_AGENT CLAUDECODE CLAUDE_CODE_ENTRYPOINT ' +
  'CODEX_SANDBOX CODEX_THREAD_ID COPILOT_AGENT CURSOR_AGENT GEMINI_CLI GOOSE_TERMINAL OPENCODE BUILDKITE CI CIRCLECI ' +
  'GITHUB_ACTIONS GITLAB_CI JENKINS_URL'
  $markers = foreach ($name in $names.Split(' ')) { if ($null -ne [Environment]::GetEnvironmentVariable($name)) { $name } }
  $terminal = $c.Sys::ttyname(0)
  $tty = ''
  if ($terminal -ne [IntPtr]::Zero) { $tty = [Runtime.InteropServices.Marshal]::PtrToStringAnsi($terminal) -replace '^/dev/' }
  $login = [int][bool]([Environment]::CommandLine -match '(?i)\s--?l(o|og|ogi|ogin)?(\s|$)')
  __cmdaid_tell $c 'H' ("shell=powershell`nversion=$($PSVersionTable.PSVersion)`npid=$PID`nppid=$($c.Sys::getppid())`ntty=$tty`n" +
    "interactive=$($c.Interactive)`nlogin=$login`noptions=`nmarkers=$($markers -join ',')`nhook=1") 0
}

# The current folder, also where the location is none (`Env:`). PowerShell takes longer to say it than the whole ask, and
# makes a new $PWD when it changes.
function global:__cmdaid_cd {
  [Diagnostics.DebuggerHidden()] param($c)
  $cwd = $c.Path.CurrentFileSystemLocation.ProviderPath
  if ($cwd.Length -gt 1000) { $cwd = $cwd.Substring(0, 1000) }
  $c.Location = $global:PWD
  $c.Cwd = $cwd
}

# __cmdaid_tell STATE TYPE TEXT EXTRA: one frame that nobody answers. A FIFO without room refuses it at once.
function global:__cmdaid_tell {
  [Diagnostics.DebuggerHidden()] param($c, [string]$type, [string]$text, [string]$extra)
  if (-not [object]::ReferenceEquals($global:PWD, $c.Location)) { __cmdaid_cd $c }
  $cwd = $c.Cwd
  $bytes = $c.Utf8.GetBytes("1$type$($c.Digit)`0$cwd`0$text`0$extra`0")
  if ($c.Sys::Write($c.Req, $bytes, $bytes.Length) -ne $bytes.Length) {
    __cmdaid_hang $c
    $c.Full = $true
  }
}

function global:__cmdaid_hang {
  [Diagnostics.DebuggerHidden()] param($c)
  $c.Hung = $c.Ready
  $c.Ready = ''
  __cmdaid_close $c
  __cmdaid_forget $c
}

# How much the daemon has not read yet.
function global:__cmdaid_unread {
  [Diagnostics.DebuggerHidden()] param($c)
  if ($c.Sys::GetBytesAvailable($c.Req, $c.Events) -ne 0) { return 65536 }
  [BitConverter]::ToInt32($c.Events, 0)
}

# --- lines that need not be waited for --------------------------------------------------------------------------------

# Takes the marker that `ready` named, if it is there: a link whose target goes with the daemon. `File.Exists` would take a link
# that leads nowhere for a file.
function global:__cmdaid_mark {
  [Diagnostics.DebuggerHidden()] param($c)
  $c.Marker = $c.Utf8.GetBytes("$($c.Dir)/allow/$($c.Ready.Replace(' ', '.'))`0")
  if ($c.Sys::Access($c.Marker, 0) -ne 0) { $c.Marker = $null }
}

function global:__cmdaid_forget {
  [Diagnostics.DebuggerHidden()] param($c)
  $c.Marker = $null
  $c.Allowed.Clear()
}

# Whether what is remembered still counts. When it does not, the next marker is the one of the policy that is in force now.
function global:__cmdaid_find_marker {
  [Diagnostics.DebuggerHidden()] param($c)
  if ($null -ne $c.Marker -and $c.Sys::Access($c.Marker, 0) -eq 0) { return $true }
  __cmdaid_forget $c
  $ready = $c.Dir + '/ready'
  if (-not [IO.File]::Exists($ready)) { return $false }
  $line = ''
  # A daemon that stops takes it away.
  try { $line = [IO.File]::ReadAllText($ready).TrimEnd("`n") } catch { if ($global:Error.Count) { $global:Error.RemoveAt(0) } }
  # Of another daemon we hear when we miss this one.
  if ($line -notmatch '^[0-9]{1,9} [0-9]+$' -or -not $line.StartsWith("$($c.Daemon) ", 'Ordinal')) { return $false }
  $c.Ready = $line
  __cmdaid_mark $c
  $null -ne $c.Marker
}

# Tells that a remembered line runs; false when the daemon would have to be waited for, or has not read the last ones.
function global:__cmdaid_run_again {
  [Diagnostics.DebuggerHidden()] param($c, [string]$line, [string]$extra)
  $frame = $c.Utf8.GetBytes("1A$($c.Digit)`0$($c.Cwd)`0$line`0$extra`0")
  if ((__cmdaid_unread $c) + $frame.Length -gt 4096) { return $false }
  $c.Sys::Write($c.Req, $frame, $frame.Length) -eq $frame.Length
}

# __cmdaid_ask STATE TEXT EXTRA: sets Answer to run, warn, refuse or confirm, or to nothing when there is no verdict. The
# caller has reached the daemon.
function global:__cmdaid_ask {
  [Diagnostics.DebuggerHidden()] param($c, [string]$text, [string]$extra)
  $c.Answer = ''
  $c.Digit = $digit = ($c.Digit + 1) % 10
  if (-not [object]::ReferenceEquals($global:PWD, $c.Location)) { __cmdaid_cd $c }
  $cwd = $c.Cwd
  # A pipe takes 4,096 bytes whole or not at all; a character is at most three.
  $frame = if ($text.Length -le 2000) { $c.Utf8.GetBytes("1Q$digit`0$cwd`0$text`0$extra`0") }
  if ($null -eq $frame -or $frame.Length -gt 4096) {
    [IO.File]::WriteAllBytes($c.Slot + '/cmd', $c.Utf8.GetBytes($text + "`0"))
    $frame = $c.Utf8.GetBytes("1S$digit`0$cwd`0`0$extra`0")
  }
  $wait = [int]($c.Wait * 1000)
  $watch = [Diagnostics.Stopwatch]::GetTimestamp()
  if ($c.Sys::Write($c.Req, $frame, $frame.Length) -ne $frame.Length) { $wait = 0 }
  $left = $wait
  while ($left -gt 0) {
    $null = $c.Sys::Poll($c.Polled, 1, $left, $c.Events)
    # One byte at a time: the next one may be for another ask.
    if ($c.Sys::Read($c.Rep, $c.Reply, 1) -eq 1) {
      $byte = $c.Reply[0]
      if ($byte -ge 97 -and $byte -le 116 -and ($byte - 97) % 10 -eq $digit) {
        $c.Answer = if ($byte -lt 107) { 'run' } else { 'warn' }
        return
      }
      if ($byte -ge 65 -and $byte -le 84 -and ($byte - 65) % 10 -eq $digit) {
        $c.Answer = if ($byte -lt 75) { 'refuse' } else { 'confirm' }
        return
      }
    }
    # The answer to an earlier ask: read on, but no longer than for one.
    $left = $wait - [int](([Diagnostics.Stopwatch]::GetTimestamp() - $watch) * 1000 / [Diagnostics.Stopwatch]::Frequency)
  }
  __cmdaid_hang $c
  $c.Full = $wait -eq 0
}

function global:__cmdaid_lost {
  [Diagnostics.DebuggerHidden()] param($c, [string]$why)
  if ($c.Said) { return }
  $c.Said = $true
  [Console]::Error.WriteLine("cmdaid: ${why}: commands run unchecked")
}

# --- the verdict ------------------------------------------------------------------------------------------------------

# Asks about a line and does what the answer says; whether the line may run.
function global:__cmdaid_preexec {
  [Diagnostics.DebuggerHidden()] param($c, [string]$line)
  $c.N += 1
  if (-not (__cmdaid_reach $c)) {
    __cmdaid_lost $c 'the daemon is not running'
    return $true
  }
  if (-not [object]::ReferenceEquals($global:PWD, $c.Location)) { __cmdaid_cd $c }
  $key = if ($c.Cwd.Length + $line.Length -le 900) { "$($c.Cwd)`0$line" }
  $names = $null
  if ($null -ne $key -and -not $c.Said -and (__cmdaid_find_marker $c)) { $names = $c.Allowed[$key] }
  $again = $null -ne $names
  if (-not $again) { $names = __cmdaid_names $c $line }
  $extra = "$($c.N) p$(__cmdaid_aliases $c $names)"
  # None is left when an alias has changed.
  if ($again -and $c.Allowed.Count -gt 0 -and (__cmdaid_run_again $c $line $extra)) {
    $c.Asked = $c.N
    return $true
  }
  __cmdaid_ask $c $line $extra
  if (-not $c.Answer) {
    $c.Late = $c.N
    __cmdaid_lost $c 'the daemon does not answer'
    return $true
  }
  $c.Asked = $c.N
  if ($c.Said) {
    $c.Said = $false
    [Console]::Error.WriteLine('cmdaid: commands are checked again')
  }
  if ($c.Answer -eq 'run') {
    # The marker was there before this was asked: a policy that came in between has another one.
    if ($null -ne $key -and $null -ne $c.Marker) {
      if ($c.Allowed.Count -ge 256) { $c.Allowed.Clear() }
      $c.Allowed[$key] = $names
    }
    return $true
  }
  __cmdaid_explain $c
  if ($c.Answer -eq 'confirm') { return (__cmdaid_confirm $c) }
  $c.Answer -eq 'warn'
}

function global:__cmdaid_explain {
  [Diagnostics.DebuggerHidden()] param($c)
  $why = $c.Slot + '/why'
  $stat = __cmdaid_stat $c $why
  if ($null -eq $stat -or $stat.Type -ne 0x8000) { return } # opening anything else could block
  $text = [IO.File]::ReadAllText($why)
  foreach ($line in $text.Substring(0, [Math]::Min($text.Length, 4096)).Split("`n")) {
    if ($line) { [Console]::Error.WriteLine('cmdaid: ' + ($line -replace '^cmdaid: ')) }
  }
}

# Asks the person for a reason. None or Ctrl-C: the line does not run.
function global:__cmdaid_confirm {
  [Diagnostics.DebuggerHidden()] param($c)
  $c.Confirming = $c.N
  $reason = [string](__cmdaid_keys 'cmdaid: reason (empty to cancel): ')
  __cmdaid_reason $c $reason
  -not [string]::IsNullOrWhiteSpace($reason)
}

function global:__cmdaid_reason {
  [Diagnostics.DebuggerHidden()] param($c, [string]$reason)
  $reason = $reason.Replace("`0", '')
  if ($reason.Length -gt 1000) { $reason = $reason.Substring(0, 1000) }
  if ($c.Ready) { __cmdaid_tell $c 'R' $reason $c.Confirming }
  $c.Confirming = 0
}

# --- aliases ----------------------------------------------------------------------------------------------------------

# The command names of a line. Always an array.
function global:__cmdaid_names {
  [Diagnostics.DebuggerHidden()] param($c, [string]$line)
  $names = [Collections.Generic.List[string]]::new()
  $tokens = $errors = $null
  $null = [Management.Automation.Language.Parser]::ParseInput($line, [ref]$tokens, [ref]$errors)
  $called = $false
  foreach ($token in $tokens) {
    # A name by itself, or a string behind `&` or `.`.
    $isString = $token -is [Management.Automation.Language.StringToken]
    $isName = $token.TokenFlags.HasFlag($c.CommandName) -or ($called -and $isString)
    $called = $token.Kind -eq 'Ampersand' -or $token.Kind -eq 'Dot'
    if (-not $isName) { continue }
    $names.Add($(if ($isString) { $token.Value } else { $token.Text }))
  }
  , $names.ToArray()
}

# Those of such names and what they lead to; a table of all aliases would take longer to look through than the rest of the ask.
# Returns what goes behind the form: nothing while no line has used one.
function global:__cmdaid_aliases {
  [Diagnostics.DebuggerHidden()] param($c, [string[]]$names)
  $changed = $false
  foreach ($name in $names) {
    # An alias may name an alias: what counts is the end.
    $value = $c.Variables.GetValue('alias:' + $name)
    for ($step = 0; $step -lt 8 -and $value; $step++) {
      $next = $c.Variables.GetValue('alias:' + $value)
      if (-not $next) { break }
      $value = $next
    }
    if ($value -ceq $c.Aliases[$name]) { continue }
    $changed = $true
    if ($null -eq $value) { $c.Aliases.Remove($name) }
    elseif ($c.Aliases.Count -lt 4096) { $c.Aliases[$name] = [string]$value }
  }
  if ($changed) {
    $c.Allowed.Clear()
    $text = [Text.StringBuilder]::new()
    foreach ($entry in $c.Aliases.GetEnumerator()) { $null = $text.Append("a`0$($entry.Key)`0$($entry.Value)`0") }
    [IO.File]::WriteAllBytes($c.Slot + '/aliases', $c.Utf8.GetBytes($text.Append("`0").ToString()))
    $c.Generation += 1
  }
  if ($c.Generation) { " $($c.Generation)" } else { '' }
}

# --- around each line -------------------------------------------------------------------------------------------------

# The state of a session that has not begun.
function global:__cmdaid_state {
  [Diagnostics.DebuggerHidden()] param($c, [int]$interactive)
  $c.Interactive = $interactive
  $c.Slot = ''         # our session's folder, once we have one
  $c.Ready = ''        # the line of `ready` of the daemon we talk to; empty: nobody to talk to
  $c.Daemon = 0        # its process
  $c.Hung = ''         # the line of `ready` of a daemon that let us wait
  $c.Full = $false     # it did not let us wait: the FIFO had no room
  $c.Marker = $null    # path of what is there as long as the next counts; none: nothing is remembered
  # Folder and text of lines that were answered with "run it", and the command names in each. Another case is another line.
  $c.Allowed = [Collections.Hashtable]::new([StringComparer]::Ordinal)
  $c.Said = $false     # the person was told that protection is lost
  $c.Asked = 0         # n of a line that was asked and has not ended
  $c.Late = 0          # n of the line whose answer did not come in time
  $c.Confirming = 0    # n of a confirm that waits for the person
  $c.Answer = ''       # run, warn, refuse or confirm; empty: no verdict
  $c.N = 0             # command lines so far, also those that nobody was asked about
  $c.Digit = 0         # of the last ask
  $c.Seen = -1         # history id of the last line that came through here
  $c.Judged = $null    # a line that another reader has from ours, and may give to ours
  $c.Proven = $false   # this session sent its canary
  $c.Unproven = $false # and had no answer
  $c.Code = $null      # $LASTEXITCODE and the newest error before the line ran
  $c.Newest = $null
  $c.Req = $c.Rep = [IntPtr]-1 # request and answer FIFO, close-on-exec
  $c.Utf8 = [Text.UTF8Encoding]::new($false)
  $c.Reply = [byte[]]::new(64)
  $c.Polled = [byte[]]::new(8)
  $c.Events = [byte[]]::new(4)
  $c.Path = $ExecutionContext.SessionState.Path
  $c.Location = $null  # $PWD when the current folder was last asked for, and that folder
  $c.Cwd = ''
  $c.Variables = $ExecutionContext.SessionState.PSVariable
  $c.CommandName = [Management.Automation.Language.TokenFlags]::CommandName
  $c.Failure = [Management.Automation.ErrorRecord]::new([Exception]::new('cmdaid'), 'cmdaid', 'NotSpecified', $null)
  $c.Sys = __cmdaid_system
  # The rule of src/core/paths.ts.
  $c.Dir = if ($env:XDG_RUNTIME_DIR) { $env:XDG_RUNTIME_DIR + '/cmdaid' }
  elseif ($PSVersionTable.OS -match '^Darwin' -and $env:TMPDIR) { $env:TMPDIR.TrimEnd('/') + '/cmdaid' }
  else { '/tmp/cmdaid-' + $c.Sys::GetEUid() }
}

# Sets everything up; whether this is a place for us.
function global:__cmdaid_start {
  [Diagnostics.DebuggerHidden()] param($c)
  if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage' -or $Host.Name -ne 'ConsoleHost') { return $false }
  if ([Console]::IsInputRedirected -or $env:OS -eq 'Windows_NT') { return $false }
  # No line can be read here under -NonInteractive: asking for one again and again would never end.
  if ($null -eq $c.Reader -and [Environment]::CommandLine -match '(?i)\s--?noni') { return $false }
  __cmdaid_state $c 1
  # A session that ends says so.
  $c.Exit = $ExecutionContext.Events.SubscribeEvent($null, 'PowerShell.Exiting', 'PowerShell.Exiting', $null, {
      if ($null -ne $global:__cmdaid) { __cmdaid_stop $global:__cmdaid }
    }, $true, $false)
  $true
}

function global:__cmdaid_stop {
  [Diagnostics.DebuggerHidden()] param($c)
  if ($c.Ready) { __cmdaid_tell $c 'X' '' $c.N }
  __cmdaid_close $c
  $c.Ready = $c.Slot = ''
  if ($null -ne $c.Exit) { $ExecutionContext.Events.UnsubscribeEvent($c.Exit) }
  $c.Exit = $null
}

# Before a line is read: what the prompt could not tell, and the daemon is found, so that the first line waits for nothing.
function global:__cmdaid_await {
  [Diagnostics.DebuggerHidden()] param($c, [bool]$ok)
  $c.Judged = $null
  if ($c.Confirming) { __cmdaid_reason $c '' }
  if ($c.Asked) { __cmdaid_ended $c $ok }
  if (-not $c.Slot) { $null = __cmdaid_reach $c }
  if (-not $c.Proven -and $c.Ready) { __cmdaid_canary }
  # Something replaced the prompt that looks after the reader, and does not call it.
  $prompt = $function:prompt
  if (-not $c.Drawn -and $null -ne $prompt -and $prompt -ne $c.OurPrompt) {
    $c.Prompt = $prompt
    $function:global:prompt = $c.OurPrompt
  }
}

# At the prompt: the line has ended.
function global:__cmdaid_precmd {
  [Diagnostics.DebuggerHidden()] param($c, [bool]$ok, $invocation)
  if ($c.Asked -and $invocation.CommandOrigin -eq 'Runspace') { __cmdaid_ended $c $ok }
  __cmdaid_guard $c ($invocation.HistoryId - 1)
}

function global:__cmdaid_ended {
  [Diagnostics.DebuggerHidden()] param($c, [bool]$ok)
  $n = $c.Asked
  $c.Asked = 0
  if (-not $c.Ready -or $c.Sys::Kill($c.Daemon, 0) -ne 0) { return }
  $status = 0
  if (-not $ok) {
    # $LASTEXITCODE is of the last program that ran, which may have been long ago.
    $code = $c.Variables.GetValue('global:LASTEXITCODE')
    $failed = $global:Error.Count -gt 0 -and -not [object]::ReferenceEquals($global:Error[0], $c.Newest)
    $status = if ($code -is [int] -and $code -ne 0 -and -not ($failed -and $code -eq $c.Code)) { $code } else { 1 }
    if ($status -lt 0 -or $status -gt 255) { $status = 255 }
  }
  __cmdaid_tell $c 'E' $status $n
}

# The line to run in the place of the one that was read: that line, or an empty one.
function global:__cmdaid_accept {
  [Diagnostics.DebuggerHidden()] param($c, [string]$line, $invocation)
  $c.Drawn = $c.Drawing = $false
  $judged = $c.Judged
  $c.Judged = $null
  if ([string]::IsNullOrWhiteSpace($line)) { return $line }
  # What is asked about is what runs.
  $line = $line.Replace("`0", '')
  $c.Seen = $invocation.HistoryId
  if ([string]::Equals($line, $judged)) { return $line }
  $run = $true
  try { $run = __cmdaid_preexec $c $line }
  catch {
    if ($global:Error.Count) { $global:Error.RemoveAt(0) }
    __cmdaid_lost $c 'the daemon does not answer'
  }
  if ($run) {
    $c.Code = $c.Variables.GetValue('global:LASTEXITCODE')
    $c.Newest = if ($global:Error.Count -gt 0) { $global:Error[0] }
  } elseif ($null -ne $c.Variables.GetValue('PSDebugContext')) {
    # At the prompt of the debugger an empty line repeats its last command; a comment does nothing.
    $line = '#'
  } else { $line = '' }
  # The console host asks for a line to run; anybody else may hand it on to ours.
  if ($invocation.CommandOrigin -ne 'Runspace') { $c.Judged = $line }
  $line
}

# Makes $? false: the function that follows reads it in its first statement. $Error stays as it is.
function global:__cmdaid_false {
  [Diagnostics.DebuggerHidden()] [CmdletBinding()] param()
  $PSCmdlet.WriteError($global:__cmdaid.Failure)
}

# __cmdaid_keys PROMPT: reads a line key by key; $null after Ctrl-C, or Ctrl-D in an empty line. $Host.UI.ReadLine() would stop
# the pipeline that runs our reader, and the console host then reads a line of its own, which nobody is asked about.
function global:__cmdaid_keys {
  [Diagnostics.DebuggerHidden()] param([string]$prompt)
  $text = ''
  $before = [Console]::TreatControlCAsInput
  try {
    [Console]::TreatControlCAsInput = $true
    [Console]::Error.Write($prompt)
    while ($true) {
      $key = [Console]::ReadKey($true)
      $char = $key.KeyChar
      $code = [int]$char
      if ($code -eq 3 -or ($code -eq 4 -and $text -eq '')) {
        [Console]::Error.WriteLine('^C')
        return $null
      }
      if ($key.Key -eq 'Enter' -or $code -eq 10 -or $code -eq 13) { break }
      if ($key.Key -eq 'Backspace' -or $code -eq 8 -or $code -eq 127) {
        if ($text -eq '') { continue }
        # A character beyond the first plane is two here; the wide ones of East Asia take two columns.
        $last = if ($text.Length -gt 1 -and [char]::IsLowSurrogate($text, $text.Length - 1)) { 2 } else { 1 }
        $columns = if ($last -eq 2 -or [int]$text[-1] -ge 0x1100) { 2 } else { 1 }
        $text = $text.Substring(0, $text.Length - $last)
        [Console]::Error.Write(("`b" * $columns) + (' ' * $columns) + ("`b" * $columns))
      } elseif (-not [char]::IsControl($char)) {
        $text += $char
        # Half a character cannot be shown.
        if ([char]::IsLowSurrogate($char)) { [Console]::Error.Write($text.Substring($text.Length - 2)) }
        elseif (-not [char]::IsHighSurrogate($char)) { [Console]::Error.Write($char) }
      }
    }
    [Console]::Error.WriteLine()
  } finally { [Console]::TreatControlCAsInput = $before }
  $text
}

# Without PSReadLine: the lines of one command are put together, so that it is asked about as a whole. A blank line ends it.
function global:__cmdaid_read {
  [Diagnostics.DebuggerHidden()] param()
  $text = [string](__cmdaid_keys '')
  while (-not [string]::IsNullOrWhiteSpace($text)) {
    $tokens = $errors = $null
    $null = [Management.Automation.Language.Parser]::ParseInput($text, [ref]$tokens, [ref]$errors)
    $incomplete = $false
    foreach ($each in $errors) { if ($each.IncompleteInput) { $incomplete = $true } }
    if (-not $incomplete) { break }
    $more = __cmdaid_keys '>> '
    if ($null -eq $more) { return '' }
    if ($more -eq '') { break }
    $text += "`n" + $more
  }
  $text
}

# Wraps what took our place, when it is PSReadLine's own or when a line ran without us. Somebody else's function that calls
# ours each time is left alone.
function global:__cmdaid_guard {
  [Diagnostics.DebuggerHidden()] param($c, $last)
  $reader = $function:PSConsoleHostReadLine
  $missed = $c.Seen -ge 0 -and $last -gt $c.Seen
  if ($reader -ne $c.OurReader -and ($missed -or $null -eq $reader -or "$($reader.Module)" -eq 'PSReadLine')) {
    __cmdaid_wrap $c $reader
  }
  if (-not $missed) { return }
  $c.Seen = $last
  $c.N += 1
  if (__cmdaid_reach $c) { __cmdaid_tell $c 'U' '' $c.N }
}

# Shows that lines are stopped: `__cmdaid_canary`. Prints nothing.
function global:__cmdaid_canary {
  [Diagnostics.DebuggerHidden()] param()
  $c = $global:__cmdaid
  if ($null -eq $c.Sys -or -not (__cmdaid_reach $c)) { return }
  $c.Proven = $true
  __cmdaid_ask $c 'cmdaid-canary' '0 c'
  if (-not $c.Answer) {
    $c.Unproven = $true
    return
  }
  $outcome = if ($c.Answer -eq 'refuse') { 'enforced' } else { 'observing' }
  __cmdaid_tell $c 'K' $outcome 0
}
