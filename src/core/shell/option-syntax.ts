/** How one program reads its options. */
export type OptionSyntax = {
  /** Names that take a value, letters and long names alike. */
  readonly valued: ReadonlySet<string>
  /** Letters whose value is optional and attached: `-i.bak`. */
  readonly optional: ReadonlySet<string>
  /** Options that are followed by a whole command, up to `;` or `{} +`. */
  readonly commands: ReadonlySet<string>
  /** All long names, when abbreviations are accepted; else empty. */
  readonly names: ReadonlySet<string>
  /** The first operand ends the options: what follows belongs to another command. */
  readonly stops: boolean
  /** Long options have one dash, letters are not clustered. */
  readonly single: boolean
  /** Operands are `name=value`. */
  readonly assigns: boolean
  /** The first argument may be a cluster without dash. */
  readonly bundles: boolean
  /** The first operand selects a syntax of its own, listed as `program operand`. */
  readonly subcommands: boolean
}

/** Programs whose operands are another command, unless said otherwise in `SYNTAX` without options that take a value. */
export const PLAIN_WRAPPERS: readonly string[] =
  'nice gnice nohup time stdbuf setsid ionice exec noglob nocorrect - busybox toybox systemd-run pkexec run0 caffeinate strace ltrace valgrind chronic unbuffer eatmydata proxychains proxychains4 torsocks torify fakeroot dbus-run-session xvfb-run setarch linux32 linux64 prlimit choom setpriv numactl rlwrap catchsegv cgexec firejail bwrap and or not begin entr dotenv tsocks trickle schedtool ccache distcc sem sshpass winpty wine arch dtruss'.split(
    ' ',
  )

/** The same, behind one operand of their own: `timeout 5 command`. */
export const WRAPPERS_WITH_OPERAND: readonly string[] =
  'timeout gtimeout taskset chrt repeat gosu su-exec setuidgid envdir faketime chpst softlimit lockf setlock'.split(' ')

const cache = new Map<string, OptionSyntax>()

/** The syntax of a program, or of a program and its subcommand (`git commit`); undefined when nobody described it. */
export function syntaxOf(program: string | null): OptionSyntax | undefined {
  if (program === null) return undefined
  const known = cache.get(program)
  if (known !== undefined) return known
  const described = description(program) ?? description(canonicalName(program))
  if (described === undefined) return undefined
  const syntax = parseSyntax(described)
  cache.set(program, syntax)
  return syntax
}

function description(program: string): string | undefined {
  return SYNTAX.get(program) ?? ALIASES.get(program) ?? (WRAPPERS.has(program) ? 'stops' : undefined)
}

/**
 * The name under which a program is described: without its version (`python3.12`), without the part behind a dot
 * (`mkfs.ext4`), and for the dynamic loader, which runs what it is given, `exec`.
 */
export function canonicalName(program: string): string {
  if (/^ld-(?:linux|musl)[\w.-]*\.so/.test(program)) return 'exec'
  if (program.startsWith('podman ')) return `docker ${program.slice(7)}`
  return program.replace(/(?:-?\d[\d.]*|\.[a-z]\w*)$/, '')
}

/**
 * One line per program: `-x=` and `--name=` take a value, `-x?` an optional attached one, `-x;` a whole command,
 * `--name` none. Words before them:
 * `stops` (the first operand ends the options), `single` (long options with one dash), `assigns` (`of=x` operands),
 * `bundles` (`tar xzf`), `sub` (subcommands have lines of their own), `abbrev` (long names may be cut short; then all of
 * them are listed).
 */
function parseSyntax(described: string): OptionSyntax {
  const valued = new Set<string>()
  const optional = new Set<string>()
  const commands = new Set<string>()
  const names = new Set<string>()
  const words = new Set<string>()
  for (const token of described.split(' ')) {
    if (!token.startsWith('-')) {
      words.add(token)
      continue
    }
    const dashes = token.startsWith('--') ? 2 : 1
    const last = token.charAt(token.length - 1)
    const name = last === '=' || last === '?' || last === ';' ? token.slice(dashes, -1) : token.slice(dashes)
    if (last === '=') valued.add(name)
    if (last === '?') optional.add(name)
    if (last === ';') commands.add(name)
    if (dashes === 2) names.add(name)
  }
  return {
    valued,
    optional,
    commands,
    names: words.has('abbrev') ? names : new Set(),
    stops: words.has('stops'),
    single: words.has('single'),
    assigns: words.has('assigns'),
    bundles: words.has('bundles'),
    subcommands: words.has('sub'),
  }
}

