import t from 'tap'
import { analyse } from '../../../src/core/shell/analyse.ts'
import { read, show } from './shown.ts'

/** Line, then every command found in it, wrappers included. */
const TABLE: readonly (readonly [title: string, line: string, ...commands: string[]])[] = [
  ['a plain command', 'rm -rf /tmp/x', 'rm -rf /tmp/x'],
  ['lists', 'git status && rm -rf x; ls || df &', 'git status', 'rm -rf x', 'ls', 'df'],
  ['pipelines', 'ls | grep x |& wc', 'ls', 'grep x', 'wc'],
  ['negation and time', '! time -p rm x', 'rm x'],
  ['a program by path', '/bin/rm x; ./rm y; ../rm z', 'rm x', 'rm y', 'rm z'],
  ['subshell and group', '(cd x; rm a); { rm b; }', 'cd x', 'rm a', 'rm b'],
  ['if', 'if test a; then rm b; elif test c; then rm d; else rm e; fi', 'test a', 'rm b', 'test c', 'rm d', 'rm e'],
  ['while and until', 'while a; do b; done; until c; do d; done', 'a', 'b', 'c', 'd'],
  ['for over known values', 'for f in a b; do rm $f; done', 'rm a', 'rm b'],
  ['for over unknown values', 'for f in $(ls); do rm "$f"; done', 'ls', 'rm ¿'],
  ['for with arithmetic', 'for ((i=$(a);i<2;i++)); do rm x; done', 'a', 'rm x'],
  ['case', 'case $(a) in $(b)) rm x;; *) rm y;; esac', 'a', 'b', 'rm x', 'rm y'],
  ['select', 'select x in a; do rm x; done', 'rm x'],
  ['a function where it is defined', 'f() { rm x; }', 'rm x'],
  ['a function where it is called', 'f() { rm "$1"; }; f /etc', 'rm ""?', 'f /etc', 'f > rm /etc'],
  ['coprocess', 'coproc rm x', 'rm x'],
  ['conditions', '[[ -f $(rm x) && a =~ $(rm y) ]]', 'rm x', 'rm y'],
  ['arithmetic', '(( x = $(rm x) )); echo $((1 + $(rm y)))', 'rm x', 'echo ¿', 'rm y'],
  ['command substitution', 'echo $(rm x) `rm y` "$(rm z)"', 'echo ¿ ¿ ¿', 'rm x', 'rm y', 'rm z'],
  ['nested backticks', 'echo `echo \\`rm x\\``', 'echo ¿', 'echo ¿', 'rm x'],
  [
    'substitution in every corner of a parameter',
    'echo ${x:-$(a)} ${x//$(b)/$(c)} ${x%%$(d)} ${y[$(e)]}',
    'echo ¿ ¿ ¿ ¿',
    'a',
    'b',
    'c',
    'd',
    'e',
  ],
  ['substitution in an assignment', 'x=$(rm y)', 'rm y'],
  ['substitution in an array and its index', 'x=(a $(rm y)); x[$(rm z)]=1', 'rm y', 'rm z'],
  ['substitution in a declaration', 'export x=$(rm y)', 'export x=¿', 'rm y'],
  ['substitution in a redirect', 'ls > $(rm y)', 'ls', 'rm y'],
  ['process substitution', 'diff <(sort a) >(rm b)', 'diff /dev/fd/¿ /dev/fd/¿', 'sort a', 'rm b'],
  ['an expanding here-document', 'cat <<E\n$(rm x) `rm y` ${z:-$(rm z)}\nE', 'cat', 'rm x', 'rm y', 'rm z'],
  ['a pipe behind a here-document', "cat <<'E' | sh\nrm x\nE", 'cat', 'sh', 'sh > rm x'],
  ['quotes in the name', `r"m" x; 'rm' x; r\\m x; "r"'m' x`, 'rm x', 'rm x', 'rm x', 'rm x'],
  ['ANSI-C quotes', `$'\\x72\\155' x`, 'rm x'],
  ['a line continuation', 'r\\\nm x', 'rm x'],
  ['a constant', 'c=rm; $c -rf /', 'rm -rf /'],
  ['a constant that is split', 'c="rm -rf /"; $c', 'rm -rf /'],
  ['flags in a constant', 'F=-rf; rm $F /', 'rm -rf /'],
  ['an array', 'c=(rm -rf /); "${c[@]}"', 'rm -rf /'],
  ['positional parameters', 'set -- rm -rf /; "$@"; $1 x', 'set -- rm -rf /', 'rm -rf /', 'rm x'],
  ['slices', 'x=arm; ${x:1} /; ${x:1:1}${x:2} /', 'rm /', 'rm /'],
  ['case changes', 'x=RM; ${x,,} /', 'rm /'],
  ['removals and replacements', 'x=xrmy; y=${x#x}; ${y%y} /; z=am; ${z/a/r} /', 'rm /', 'rm /'],
  ['a slash out of a variable', 'rm -rf ${PATH:0:1}etc ${HOME:0:1}usr', 'rm -rf /etc /usr'],
  ['IFS as a blank', 'rm${IFS}-rf${IFS}/', 'rm -rf /'],
  ['IFS chosen', 'IFS=,; c=rm,-rf,/; $c', 'rm -rf /'],
  ['braces', '{rm,-rf,/etc}; rm /{a,b}{1..2}', 'rm -rf /etc', 'rm /a1 /a2 /b1 /b2'],
  ['home in all spellings', 'rm ~ ~/x $HOME/y "${HOME}/z" ~root/x', 'rm /home/u /home/u/x /home/u/y /home/u/z /root/x'],
  ['a quoted tilde is a name', `rm "~" '~/x'`, 'rm ~ ~/x'],
  ['the working directory', 'rm $PWD/x ~+/y', 'rm /here/x /here/y'],
  ['unset variables that the line unset', 'unset x; r${x}m /', 'unset x', 'rm /'],
  ['an unset one that somebody may have set', 'r${x}m /', 'rm / [dynamic-name]'],
  ['no positional parameters at a prompt', 'r$@m /$1', 'rm /? [dynamic-name]'],
  ['a default', '${x:-rm} /', 'rm / [dynamic-name]'],
  ['an indirect variable', 'a=rm; b=a; ${!b} /', 'rm /'],
  ['a pattern for a name', '/bin/r? /', 'rm / [dynamic-name]'],
  ['an unknown name', '$x -rf /', '¿ -rf / [dynamic-name]'],
  ['an unknown directory is no unknown name', '"$VENV"/bin/python x', 'python x'],
  ['a later round of a loop', 'c=ls; while a; do $c /; c=rm; done', 'a', 'ls /', '¿ / [dynamic-name]'],
  ['a function called later', 'c=ls; f() { $c /; }; c=rm; f', 'ls / [dynamic-name]', 'f', 'f > rm /'],
  ['a trap run later', "c=ls; trap '$c /' EXIT; c=rm", 'trap "$c /" EXIT', 'trap > ls / [dynamic-name]'],
  ['an assignment that may not have happened', 'x=rm; false && x=ls; $x /', 'false', '¿ / [dynamic-name]'],
  ['computed output', '$(echo rm) -rf /; `printf "\\x72m"` /', 'rm -rf /', 'echo rm', 'rm /', 'printf \\x72m'],
  [
    'decoded text into a shell',
    'echo cm0gLXJmIC8= | base64 -d | sh',
    'echo cm0gLXJmIC8=',
    'base64 -d',
    'sh',
    'sh > rm -rf /',
  ],
  ['hexadecimal into a shell', 'echo 726d202f | xxd -r -p | bash', 'echo 726d202f', 'xxd -r -p', 'bash', 'bash > rm /'],
  ['reversed text', 'rev <<< "/ mr" | sh', 'rev', 'sh', 'sh > rm /'],
  ['rotated text', '$(tr a-z n-za-m <<< ez) /', 'rm /', 'tr a-z n-za-m'],
  ['a here-string to a shell', "bash <<< 'rm /'", 'bash', 'bash > rm /'],
  ['a here-document to a shell', 'sh <<E\nrm -rf $x\nE', 'sh', 'sh > rm -rf ¿'],
  ['a group reading text', "echo 'rm /' | { cat | sh; }", 'echo "rm /"', 'cat', 'sh', 'sh > rm /'],
  ['which', '$(which rm) /', 'rm /', 'which rm'],
  ['an array that is declared', 'declare -a c=(rm -rf /); "${c[@]}"', 'declare -a c=¿', 'rm -rf /'],
  ['a variable that is read', 'read c d <<< "rm -rf /"; $c $d', 'read c d', 'rm -rf /'],
  ['a variable that is printed', 'printf -v c "\\x72%s" m; $c /', 'printf -v c \\x72%s m', 'rm /'],
  ['a stage that reads nothing', "ls | echo 'rm /' | sh", 'ls', 'echo "rm /"', 'sh', 'sh > rm /'],
  ['a substitution that looks like arithmetic', 'echo $((rm x); ls)', 'echo ¿', 'rm x', 'ls'],
]

