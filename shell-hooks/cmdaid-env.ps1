# cmdaid for PowerShell without a person at it: where the policy wants it, the string of `-Command` (or of -EncodedCommand
# or -CommandWithArgs) is asked about once, before any of it runs.
#
# A profile that loads this file is what makes that happen: with -NoProfile nothing is asked. Neither are scripts (-File),
# what comes in on standard input, and `-NoExit`, after which a person is there. It leaves nothing behind.

& {
  # The rule of src/core/paths.ts; the user's number is in no variable.
  $dir = ''
  if ($env:XDG_RUNTIME_DIR) { $dir = $env:XDG_RUNTIME_DIR + '/cmdaid' }
  elseif ($env:TMPDIR -and $PSVersionTable['OS'] -like 'Darwin*') { $dir = $env:TMPDIR.TrimEnd('/') + '/cmdaid' }
  elseif ([IO.File]::Exists('/proc/self/status')) {
    if ([IO.File]::ReadAllText('/proc/self/status') -match '\nUid:\s+\d+\s+(\d+)') { $dir = '/tmp/cmdaid-' + $Matches[1] }
  }
  if (-not $dir -or -not [IO.File]::Exists($dir + '/noninteractive')) { return }
  if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage' -or $env:OS -eq 'Windows_NT') { return }

  # Options have one dash or two, and may be shortened.
  $words = [Environment]::GetCommandLineArgs()
  $text = ''
  for ($i = 1; $i -lt $words.Length; $i++) {
    $option = $words[$i].ToLowerInvariant()
    if (-not $option.StartsWith('-')) { return }
    $option = $option.TrimStart('-')
    if ('noexit'.StartsWith($option) -and $option.Length -ge 3) { return }
    $following = @()
    if ($i + 1 -lt $words.Length) { $following = $words[($i + 1)..($words.Length - 1)] }
    if ($option -eq 'cwa' -or ($option.Length -gt 7 -and 'commandwithargs'.StartsWith($option))) {
      if ($following.Count) { $text = $following[0] }
      break
    }
    if ($option -ne '' -and 'command'.StartsWith($option)) {
      $text = $following -join ' '
      break
    }
    if ($option -eq 'ec' -or ($option -ne '' -and 'encodedcommand'.StartsWith($option))) {
      try { $text = [Text.Encoding]::Unicode.GetString([Convert]::FromBase64String($following[0])) } catch { $Error.RemoveAt(0) }
      break
    }
    if ($option -ne '' -and 'file'.StartsWith($option)) { return }
    # Options that take a value; the others are switches.
    if ($option -match '^(ex|ep|if|in|o|of|config|cus|settings|w(?!o)|wo|wd|encodeda|ea|v)') { $i++ }
  }
  if ([string]::IsNullOrWhiteSpace($text) -or $text -eq '-') { return }

  $verdict = ''
  try {
    . "$PSScriptRoot/cmdaid-session.ps1"
    $c = @{ Wait = 0.05 }
    __cmdaid_state $c 0
    # Read only once the folder is known to be the user's own, which reaching the daemon has checked.
    if ($c.Dir -eq $dir -and (__cmdaid_reach $c)) {
      $mode = [IO.File]::ReadAllText($dir + '/noninteractive').Trim()
      if ($mode -eq 'observe' -or $mode -eq 'enforce') {
        $c.N = 1
        __cmdaid_ask $c $text.Replace("`0", '') '1 p'
        if ($mode -eq 'enforce' -and ($c.Answer -eq 'refuse' -or $c.Answer -eq 'confirm')) {
          __cmdaid_explain $c
          $verdict = 'refused'
        }
        if ($c.Ready) { __cmdaid_tell $c 'X' '' 1 }
      }
      __cmdaid_close $c
    }
  } catch { if ($Error.Count) { $Error.RemoveAt(0) } }
  $ExecutionContext.InvokeProvider.Item.Remove('function:__cmdaid_*', $false)
  if ($verdict) { [Environment]::Exit(126) }
}