const WRAPPERS: ReadonlySet<string> = new Set([...PLAIN_WRAPPERS, ...WRAPPERS_WITH_OPERAND])

const KUBECTL =
  '-n= --namespace= --context= --cluster= --user= --kubeconfig= -s= --server= --token= --as= --as-group= -f= --filename= -k= --kustomize= ' +
  '-l= --selector= -o= --output= -c= --container= --field-selector= --grace-period= --timeout= --replicas= --image= --type= -p= --patch= ' +
  '--patch-file= --from-file= --from-literal= --port= --target-port= --since= --tail= -v= --request-timeout= --cascade --certificate-authority= ' +
  '--client-certificate= --client-key= --cache-dir= --tls-server-name= --profile= --overrides= --restart= --env= --labels= --serviceaccount= --duration='
const DOCKER_GLOBAL = '-H= --host= -c= --context= --config= -l= --log-level= --tlscacert= --tlscert= --tlskey='
const DOCKER_RUN =
  'stops -v= --volume= --mount= -e= --env= --env-file= -p= --publish= --name= --network= --net= -w= --workdir= -u= --user= --entrypoint= ' +
  '-m= --memory= --cpus= -l= --label= -h= --hostname= --device= --cap-add= --cap-drop= --security-opt= --pid= --ipc= --uts= --userns= ' +
  '--restart= --platform= --add-host= --dns= --log-driver= --log-opt= --ulimit= --tmpfs= --gpus= --shm-size= --expose= --ip= --link= ' +
  '--volumes-from= --runtime= --stop-signal= --pull= --cgroupns= --cidfile= --annotation= --group-add= --health-cmd= -c= --cpu-shares= -a= --attach='
const DOCKER_EXEC = 'stops -e= --env= --env-file= -u= --user= -w= --workdir= --detach-keys='
const SHELL = 'stops -c -o= -O= --rcfile= --init-file= --login --norc --noprofile --posix --restricted --verbose'
const SSH = 'stops -b= -B= -c= -D= -E= -e= -F= -I= -i= -J= -L= -l= -m= -O= -o= -p= -P= -Q= -R= -S= -W= -w='
const CHMOD =
  'abbrev -c -f -v -R --changes --quiet --silent --verbose --no-preserve-root --preserve-root --reference= --recursive --dereference --no-dereference --help --version'
const PYTHON = 'stops -c= -m= -W= -X= -Q= --check-hash-based-pycs='
const TERRAFORM =
  'single -target= -var= -var-file= -state= -out= -lock-timeout= -parallelism= -chdir= -backend-config= -replace= -plugin-dir= -from-module='
const APT = '-o= --option= -c= --config-file= -t= --target-release= --default-release= -a= --host-architecture='