t.test('analyse finds the commands of a line', async (t) => {
  for (const [title, line, ...commands] of TABLE) t.strictSame(show(line), commands, title)
})

const WRAPPED: readonly (readonly [line: string, inner: string])[] = [
  ['sudo rm -rf /', 'sudo > rm -rf /'],
  ['sudo -u root -E A=1 rm -rf /', 'sudo > rm -rf /'],
  ['doas rm -rf /', 'doas > rm -rf /'],
  ['env -i A=1 rm -rf /', 'env > rm -rf /'],
  ['env - rm -rf /', 'env > rm -rf /'],
  ["env -S 'rm -rf /'", 'env > rm -rf /'],
  ['nice -n 5 nohup rm -rf /', 'nice > nohup > rm -rf /'],
  ['timeout -k 1 5s rm -rf /', 'timeout > rm -rf /'],
  ['stdbuf -oL setsid ionice -c3 rm -rf /', 'stdbuf > setsid > ionice > rm -rf /'],
  ['command rm -rf /', 'command > rm -rf /'],
  ['builtin exec -a x rm -rf /', 'builtin > exec > rm -rf /'],
  ["sudo -s <<< 'rm -rf /'", 'sudo > rm -rf /'],
  ["su <<< 'rm -rf /'", 'su > rm -rf /'],
  ['busybox rm -rf /', 'busybox > rm -rf /'],
  ['/lib64/ld-linux-x86-64.so.2 /bin/rm -rf /', 'ld-linux-x86-64.so.2 > rm -rf /'],
  ['chroot /mnt rm -rf /', 'chroot > rm -rf /'],
  ['nsenter -t 1 -m rm -rf /', 'nsenter > rm -rf /'],
  ['unshare -r rm -rf /', 'unshare > rm -rf /'],
  ['strace -f -o x rm -rf /', 'strace > rm -rf /'],
  ['flock /tmp/l rm -rf /', 'flock > rm -rf /'],
  ["flock /tmp/l -c 'rm -rf /'", 'flock -c > rm -rf /'],
  ["su - root -c 'rm -rf /'", 'su -c > rm -rf /'],
  ["script -qc 'rm -rf /' x", 'script -c > rm -rf /'],
  ["watch -n 1 'rm -rf /'", 'watch > rm -rf /'],
  ["sh -c 'rm -rf /'", 'sh -c > rm -rf /'],
  ["bash -lc 'rm -rf /'", 'bash -c > rm -rf /'],
  ["bash -o pipefail -ec 'rm -rf $1' x /", 'bash -c > rm -rf /'],
  ["fish -c 'rm -rf /'", 'fish -c > rm -rf /'],
  ["eval 'rm -rf' /", 'eval > rm -rf /'],
  ["trap 'rm -rf /' EXIT", 'trap > rm -rf /'],
  ["alias x='rm -rf /'", 'alias > rm -rf /'],
  ["bash <(echo 'rm -rf /')", 'bash > rm -rf /'],
  ["source /dev/stdin <<< 'rm -rf /'", 'source > rm -rf /'],
  ["PROMPT_COMMAND='rm -rf /'", 'PROMPT_COMMAND > rm -rf /'],
  ["echo 'rm -rf /' | at now", 'at > rm -rf /'],
  ["echo '* * * * * rm -rf /' | crontab -", 'crontab > rm -rf /'],
  ['echo / | xargs rm -rf', 'xargs > rm -rf /'],
  ['echo / | xargs -n1 -I{} sudo rm -rf {}', 'xargs > sudo > rm -rf /'],
  ["echo 'rm -rf /' | xargs -I% sh -c %", 'xargs > sh -c > rm -rf /'],
  ['find . -exec rm -rf / \\;', 'find -exec > rm -rf /'],
  ["find . -execdir sh -c 'rm -rf /' {} +", 'find -execdir > sh -c > rm -rf /'],
  ['parallel rm -rf ::: /', 'parallel > rm -rf /'],
  ['fd x -x rm -rf / {}', 'fd -x > rm -rf / ./¿'],
  ["ssh -p 22 u@h -t 'rm -rf /'", 'ssh > rm -rf /'],
  ['ssh h rm -rf /', 'ssh > rm -rf /'],
  ["ssh -o ProxyCommand='rm -rf /' h", 'ssh ProxyCommand > rm -rf /'],
  ['docker exec -it c rm -rf /', 'docker exec > rm -rf /'],
  ['docker --context x run --rm -v /:/host alpine rm -rf /', 'docker run > rm -rf /'],
  ['docker run --entrypoint rm alpine -rf /', 'docker run > rm -rf /'],
  ["podman container exec c sh -c 'rm -rf /'", 'podman container exec > sh -c > rm -rf /'],
  ['docker compose -f x.yml exec -T web rm -rf /', 'docker compose exec > rm -rf /'],
  ['kubectl -n a exec pod -c c -- rm -rf /', 'kubectl exec > rm -rf /'],
  ["tmux new-session -d -s x 'rm -rf /'", 'tmux new-session > rm -rf /'],
  ["tmux send-keys -t x 'rm -rf /' Enter", 'tmux send-keys > rm -rf /'],
  [`python3 -c 'import os; os.system("rm -rf /")'`, 'python3 -c > rm -rf /'],
  [`python3.12 -c 'import subprocess as s; s.run(["rm", "-rf", "/"], check=True)'`, 'python3.12 -c > rm -rf /'],
  ["python3 - <<'E'\nimport os\nos.system('rm -rf /')\nE", 'python3 > rm -rf /'],
  [`perl -e 'system("rm", "-rf", "/")'`, 'perl -e > rm -rf /'],
  ["perl -e 'exec q(x); `rm -rf /`'", 'perl -e > rm -rf /'],
  [`ruby -e 'system "rm -rf /"'`, 'ruby -e > rm -rf /'],
  [`node -e 'require("child_process").execSync("rm -rf /")'`, 'node -e > rm -rf /'],
  [`node -e 'require("child_process").spawn("rm", ["-rf", "/"])'`, 'node -e > rm -rf /'],
  [`php -r 'shell_exec("rm -rf /");'`, 'php -r > rm -rf /'],
  [`awk 'BEGIN { system("rm -rf /") }'`, 'awk > rm -rf /'],
  ["sed '1e rm -rf /' x", 'sed > rm -rf /'],
  ["vim -c ':!rm -rf /' x", 'vim > rm -rf /'],
  ["git -c alias.x='!rm -rf /' x", 'git -c > rm -rf /'],
  ["git -c core.pager='rm -rf /' log", 'git -c > rm -rf /'],
  ['git bisect run rm -rf /', 'git bisect run > rm -rf /'],
  ["git rebase -x 'rm -rf /' main", 'git --x > rm -rf /'],
  ["git submodule foreach 'rm -rf /'", 'git submodule foreach > rm -rf /'],
  ["tar cf x --checkpoint=1 --checkpoint-action=exec='rm -rf /' y", 'tar --checkpoint-action > rm -rf /'],
  ["rsync -e 'rm -rf /' a b", 'rsync -e > rm -rf /'],
  ["rg --pre 'rm -rf /' x", 'rg --pre > rm -rf /'],
  ["GIT_SSH_COMMAND='rm -rf /' git fetch", 'GIT_SSH_COMMAND > rm -rf /'],
  ["socat - EXEC:'rm -rf /'", 'socat > rm -rf /'],
  ["psql -c '\\! rm -rf /'", 'psql > rm -rf /'],
  ['poetry run rm -rf /', 'poetry run > rm -rf /'],
  ['aws-vault exec prod -- rm -rf /', 'aws-vault exec > rm -rf /'],
  ['pwsh -enc cgBtACAALQByAGYAIAAvAA==', 'pwsh -EncodedCommand > rm -rf /'],
]

