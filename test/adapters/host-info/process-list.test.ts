import * as fc from 'fast-check'
import t from 'tap'
import { listedShells, parseProcessList } from '../../../src/adapters/host-info/process-list.ts'

const LIST = `
    1     0     0 ??       10-02:03:04 /sbin/launchd
  501     1   501 ??          01:02:03 /Applications/Term.app/Contents/MacOS/Term --login
  600   501   501 ttys000        05:00 -zsh
  601   600   501 ttys000        00:30 -zsh
  602   600   501 ttys000        00:10 bash
  603   600   501 ttys000        00:10 bash script.sh
  700   501   501 ttys001        00:09 /opt/homebrew/bin/fish
  800   501   502 ttys002        00:09 -zsh
  900   501   501 ??             00:09 zsh
  bad line
`

t.test('from the list of processes come the shells of the user that have a terminal, forks left out', async (t) => {
  t.strictSame(parseProcessList(LIST, 501), [
    { shell: 'zsh', pid: 600, start: null, tty: '/dev/ttys000', ageMs: 300_000 },
    { shell: 'bash', pid: 602, start: null, tty: '/dev/ttys000', ageMs: 10_000 },
    { shell: 'fish', pid: 700, start: null, tty: '/dev/ttys001', ageMs: 9_000 },
  ])
})

t.test('ages are told in days, hours, minutes and seconds', async (t) => {
  const line = (age: string): string => `600 1 501 ttys000 ${age} -zsh`
  t.strictSame(
    ['00:01', '01:00', '01:00:00', '2-00:00:01'].map((age) => parseProcessList(line(age), 501)[0]?.ageMs),
    [1_000, 60_000, 3_600_000, 172_801_000],
  )
})

t.test('the list of this machine can be read', async (t) => {
  t.type(await listedShells(process.getuid?.() ?? 0), Array)
})

t.test('no text whatever throws', async () => {
  const word = fc.constantFrom('600', '1', '501', 'pts/3', '?', '00:01', '1-1:1:1', '-zsh', 'bash', '-c', '', 'x y')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(word).map((words) => words.join(' ')),
      ),
      (text) => {
        parseProcessList(text, 501)
      },
    ),
  )
})