const SYNTAX: ReadonlyMap<string, string> = new Map([
  // Files.
  [
    'rm',
    'abbrev -d -f -i -I -r -R -v -P -W --force --interactive --one-file-system --no-preserve-root --preserve-root --recursive --dir --verbose --help --version',
  ],
  ['rmdir', 'abbrev --ignore-fail-on-non-empty --parents --verbose --help --version'],
  [
    'cp',
    'abbrev -t= -S= --target-directory= --suffix= --archive --backup --attributes-only --copy-contents --force --interactive --link --dereference --no-clobber --no-dereference --parents --preserve --no-preserve --recursive --reflink --remove-destination --sparse --strip-trailing-slashes --symbolic-link --no-target-directory --update --verbose --one-file-system --help --version',
  ],
  [
    'mv',
    'abbrev -t= -S= --target-directory= --suffix= --backup --force --interactive --no-clobber --strip-trailing-slashes --no-target-directory --update --verbose --exchange --no-copy --help --version',
  ],
  [
    'ln',
    'abbrev -t= -S= --target-directory= --suffix= --backup --directory --force --interactive --logical --no-dereference --physical --relative --symbolic --no-target-directory --verbose --help --version',
  ],
  ['chmod', CHMOD],
  ['chown', `${CHMOD} -h -H -L -P --from=`],
  ['chgrp', `${CHMOD} -h -H -L -P`],
  ['chattr', '-p= -v='],
  ['install', '-m= --mode= -o= --owner= -g= --group= -t= --target-directory= -S= --suffix='],
  ['mkdir', '-m= --mode='],
  ['touch', '-d= --date= -r= --reference= -t='],
  [
    'shred',
    'abbrev -n= --iterations= -s= --size= --random-source= --force --remove --verbose --exact --zero --help --version',
  ],
  ['truncate', 'abbrev -s= --size= -r= --reference= --no-create --io-blocks --help --version'],
  ['wipefs', '-t= --types= -o= --offset= -O= --output='],
  ['dd', 'assigns'],
  ['ls', '-I= --ignore= --hide= -T= --tabsize= -w= --width= --block-size= --color --time= --sort='],
  ['cat', ''],
  ['tac', '-s= --separator='],
  ['head', '-n= --lines= -c= --bytes='],
  ['tail', '-n= --lines= -c= --bytes= -s= --sleep-interval= --pid='],
  ['tee', '-a --append -i --ignore-interrupts -p'],
  ['cut', '-d= --delimiter= -f= --fields= -c= --characters= -b= --bytes= --output-delimiter='],
  [
    'sort',
    '-k= --key= -t= --field-separator= -o= --output= -S= --buffer-size= -T= --temporary-directory= --compress-program= --parallel=',
  ],
  ['uniq', '-f= --skip-fields= -s= --skip-chars= -w= --check-chars='],
  ['wc', '--files0-from='],
  ['tr', ''],
  ['rev', ''],
  ['base64', '-w= --wrap='],
  ['xxd', '-c= -g= -l= -n= -o= -s='],
  [
    'grep',
    '-e= --regexp= -f= --file= -A= -B= -C= --after-context= --before-context= --context= -m= --max-count= --include= --exclude= --exclude-dir= --exclude-from= --color -d= -D= --label=',
  ],
  [
    'rg',
    '-e= --regexp= -f= --file= -g= --glob= -t= --type= -T= -A= -B= -C= -m= --max-count= --pre= --pre-glob= -r= --replace= -j= --threads= -M= -E=',
  ],
  ['sed', '-e= --expression= -f= --file= -l= -i? --in-place'],
  ['awk', '-F= -v= -f= --field-separator= --assign= --file= -e= --source='],
  ['du', '-d= --max-depth= --exclude= -B= --block-size= -t= --threshold='],
  ['diff', '-U= --unified -C= -I= -x= --exclude= -X= -F= --label='],
  ['stat', '-c= --format= --printf= -f='],
  ['tree', '-L= -P= -I= -o='],
  ['date', '-d= --date= -s= --set= -r= --reference= -f='],
  [
    'find',
    'single -name= -iname= -path= -ipath= -wholename= -regex= -iregex= -type= -xtype= -size= -mtime= -atime= -ctime= -mmin= -amin= -cmin= -newer= -maxdepth= -mindepth= -perm= -user= -group= -uid= -gid= -links= -inum= -samefile= -fstype= -printf= -fprint= -fprint0= -fls= -regextype= -lname= -ilname= -used= -context= -exec; -execdir; -ok; -okdir;',
  ],
  [
    'fd',
    '-e= --extension= -t= --type= -d= --max-depth= -E= --exclude= -c= --color= -j= --threads= --base-directory= --search-path= -S= --size= -o= --owner=',
  ],
  [
    'tar',
    'bundles -f= --file= -C= --directory= -X= --exclude-from= --exclude= -T= --files-from= -I= --use-compress-program= --transform= --strip-components= --checkpoint-action= --to-command= --rsh-command= -b= -g= -V= -F= --info-script= --new-volume-script= --owner= --group= --mode=',
  ],
  ['zip', '-x= -i= -P= -b= -TT= --unzip-command='],
  ['unzip', '-d= -P= -x='],
  [
    'rsync',
    '-e= --rsh= --rsync-path= --exclude= --include= --exclude-from= --include-from= --files-from= --filter= -f= --bwlimit= --log-file= --password-file= --port= --timeout= --backup-dir= --suffix= --chmod= --chown= --max-size= --min-size= --temp-dir= -T= --compare-dest= --link-dest= --partial-dir= -B= --out-format=',
  ],
  ['mount', '-t= --types= -o= --options= -L= -U='],
  ['umount', '-t= -O='],
  // Processes and the system.
  ['kill', '-s= --signal= -n= -q='],
  ['pkill', '-u= -U= -g= -G= -t= -P= -F= --signal= -s= --uid= --parent='],
  ['killall', '-u= --user= -s= --signal= -o= -y='],
  [
    'systemctl',
    '-t= --type= -H= --host= -M= --machine= -p= --property= -n= --lines= -o= --output= --signal= -s= --state= --root= --kill-who=',
  ],
  [
    'journalctl',
    '-u= --unit= -n= --lines= -S= --since= -U= --until= -o= --output= -p= --priority= -D= --directory= --vacuum-size= --vacuum-time= --vacuum-files= -t= -b? -g=',
  ],
  [
    'useradd',
    '-u= -g= -G= -d= -s= -c= -p= -e= -f= -k= -K= --uid= --gid= --groups= --home-dir= --shell= --comment= --password=',
  ],
  ['usermod', '-u= -g= -G= -d= -s= -c= -p= -e= -f= -l= --uid= --gid= --groups= --home= --shell= --login= --password='],
  ['crontab', '-u='],
  ['at', '-f= -q= -t='],
  ['ps', 'bundles -C= -G= -g= -o= -O= -p= -q= -s= -t= -u= -U= --pid= --ppid= --format= --sort='],
  [
    'iptables',
    '-t= --table= -A= -D= -I= -R= -N= -P= -s= -d= -p= -i= -o= -j= -m= --dport= --sport= --source= --destination= --jump= --protocol=',
  ],
  ['mkfs', '-t= --type='],
  // Wrappers: everything from the first operand on is another command.
  [
    'sudo',
    'stops -u= -g= -h= -p= -C= -r= -t= -T= -U= -D= -R= --user= --group= --host= --prompt= --close-from= --role= --type= --command-timeout= --other-user= --chdir= --chroot=',
  ],
  ['doas', 'stops -u= -C= -a='],
  [
    'env',
    'stops -u= -S= -C= -a= --unset= --split-string= --chdir= --argv0= --block-signal --default-signal --ignore-signal',
  ],
  ['nice', 'stops -n= --adjustment='],
  ['ionice', 'stops -c= -n= -p= -P= -u= --class= --classdata= --pid= --pgid= --uid='],
  ['nohup', 'stops'],
  ['timeout', 'stops -k= -s= --kill-after= --signal='],
  ['gtimeout', 'stops -k= -s= --kill-after= --signal='],
  ['time', 'stops -o= -f= --output= --format='],
  ['stdbuf', 'stops -i= -o= -e= --input= --output= --error='],
  ['setsid', 'stops'],
  ['command', 'stops'],
  ['builtin', 'stops'],
  ['exec', 'stops -a='],
  [
    'xargs',
    'stops -I= -i? -n= -L= -l? -P= -d= -E= -e? -a= -s= --max-args= --max-lines --max-procs= --delimiter= --arg-file= --replace --max-chars= --eof --process-slot-var=',
  ],
  [
    'parallel',
    'stops -j= --jobs= -a= --arg-file= -S= --sshlogin= -I= -N= -n= -d= --delimiter= --colsep= --joblog= --results= --retries= --timeout= --tmpdir= --delay= -P= --max-procs= --halt= --basefile= --workdir= --wd= --env=',
  ],
  ['watch', 'stops -n= --interval= -q= --equexit='],
  ['chroot', 'stops --userspec= --groups='],
  ['flock', 'stops -E= -w= -c= --timeout= --wait= --conflict-exit-code= --command='],
  ['script', '-c= --command= -I= -O= -B= -T= -m= -o= -E= --log-in= --log-out= --log-io= --log-timing='],
  ['su', '-c= --command= -s= --shell= -g= --group= -G= --supp-group= -w= --whitelist-environment= --session-command='],
  ['runuser', 'stops -c= --command= -s= --shell= -g= --group= -G= -u= --user= -w='],
  ['nsenter', 'stops -t= --target= -S= --setuid= -G= --setgid='],
  ['unshare', 'stops -S= -G= -R= -w= --setuid= --setgid= --root= --wd= --map-user= --map-group= --propagation='],
  ['strace', 'stops -e= -o= -s= -p= -u= -E= -P= -S= -a= -O= -I= -b= -X='],
  ['ltrace', 'stops -e= -o= -s= -p= -u= -n= -a= -l= -x='],
  ['taskset', 'stops -p='],
  ['numactl', 'stops -C= -N= -m= -p= -i= --cpunodebind= --physcpubind= --membind= --preferred= --interleave='],
  [
    'systemd-run',
    'stops -p= -u= -E= -H= -M= -t= --property= --unit= --description= --slice= --uid= --gid= --nice= --working-directory= --setenv= --on-active= --on-boot= --on-calendar= --service-type= --host= --machine=',
  ],
  ['firejail', 'stops'],
  ['bwrap', 'stops'],
  ['busybox', 'stops'],
  ['caffeinate', 'stops -t= -w='],
  ['ssh', SSH],
  ['sshpass', 'stops -p= -f= -d= -P='],
  ['mosh', 'stops -p= --port= --ssh= --server= --client='],
  ['bash', SHELL],
  ['sh', SHELL],
  ['zsh', SHELL],
  ['dash', SHELL],
  ['ksh', SHELL],
  ['fish', 'stops -c= --command= -C= --init-command= -o= -p= -d= --features='],
  ['python', PYTHON],
  ['perl', 'stops -e= -E= -I= -M= -m= -i? -F= -x? -0? -l? -C? -D?'],
  ['ruby', 'stops -e= -I= -r= -C= -E= -i? -F= -x? -0? -K? -W? -T?'],
  ['node', 'stops -e= --eval= -p= --print= -r= --require= --import= --loader= -C= --conditions= --env-file='],
  ['php', 'stops -r= -f= -d= -c= -B= -R= -E= -F= -S= -t= -z='],
  ['lua', 'stops -e= -l='],
  ['tclsh', 'stops'],
  ['osascript', '-e= -l= -s='],
  // Tools with subcommands.
  [
    'git',
    'sub -C= -c= --git-dir= --work-tree= --namespace= --exec-path --super-prefix= --config-env= --attr-source= --list-cmds=',
  ],
  [
    'git push',
    'abbrev -o= --push-option= --receive-pack= --exec= --repo= --all --branches --mirror --tags --follow-tags --dry-run --porcelain --delete --force --force-with-lease --force-if-includes --no-force-with-lease --prune --no-verify --verify --quiet --verbose --set-upstream --signed --atomic --no-atomic --thin --no-thin --progress --recurse-submodules --ipv4 --ipv6',
  ],
  [
    'git commit',
    '-m= --message= -F= --file= -C= -c= --reuse-message= --reedit-message= --fixup= --squash= --author= --date= --cleanup= -t= --template= --trailer= -S? --gpg-sign --pathspec-from-file= -u?',
  ],
  [
    'git clone',
    '-b= --branch= -o= --origin= --depth= -j= --jobs= --reference= --template= -c= --config= -u= --upload-pack= --shallow-since= --shallow-exclude= --separate-git-dir= --filter= --recurse-submodules --bundle-uri=',
  ],
  [
    'git checkout',
    'abbrev -b= -B= --orphan= --conflict= --quiet --progress --force --ours --theirs --track --no-track --guess --detach --ignore-skip-worktree-bits --merge --patch --overlay --pathspec-from-file=',
  ],
  ['git switch', '-c= -C= --create= --force-create= --orphan= --conflict='],
  [
    'git branch',
    'abbrev -u= --set-upstream-to= --contains --no-contains --merged --no-merged --sort= --points-at= --format= --delete --force --move --copy --all --remotes --list --verbose --quiet --edit-description --show-current --track --no-track --unset-upstream --create-reflog --color --column --ignore-case',
  ],
  [
    'git reset',
    'abbrev --pathspec-from-file= --mixed --soft --hard --merge --keep --quiet --patch --recurse-submodules --refresh --no-refresh',
  ],
  ['git clean', 'abbrev -e= --exclude= --force --interactive --dry-run --quiet'],
  ['git restore', '-s= --source= --conflict= --pathspec-from-file='],
  [
    'git log',
    '-n= --max-count= --skip= --since= --after= --until= --before= --author= --committer= --grep= -S= -G= -L= --format --pretty --date= -U=',
  ],
  ['git diff', '-S= -G= -U= -l= -O= --diff-filter= --word-diff-regex='],
  ['git rebase', '-x= --exec= --onto= -s= --strategy= -X= --strategy-option= -C= -S?'],
  ['git merge', '-m= -F= -s= -X= --strategy= --strategy-option= -S? --into-name='],
  ['git tag', '-m= -F= --message= --file= -u= --local-user= --sort= --points-at= --format= --cleanup='],
  ['git stash', '-m= --message='],
  ['git config', '-f= --file= --blob= --type= --default= -t= --comment='],
  ['git remote', '-t= -m='],
  ['git submodule', '-b= --branch= --depth= --reference= --name='],
  ['git bisect', 'stops'],
  [
    'git filter-branch',
    '--env-filter= --tree-filter= --index-filter= --parent-filter= --msg-filter= --commit-filter= --tag-name-filter= --subdirectory-filter= --setup= -d= --original= --state-branch=',
  ],
  ['git grep', '-e= -f= -A= -B= -C= -m= --max-depth= --threads= -O?'],
  ['git archive', '-o= --output= --remote= --exec= --format= --prefix='],
  [
    'git fetch',
    '--depth= --deepen= --shallow-since= -j= --jobs= --refmap= -o= --server-option= --upload-pack= --filter=',
  ],
  ['git pull', '--depth= --deepen= -s= -X= --strategy= --strategy-option= -j= --upload-pack= -S?'],
  ['git cherry-pick', '-m= --mainline= -s= -X= --strategy= --cleanup= -S?'],
  ['git revert', '-m= --mainline= -X= --strategy= --cleanup= -S?'],
  ['git worktree', '-b= -B= --reason= --expire='],
  ['docker', `sub ${DOCKER_GLOBAL}`],
  ['docker run', DOCKER_RUN],
  ['docker create', DOCKER_RUN],
  ['docker container', 'sub'],
  ['docker container exec', DOCKER_EXEC],
  ['docker container run', DOCKER_RUN],
  ['docker compose exec', `${DOCKER_EXEC} --index=`],
  ['docker compose run', DOCKER_RUN],
  ['docker exec', DOCKER_EXEC],
  [
    'docker build',
    '-t= --tag= -f= --file= --build-arg= --target= --platform= --network= --label= --secret= --ssh= -o= --output= --cache-from= --cache-to= --progress= -m=',
  ],
  [
    'docker compose',
    'sub -f= --file= -p= --project-name= --profile= --env-file= --project-directory= --ansi= --parallel= -e= --env= -u= --user= -w= --workdir= --entrypoint= -v= --volume= --name=',
  ],
  [
    'docker-compose',
    '-f= --file= -p= --project-name= --profile= --env-file= --project-directory= -e= --env= -u= --user= -w= --workdir= --entrypoint= -v= --volume= --name=',
  ],
  ['docker logs', '-n= --tail= --since= --until='],
  ['docker ps', '-f= --filter= -n= --last= --format='],
  ['docker stop', '-t= --time= --timeout= -s= --signal='],
  ['docker cp', ''],
  ['kubectl', KUBECTL],
  [
    'helm',
    '-n= --namespace= --kube-context= --kubeconfig= -f= --values= --set= --set-string= --set-file= --version= --repo= --timeout= -o= --output= --kube-token= --kube-apiserver= --description= --history-max= --registry-config= --repository-config= --repository-cache=',
  ],
  [
    'aws',
    '--profile= --region= --output= --query= --endpoint-url= --ca-bundle= --cli-read-timeout= --cli-connect-timeout= --color= --exclude= --include= --acl= --storage-class= --bucket= --key= --body= --instance-ids= --stack-name= --name= --group-id= --cidr= --user-name= --role-name= --policy-arn= --policy-document= --function-name= --db-instance-identifier= --cluster-name= --secret-id= --table-name= --filters= --source-dir=',
  ],
  [
    'gcloud',
    '--project= --account= --configuration= --format= --filter= --verbosity= --zone= --region= --impersonate-service-account= --billing-project= --flags-file= --access-token-file= --limit= --sort-by= --command= --member= --role=',
  ],
  [
    'az',
    '-g= --resource-group= -n= --name= --subscription= -o= --output= --query= -l= --location= --ids= --scope= --assignee= --role=',
  ],
  [
    'gh',
    '-R= --repo= -b= --body= -t= --title= -F= --body-file= -H= --head= -B= --base= -l= --label= -a= --assignee= -L= --limit= -q= --jq= --json= --template= -X= --method= -f= --raw-field= --field= --header= --input= --hostname= -m= --milestone= -r= --reviewer= -s= --state= --search= -n= --notes= -S=',
  ],
  ['terraform', TERRAFORM],
  ['tofu', TERRAFORM],
  [
    'npm',
    '--prefix= -C= -w= --workspace= --registry= --userconfig= --tag= --loglevel= --cache= -c= --call= -p= --package= --otp= --access=',
  ],
  ['npm exec', 'stops -c= --call= -p= --package= -w= --workspace='],
  ['npx', 'stops -p= --package= -c= --call= -w= --workspace='],
  ['yarn', 'sub --cwd= --registry= --modules-folder='],
  ['yarn exec', 'stops'],
  ['pnpm exec', 'stops'],
  ['pnpm', 'sub -C= --dir= -F= --filter= --registry='],
  [
    'pip',
    '-r= --requirement= -i= --index-url= --extra-index-url= -t= --target= -c= --constraint= -e= --editable= --proxy= --root= --prefix= --cache-dir= -f= --find-links= --trusted-host= --log= --python=',
  ],
  [
    'cargo',
    '--manifest-path= -p= --package= --target= --features= -F= -j= --jobs= --color= --target-dir= --bin= --example= --test= --profile= --config= -Z= -C=',
  ],
  [
    'go',
    'single -C= -o= -p= -run= -tags= -ldflags= -gcflags= -mod= -modfile= -count= -timeout= -bench= -coverprofile= -toolexec= -exec=',
  ],
  ['make', '-C= --directory= -f= --file= --makefile= -I= --include-dir= -o= -W= -j? -l? --eval= -E='],
  ['brew', ''],
  ['apt', APT],
  ['apt-get', APT],
  [
    'ansible',
    '-i= --inventory= -m= --module-name= -a= --args= -u= --user= -e= --extra-vars= -l= --limit= -f= --forks= -t= --tree= --private-key= --become-user= --vault-password-file=',
  ],
  [
    'ansible-playbook',
    '-i= --inventory= -u= --user= -e= --extra-vars= -l= --limit= -f= --forks= -t= --tags= --skip-tags= --private-key= --become-user= --vault-password-file= --start-at-task=',
  ],
  ['poetry', 'sub -C= --directory= -P='],
  ['poetry run', 'stops'],
  ['pipenv', 'sub'],
  ['pipenv run', 'stops'],
  ['uv', 'sub --directory= --project='],
  ['uv run', 'stops --with= --python= -p= --env-file= --extra= --group='],
  ['uvx', 'stops --from= --with= --python= -p='],
  ['bundle', 'sub'],
  ['bundle exec', 'stops'],
  ['rbenv', 'sub'],
  ['rbenv exec', 'stops'],
  ['pyenv', 'sub'],
  ['pyenv exec', 'stops'],
  ['mise', 'sub'],
  ['direnv', 'sub'],
  ['direnv exec', 'stops'],
  ['aws-vault', 'sub'],
  ['aws-vault exec', 'stops -d= --duration= --region='],
  ['op', 'sub'],
  ['op run', 'stops --env-file='],
  ['doppler', 'sub'],
  ['doppler run', 'stops -p= --project= -c= --config='],
  ['conda', 'sub'],
  ['conda run', 'stops -n= --name= -p= --prefix= --cwd='],
  ['perf', 'sub'],
  ['perf stat', 'stops -e= -r= -p= -o='],
  ['perf record', 'stops -e= -F= -p= -o= -c='],
  // Network.
  [
    'curl',
    '-X= --request= -H= --header= -d= --data= --data-raw= --data-binary= --data-urlencode= --data-ascii= --json= -F= --form= -o= --output= -T= --upload-file= -u= --user= -A= --user-agent= -e= --referer= -b= --cookie= -c= --cookie-jar= -x= --proxy= -m= --max-time= --connect-timeout= --retry= --retry-delay= --resolve= -K= --config= -w= --write-out= -E= --cert= --key= --cacert= --capath= -r= --range= -D= --dump-header= -C= --continue-at= -Y= -y= -z= -t= -Q= -P= --limit-rate= --max-redirs= --interface= --url= --output-dir= --unix-socket= --form-string= --variable= --stderr= --trace= --trace-ascii= --proto= --ciphers= --tls-max= --netrc-file= --url-query= --oauth2-bearer= --aws-sigv4=',
  ],
  [
    'wget',
    '-O= --output-document= -o= --output-file= -a= -P= --directory-prefix= -U= --user-agent= --header= --post-data= --post-file= --body-data= --body-file= --method= -e= --execute= -i= --input-file= -t= --tries= -T= --timeout= -w= --wait= -Q= --quota= -l= --level= -A= -R= -D= -I= -X= -B= --user= --password= --referer= --load-cookies= --save-cookies= --ca-certificate= --certificate= --private-key= --use-askpass= --limit-rate= --bind-address= --config=',
  ],
  ['nc', '-e= -c= -p= -s= -w= -i= -q= -g= -G= -x= -X= -I= -O= -P= -T= -V= -m='],
  [
    'ncat',
    '-e= --exec= -c= --sh-exec= --lua-exec= -p= --source-port= -s= --source= -w= --wait= -i= --idle-timeout= -d= --delay= -m= --max-conns= -o= --output= -x= --proxy= --proxy-type= --proxy-auth= --ssl-cert= --ssl-key= --allow= --deny= -g= -G=',
  ],
  ['socat', '-b= -t= -T= -L= -W= -lf= -lp='],
  ['telnet', '-l= -e= -n= -b='],
  ['scp', '-c= -D= -F= -i= -J= -l= -o= -P= -S= -X='],
  ['sftp', '-B= -b= -c= -D= -F= -i= -J= -l= -o= -P= -R= -S= -s= -X='],
  [
    'openssl',
    'single -in= -out= -k= -K= -iv= -pass= -passin= -passout= -connect= -key= -cert= -CAfile= -CApath= -days= -subj= -servername= -inkey= -keyout= -newkey= -config= -md= -host= -port=',
  ],
  ['ssh-keygen', '-t= -b= -f= -C= -N= -P= -m= -R= -F= -s= -I= -n= -V= -O='],
  [
    'gpg',
    '-o= --output= -r= --recipient= -u= --local-user= --homedir= --passphrase= --passphrase-file= --passphrase-fd= --keyserver= --export-options= --batch',
  ],
  // Databases and editors.
  [
    'psql',
    '-c= --command= -f= --file= -d= --dbname= -h= --host= -p= --port= -U= --username= -v= --set= --variable= -o= --output= -L= --log-file= -F= -R= -T= -P= --pset=',
  ],
  [
    'mysql',
    '-e= --execute= -h= --host= -u= --user= -P= --port= -D= --database= -S= --socket= -p? --password --protocol= --default-character-set= --defaults-file= --init-command=',
  ],
  ['sqlite3', 'single -cmd= -init= -separator= -nullvalue= -newline='],
  ['mongosh', '--eval= --host= --port= -u= --username= -p= --password= -f= --file= --authenticationDatabase='],
  [
    'redis-cli',
    'stops -h= -p= -s= -a= -u= -n= -r= -i= -d= --user= --pass= --eval= --pipe --rdb= --cacert= --cert= --key=',
  ],
  ['vim', '-c= --cmd= -S= -s= -t= -u= -U= -i= -T= -w= -W= -r='],
  ['less', '-p= -P= -o= -O= -k= -t= -T= -x= -y= -z= -j= -b= -h='],
  ['man', '-P= --pager= -M= --manpath= -S= -s= -e= -C= -L= -R= -H? -T?'],
  ['java', 'single -jar= -cp= -classpath= --class-path= -p= --module-path= -m='],
  ['tmux', 'sub -f= -L= -S= -c= -T='],
  ['tmux new-session', '-c= -e= -F= -f= -n= -s= -t= -x= -y='],
  ['tmux new-window', '-c= -e= -F= -n= -t='],
  ['tmux split-window', '-c= -e= -F= -l= -p= -t='],
  ['tmux send-keys', '-c= -N= -t='],
  ['screen', 'stops -S= -c= -e= -h= -p= -s= -t= -T= -X='],
])