t.test('analyse lists what a wrapper runs, behind the wrapper', async (t) => {
  for (const [line, inner] of WRAPPED) {
    const commands = show(line)
    t.ok(commands.includes(inner), `${line}: ${commands.join(' ; ')}`)
  }
})

t.test('analyse takes text for data where the program does', async (t) => {
  const data: readonly (readonly [string, readonly string[]])[] = [
    ["echo 'rm -rf /'", ['echo "rm -rf /"']],
    ['git commit -m "rm -rf /; sudo x"', ['git commit -m "rm -rf /; sudo x"']],
    ["grep -rn 'rm -rf' .", ['grep -rn "rm -rf" .']],
    ["cat > notes <<'E'\nrm -rf /\n$(rm x)\nE", ['cat']],
    ["git commit -F - <<'E'\nrm -rf /\nE", ['git commit -F -']],
    ["python3 - <<'E'\nprint('rm -rf /')\nE", ['python3 -']],
    ["awk 'NR>=3 && NR<=4 { print $1 }' x", ['awk "NR>=3 && NR<=4 { print $1 }" x']],
    ["grep 'a|b' x", ['grep a|b x']],
    ['command -v rm', ['command -v rm']],
    ['ls # rm -rf /', ['ls']],
    ['gh pr create --body "$(cat <<\'E\'\nrm -rf /\nE\n)"', ['gh pr create --body "rm -rf /"', 'cat']],
    ['make clean rm', ['make clean rm']],
    ['mytool run rm -rf /', ['mytool run rm -rf /']],
    ["echo 'a' > /tmp/x", ['echo a']],
    [`python3 -c 'import asyncio; asyncio.run(main())'`, ['python3 -c "import asyncio; asyncio.run(main())"']],
    ['trap - EXIT', ['trap - EXIT']],
    ['docker run --name rm alpine', ['docker run --name rm alpine']],
    ['curl x | python3 -m json.tool', ['curl x', 'python3 -m json.tool']],
    ['curl x | bash install.sh', ['curl x', 'bash install.sh']],
    ["node -e 'console.log(/exec/.exec(s))'", ['node -e console.log(/exec/.exec(s))']],
  ]
  for (const [line, commands] of data) t.strictSame(show(line), commands, line)
})

