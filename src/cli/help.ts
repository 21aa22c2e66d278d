/** One literal text for each command. The examples are run by test/cli/help.test.ts, the options compared with the command table. */

/** @param words the command, and its verb: `[]`, `['check']`, `['policy', 'test']` */
export function helpFor(words: readonly string[]): string {
  return HELP[words.join(' ')] ?? HELP[''] ?? ''
}

const HELP: Readonly<Record<string, string>> = {
  '': `Usage: cmdaid COMMAND [OPTION…]

Says what may be run in your terminals, and proves afterwards what was run.

  check       decide on a command line without running it
  completion  print completions for a shell
  daemon      serve the shells of this user
  doctor      find out what is not protected, and how to mend it
  explain     show how a command line is understood and judged
  help        show help
  init        print the code that loads the hook
  install     make shells load the hook, and start the daemon
  log         show what was run and what was refused
  policy      check, try and show policy documents
  status      show the daemon, its sessions, policy and record
  uninstall   undo what install did
  verify      check that the log is what it was

  -h, --help     this text; behind a command, the text of that command
  -V, --version  the version

Example: cmdaid check -- 'git status'
`,

  check: `Usage: cmdaid check [OPTION…] -- 'LINE'
       cmdaid check --batch [OPTION…] <LINES

Decides on a command line without running or recording it. Needs no daemon: it reads the policy files itself.
The decision is what the policy says; in mode monitor nothing is stopped, and the text says so.

  --batch        answer JSON lines from standard input, {"cmd", "shell"?, "cwd"?, "actor"?, "id"?}, in their order
  --shell SHELL  bash, zsh, sh, fish or powershell; bash when not given
  --cwd DIR      where the line would run; this directory when not given, unknown with --batch
  --policy FILE  judge by this document instead of the policy in force
  --actor KIND   human, agent, ci, script or unknown; human when not given
  --json         print the decision as JSON
  -h, --help     this text

Exit: 0 allow or warn, 10 confirm, 11 approve, 12 deny, 2 used wrongly, 3 no answer.
With --batch: 0 every line was answered, 3 some were no requests (their answers hold an error).

Example: cmdaid check --json -- 'tar -xf a.tar'
`,

  completion: `Usage: cmdaid completion bash|zsh|fish

Prints completions for a shell.

  -h, --help  this text

bash:  eval "$(cmdaid completion bash)"       in ~/.bashrc
zsh:   eval "$(cmdaid completion zsh)"        in ~/.zshrc, after compinit
fish:  cmdaid completion fish | source        in ~/.config/fish/config.fish

Example: cmdaid completion bash
`,

  daemon: `Usage: cmdaid daemon [--foreground]

Serves this user's shells until SIGTERM. It stays in the foreground: a supervisor keeps it alive.
SIGHUP reads the policy again. Directories come from XDG_RUNTIME_DIR, XDG_STATE_HOME and XDG_CONFIG_HOME.

  --foreground  what it does anyway; for supervisors that want to say so
  -h, --help    this text

Example: cmdaid daemon --help
`,

  doctor: `Usage: cmdaid doctor [--json]
       cmdaid doctor --conformance [--shell SHELL] [--json]

Looks at everything that protection depends on: the daemon, its policy and record, a test command that must be denied, and
for each shell whether it is installed, loads the hook, and whether this very shell is protected. Says how to mend the rest.
A new shell of each kind that loads the hook is started in a terminal of its own, with your start files, until it has shown
that it refuses the test command; nothing is typed into it.

With --conformance it types lines of every kind into your own shells instead, on copies of your start files and histories,
with a daemon of their own that is also missing, stopped and killed. It takes minutes, and says what it cannot show.

  --conformance  try the cases of the conformance suite in your shells
  --shell SHELL  with --conformance: bash, zsh, fish or powershell alone
  --json         print the findings, or the outcome of each case, as JSON
  -h, --help     this text

Exit: 0 nothing to mend and every case met, 1 something is not.

Example: cmdaid doctor
`,

  explain: `Usage: cmdaid explain [OPTION…] -- 'LINE'

Shows how a command line is understood and judged: every command in it with its arguments, options and the wrappers
that lead to it, every rule that matches, the one that decides, and the exceptions that silence others.

  --shell SHELL  bash, zsh, sh, fish or powershell; bash when not given
  --cwd DIR      where the line would run; this directory when not given
  --policy FILE  judge by this document instead of the policy in force
  --actor KIND   human, agent, ci, script or unknown; human when not given
  --json         print the explanation as JSON
  -h, --help     this text

Exit: 0 whatever the decision, 2 used wrongly, 3 no answer.

Example: cmdaid explain -- 'sudo sh -c "rm -rf /"'
`,

  help: `Usage: cmdaid help [COMMAND [VERB]]

Shows help.

  -h, --help  this text

Example: cmdaid help check
`,

  init: `Usage: cmdaid init bash|zsh|fish|powershell

Prints the code that loads the hook. In the last line of your rc file, so that nothing after it replaces the hook:

  eval "$(cmdaid init bash)"   in ~/.bashrc
  eval "$(cmdaid init zsh)"    in ~/.zshrc
  cmdaid init fish | source    in ~/.config/fish/config.fish
  cmdaid init powershell | Out-String | Invoke-Expression    in the file that $PROFILE names

  -h, --help  this text

Example: cmdaid init bash
`,

  install: `Usage: cmdaid install [OPTION…]

Adds marked lines to the end of the start files of bash, zsh, fish and PowerShell that load the hook, and sets up a service
that keeps the daemon running. Twice is the same as once. Each file is copied first, and replaced whole; where one cannot be
edited, none is. The lines do nothing when cmdaid is gone. See docs/install.md.

  --user             for you alone, which is the default
  --system           for every user of this machine; only root may
  --shell LIST       these shells only: bash,zsh,fish,powershell; those of this machine when not given
  --non-interactive  also shells that no person types into: \`bash -c\` and the like, as far as policy says
  --no-service       leave the service of the daemon alone
  --force            drop changes that were made between the marks; a copy is kept
  --root DIR         with --system: an image of a machine, nothing outside DIR is touched
  --dry-run          show what would change
  --json             print what was done as JSON
  -h, --help         this text

Exit: 0 done, 1 the service could not be started, 2 used wrongly, 3 nothing was done.

Example: cmdaid install --dry-run --shell bash
`,

  log: `Usage: cmdaid log [OPTION…]

Shows what was run and what was refused, newest last: time, decision, status, duration, command.
It reads the record and proves nothing about it: see \`cmdaid verify\`.

  -f, --follow   go on with what comes; a command appears once it has ended
  -n, --limit N  at most this many, the newest; 100 when not given, 0 for all. With --json all when not given
  --all          every record: sessions, policy, starts and stops too
  --since TIME   from this time on: 2026-01-31, 2026-01-31T08:00Z, or an age: 90s, 15m, 2h, 3d, 1w
  --until TIME   up to this time
  --user NAME    of this user
  --session ID   of the session whose id begins so
  --text TEXT    with this in the command, whatever its case
  --decision D   decided allow, warn, confirm, approve or deny
  --actor ACTOR  by this kind (human, agent, ci, script) or this name of actor
  --json         one event a line, as docs/format/event.md describes
  -h, --help     this text

Exit: 0, also when nothing is found; 2 used wrongly, 3 the log cannot be read.

Example: cmdaid log --since 1h --decision deny
`,

  policy: `Usage: cmdaid policy VERB

Checks, tries and shows policy documents.

  validate FILE  read a document and report what is wrong with it, with file, line, column and a hint
  test FILE      try every example of a document and of what it extends
  show [FILE]    list the rules and exceptions of a document, or of the policy in force

  -h, --help     this text; behind a verb, the text of that verb

Example: cmdaid policy show
`,

  'policy validate': `Usage: cmdaid policy validate [--json] FILE

Reads a document with all that it extends, runs its examples, and reports every error, warning and note.

  --json      print the findings as JSON
  -h, --help  this text

Exit: 0 good (perhaps with warnings), 1 bad, 2 used wrongly.

Example: cmdaid policy validate policy.yaml
`,

  'policy test': `Usage: cmdaid policy test [--json] FILE

Tries every example of a document and of what it extends, shipped packs included.

  --json      print each example as JSON
  -h, --help  this text

Exit: 0 all are as they say, 1 some are not or the document is bad, 2 used wrongly.

Example: cmdaid policy test policy.yaml
`,

  'policy show': `Usage: cmdaid policy show [--json] [FILE]

Lists the rules and exceptions of a document, or of the policy in force.

  --json      print them as JSON
  -h, --help  this text

Exit: 0 good, 1 the document is bad, 2 used wrongly.

Example: cmdaid policy show
`,

  status: `Usage: cmdaid status [--json]

Shows the daemon, its sessions, the policy in force and the record.

  --json      print it as JSON
  -h, --help  this text

Exit: 0 the daemon serves and nothing is wrong, 1 otherwise, 3 the daemon does not answer properly.

Example: cmdaid status
`,

  uninstall: `Usage: cmdaid uninstall [OPTION…]

Takes out the lines that \`cmdaid install\` put into start files, removes what it made, and stops the service. A file in
which nothing else changed is byte for byte what it was before. What was recorded and decided stays.

  --user        for you alone, which is the default
  --system      for every user of this machine; only root may
  --shell LIST  these shells only: bash,zsh,fish,powershell; all when not given, and then the service too
  --no-service  leave the service of the daemon alone
  --force       drop changes that were made between the marks; a copy is kept
  --root DIR    with --system: an image of a machine, nothing outside DIR is touched
  --dry-run     show what would change
  --json        print what was done as JSON
  -h, --help    this text

Exit: 0 done, 2 used wrongly, 3 nothing was done.

Example: cmdaid uninstall --dry-run
`,

  verify: `Usage: cmdaid verify [OPTION…] [DIR]

Checks the log in DIR, or this user's: every record, hash and signature.

  --head FILE    a signed head of this log that was kept elsewhere
  --since FILE   a head that was verified before: the log must extend it
  --policy FILE  who must have signed: a line \`log NAME+ID+KEY\`
  --require W    what counts as success: witnessed, or consistent (nothing contradicts, nothing is missing)
  --json         print the report as JSON
  -h, --help     this text

Exit: 0 WITNESSED, 1 TAMPERED, 2 UNANCHORED, 3 INCOMPLETE, 4 DAMAGED, 5 UNSUPPORTED,
64 used wrongly, 66 there is no log, 74 it cannot be read.

Example: cmdaid verify --require consistent
`,
}