/** Other names of the same programs. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  (
    [
      ['python2', 'python'],
      ['python3', 'python'],
      ['pypy', 'python'],
      ['pypy3', 'python'],
      ['nodejs', 'node'],
      ['bun', 'node'],
      ['deno', 'node'],
      ['gawk', 'awk'],
      ['mawk', 'awk'],
      ['nawk', 'awk'],
      ['egrep', 'grep'],
      ['fgrep', 'grep'],
      ['zgrep', 'grep'],
      ['fdfind', 'fd'],
      ['ip6tables', 'iptables'],
      ['podman', 'docker'],
      ['nerdctl', 'docker'],
      ['podman run', 'docker run'],
      ['podman create', 'docker create'],
      ['podman exec', 'docker exec'],
      ['nerdctl run', 'docker run'],
      ['nerdctl exec', 'docker exec'],
      ['podman build', 'docker build'],
      ['oc', 'kubectl'],
      ['k', 'kubectl'],
      ['pip3', 'pip'],
      ['netcat', 'nc'],
      ['nc.traditional', 'nc'],
      ['nc.openbsd', 'nc'],
      ['gpg2', 'gpg'],
      ['mariadb', 'mysql'],
      ['mongo', 'mongosh'],
      ['vi', 'vim'],
      ['nvim', 'vim'],
      ['view', 'vim'],
      ['ex', 'vim'],
      ['grm', 'rm'],
      ['gcp', 'cp'],
      ['gmv', 'mv'],
      ['gfind', 'find'],
      ['gxargs', 'xargs'],
      ['gsed', 'sed'],
      ['gtar', 'tar'],
      ['bsdtar', 'tar'],
      ['unlink', 'cat'],
      ['bunx', 'npx'],
      ['gnice', 'nice'],
      ['genv', 'env'],
      ['autossh', 'ssh'],
      ['slogin', 'ssh'],
      ['ash', 'sh'],
      ['mksh', 'sh'],
      ['rbash', 'bash'],
      ['ksh93', 'ksh'],
      ['remsh', 'ssh'],
      ['tmux new', 'tmux new-session'],
      ['tmux neww', 'tmux new-window'],
      ['tmux splitw', 'tmux split-window'],
      ['tmux send', 'tmux send-keys'],
    ] as const
  ).map(([name, same]) => [name, SYNTAX.get(same) ?? ''] as const),
)