t.test('analyse says which code nobody can read before it runs, and what feeds it', async (t) => {
  const cases: readonly (readonly [line: string, program: string, from: readonly string[]])[] = [
    ['eval "$(ssh-agent -s)"', 'eval', ['ssh-agent']],
    ['source <(kubectl completion bash)', 'source', ['kubectl']],
    ['. <(curl -s x | tac)', '.', ['tac', 'curl']],
    ['curl -s x | sh', 'sh', ['curl']],
    ['curl -s x | tee y | sudo bash -s -- a', 'bash', ['tee', 'curl']],
    ['bash <(curl -s x)', 'bash', ['curl']],
    ['bash < <(wget -qO- x)', 'bash', ['wget']],
    ['sh -c "$(curl -s x)"', 'sh', ['curl']],
    ['sudo sh -c "$(curl -s x)"', 'sh', ['curl']],
    ['curl x | python3 -', 'python3', ['curl']],
    ['curl x | tee >(bash)', 'bash', ['tee', 'curl']],
    ['eval "$x"', 'eval', []],
    ['bash -c "$x"', 'bash', []],
    ['eval "foo; $x"', 'eval', []],
    ['python3 -c "$x"', 'python3', []],
    [`python3 -c 'exec(open("x").read())'`, 'python3', []],
    ['ssh h "$x"', 'ssh', []],
    ['bash <<< "$x"', 'bash', []],
  ]
  for (const [line, program, from] of cases) {
    const { commands, dynamic } = read(line)
    const found = commands.filter((command) => command.dynamic.includes('dynamic-eval'))
    t.strictSame(
      [found.map((command) => [command.program, command.from]), dynamic.includes('dynamic-eval')],
      [[[program, from]], true],
      line,
    )
  }
})

