import t from 'tap'
import { read } from './shown.ts'

/** Flags (with values) and operands of the first command of a line. */
function parsed(line: string): readonly [flags: string, operands: string] {
  const command = read(line).commands[0]
  const flags = [...(command?.flags ?? [])].map(([name, value]) => (value === null ? name : `${name}=${value.text}`))
  return [flags.join(' '), (command?.operands ?? []).map(({ text }) => text).join(' ')]
}

t.test('options of every spelling get one name', async (t) => {
  const cases: readonly (readonly [line: string, flags: string, operands: string])[] = [
    ['rm -rf /', 'r f', '/'],
    ['rm -fr -v /', 'f r v', '/'],
    ['rm / -r --force', 'r force', '/'],
    ['rm --recurs --forc /', 'recursive force', '/'],
    ['rm --no-preserve /', 'no-preserve-root', '/'],
    ['rm --ver --x /', 'ver x', '/'],
    ["rm $'--force\\ninteractive' /", 'force\ninteractive', '/'],
    ['python3.12 -m x -c y', 'm=x c=y', ''],
    ["rm -'r'f /", 'r f', '/'],
    ['rm -r -- -f', 'r', '-f'],
    ['rm - x', '', '- x'],
    ['head -n5 -c 3 x', 'n=5 c=3', 'x'],
    ['head -5 x', '5', 'x'],
    ['git -C x -c a=b push --forc origin main', 'C=x c=a=b forc', 'push origin main'],
    ['git push --force-w origin', 'force-with-lease', 'push origin'],
    ['git commit -am x', 'a m=x', 'commit'],
    ['git commit --message=x y', 'message=x', 'commit y'],
    ['kubectl -n a delete ns b --grace-period 0', 'n=a grace-period=0', 'delete ns b'],
    ['docker --context x rm -f c', 'context=x f', 'rm c'],
    ['docker run --rm -v /:/h -v a:b img rm -rf /', 'rm v=a:b', 'run img rm -rf /'],
    ['aws --profile p s3 rm --recursive s3://b', 'profile=p recursive', 's3 rm s3://b'],
    ['terraform -chdir=x apply -auto-approve -target y', 'chdir=x auto-approve target=y', 'apply'],
    ['find / -name x -delete', 'name=x delete', '/'],
    ['find . -exec rm -rf {} + -delete', 'exec delete', '.'],
    ['tar xzf a.tar -C /', 'x z f=a.tar C=/', ''],
    ['dd if=/dev/zero of=/dev/sda bs=1M', 'if=/dev/zero of=/dev/sda bs=1M', 'if=/dev/zero of=/dev/sda bs=1M'],
    ['chmod -R 777 /', 'R', '777 /'],
    ['sed -i.bak -e s/a/b/ x', 'i=.bak e=s/a/b/', 'x'],
    ['curl -fsSLo x https://y', 'f s S L o=x', 'https://y'],
    ['sudo -u x rm -rf /', 'u=x', 'rm -rf /'],
    ['java -cp a -jar b.jar', 'cp=a jar=b.jar', ''],
    ['unknown -abc --name v --eq=w -x=1', 'a b c abc name eq=w x=1', 'v'],
    ['unknown -auto-approve', 'a auto-approve', ''],
    ['mkfs.ext4 -t x /dev/sda', 't=x', '/dev/sda'],
    ['python3.12 -m http.server', 'm=http.server', ''],
    ['rm -r$x /', 'r', '/'],
  ]
  for (const [line, ...expected] of cases) t.strictSame(parsed(line), expected, line)
})

t.test('every occurrence of an option is listed', async (t) => {
  const { commands } = read('docker run -v /:/h -v a:b img')
  t.strictSame(
    commands[0]?.options.map(({ name, value }) => [name, value?.text ?? null]),
    [
      ['v', '/:/h'],
      ['v', 'a:b'],
    ],
  )
})

t.test('the subcommand is the first operand behind global options', async (t) => {
  const subcommands = [
    'git -C x -c y=z push',
    'kubectl -n ns delete x',
    'docker --context x rm y',
    'aws --profile p s3 rm',
    'ls',
    'git $x',
  ]
  t.strictSame(
    subcommands.map((line) => read(line).commands[0]?.subcommand),
    ['push', 'delete', 'rm', 's3', null, null],
  )
})