t.test('analyse knows that a line of the history runs again, and when it is only listed', async (t) => {
  const reasons = (line: string, shell: 'bash' | 'zsh'): readonly string[] =>
    analyse({ line, shell, cwd: null, home: null, aliases: null }).dynamic
  for (const shell of ['bash', 'zsh'] as const) {
    for (const line of ['fc', 'fc -s', 'fc -s say=rm', 'fc -e -', 'fc -e true 12'])
      t.strictSame(reasons(line, shell), ['dynamic-eval'], `${shell}: ${line}`)
    for (const line of ['fc -l', 'fc -l -5', 'fc -ln 1 2']) t.strictSame(reasons(line, shell), [], `${shell}: ${line}`)
  }
  t.strictSame(reasons('r say=rm', 'zsh'), ['dynamic-eval'])
  t.strictSame(reasons('r --version', 'bash'), [])
})

t.test('analyse does not call code unreadable because an argument in it is unknown', async (t) => {
  t.strictSame(show('ssh h "cd $x && make"'), ['ssh h "cd ¿ && make"', 'ssh > cd ¿', 'ssh > make'])
  t.strictSame(show('ssh h "docker logs $(docker ps -lq)"'), [
    'ssh h "docker logs ¿"',
    'docker ps -lq',
    'ssh > docker logs ¿',
  ])
  t.strictSame(show('bash -c "rm -rf $x"'), ['bash -c "rm -rf ¿"', 'bash -c > rm -rf ¿'])
})

t.test('analyse connects a pipeline in both directions', async (t) => {
  const { commands } = read('curl x | (sort; sudo uniq) | tee y')
  t.strictSame(
    commands.map(({ program, from, to, stdin }) => [program, from, to, stdin]),
    [
      ['curl', [], ['sort', 'sudo', 'uniq', 'tee'], 'inherited'],
      ['sort', ['curl'], ['tee'], 'pipe'],
      ['sudo', ['curl'], ['tee'], 'pipe'],
      ['uniq', ['curl'], ['tee'], 'pipe'],
      ['tee', ['uniq', 'sudo', 'sort', 'curl'], [], 'pipe'],
    ],
  )
})

t.test('analyse follows cd, but not out of a subshell or an uncertain branch', async (t) => {
  const where = (line: string): readonly (string | null)[] => read(line).commands.map(({ cwd }) => cwd)
  t.strictSame(where('cd /etc && rm -rf *'), ['/here', '/etc'])
  t.strictSame(where('cd sub/../x; rm a'), ['/here', '/here/x'])
  t.strictSame(where('cd; rm a; cd -; rm b'), ['/here', '/home/u', '/home/u', '/here'])
  t.strictSame(where('(cd /etc); rm a'), ['/here', '/here'])
  t.strictSame(where('cd /etc | cat; rm a'), ['/here', '/here', '/here'])
  t.strictSame(where('false || cd /; rm a'), ['/here', '/here', null])
  t.strictSame(where('cd "$x"; rm a'), ['/here', null])
  t.strictSame(where('f() { rm *; }; cd /etc; f'), [null, '/here', '/etc', '/etc'])
  t.strictSame(where('ssh h rm a'), ['/here', null])
  t.strictSame(where("sh -c 'cd /etc; rm a'; rm b"), ['/here', '/here', '/etc', '/here'])
})

t.test('analyse reads redirects, their targets and what standard input is', async (t) => {
  const { commands } = read('cat > ~/.bashrc 2>&1 <<< hi; : >| x; { ls; } >> /etc/passwd; > y')
  t.strictSame(
    commands.map(({ program, redirects, stdin }) => [
      program,
      redirects.map(({ operator, fd, target }) => [operator, fd, target.text]),
      stdin,
    ]),
    [
      [
        'cat',
        [
          ['>', null, '/home/u/.bashrc'],
          ['>&', 2, '1'],
          ['<<<', null, 'hi'],
        ],
        'here-string',
      ],
      [':', [['>|', null, 'x']], 'inherited'],
      [':', [['>>', null, '/etc/passwd']], 'inherited'],
      ['ls', [], 'inherited'],
      [':', [['>', null, 'y']], 'inherited'],
    ],
  )
})

t.test('analyse keeps assignments of the line and of single commands apart', async (t) => {
  const { assignments, commands } = read('A=1 env B=2 cmd; export HISTFILE=/dev/null; C=$HOME/x; D=$(date); (E=1)')
  t.strictSame(
    [...assignments].map(([name, word]) => [name, word.text, word.dynamic]),
    [
      ['HISTFILE', '/dev/null', false],
      ['C', '/home/u/x', false],
      ['D', '\uFFFC', true],
    ],
  )
  t.strictSame(
    commands.slice(0, 2).map(({ program, env }) => [program, [...env].map(([name, { text }]) => [name, text])]),
    [
      ['env', [['A', '1']]],
      [
        'cmd',
        [
          ['A', '1'],
          ['B', '2'],
        ],
      ],
    ],
  )
})

t.test('analyse tells where a command stands, for text read again where its word stands', async (t) => {
  const spans = (line: string): readonly string[] =>
    read(line).commands.map(({ span }) => line.slice(span.start, span.end))
  t.strictSame(spans('ls; sudo rm -rf / | wc'), ['ls', 'sudo rm -rf /', 'rm -rf /', 'wc'])
  t.strictSame(spans("sh -c 'rm x; ls'"), ["sh -c 'rm x; ls'", "'rm x; ls'", "'rm x; ls'"])
  t.strictSame(spans('echo `a \\`b\\``'), ['echo `a \\`b\\``', '`a \\`b\\``', '`a \\`b\\``'])
})

t.test('analyse notes in what part of the line a command stands', async (t) => {
  const { commands } = read('if a; then b & fi; f() { c $(d); }; for x in y; do e; done')
  t.strictSame(
    commands.map(({ program, context }) => [program, context]),
    [
      ['a', ['condition']],
      ['b', ['background']],
      ['c', ['function']],
      ['d', ['function', 'substitution']],
      ['e', ['loop']],
    ],
  )
})

t.test('analyse reports a line that does not parse, and still lists what it found', async (t) => {
  for (const line of ['if', "echo 'a", 'rm -rf / )', 'echo >', 'a | | b', 'echo $(']) {
    t.ok(read(line).dynamic.includes('parse-error'), line)
  }
  t.strictSame(show('rm -rf / )')[0], 'rm -rf /')
  t.ok(read("sh -c 'if'").commands[0]?.dynamic.includes('parse-error'))
})

t.test('analyse reads a zsh line only as far as the bash grammar can vouch for it', async (t) => {
  t.strictSame(show('=rm -rf /', 'zsh'), ['rm -rf /'])
  t.strictSame(show('noglob rm -rf *', 'zsh'), ['noglob rm -rf *', 'noglob > rm -rf *'])
  t.strictSame(show('repeat 3 rm x', 'zsh'), ['repeat 3 rm x', 'repeat > rm x'])
  t.strictSame(show('- rm x', 'zsh'), ['- rm x', '- > rm x'])
  t.strictSame(show('echo a # ; rm -rf /', 'zsh'), ['echo a _', 'rm -rf /'], 'a prompt has no comments')
  t.strictSame(show("cat <<'E' > x\n# title\nE", 'zsh'), ['cat'])
  t.strictSame(show('a=(rm -rf /); $a', 'zsh'), ['rm -rf /'])
  t.strictSame(show('a=(rm -rf /); ${a[1]} x', 'zsh'), ['rm x'])
  for (const line of [
    '${${x}:-$(rm y)}',
    '${(e)x}',
    'echo "${(e)x}"',
    "ls *(e:'rm x':)",
    '$commands[rm] x',
    'cat =(rm x)',
    'for f (a b) rm $f',
    '() { rm x }',
    'x=$=y',
    'ls *(N) &|',
  ]) {
    t.ok(read(line, 'zsh').dynamic.includes('parse-error'), line)
  }
  for (const line of [
    'ls *(.)',
    'echo ${x:-$(date)}',
    'git log -1 && echo $?',
    'for f in *.c; do cc $f; done',
    "awk '{print $1}' x",
  ]) {
    t.notOk(read(line, 'zsh').dynamic.includes('parse-error'), line)
  }
})
