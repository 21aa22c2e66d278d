import t from 'tap'
import { isForPerson, shellOfProgram } from '../../../src/adapters/host-info/shell-process.ts'
import type { ShellName } from '../../../src/core/shell/facts.ts'

t.test('a shell is known by the name of its program, also as a login shell', async (t) => {
  t.strictSame(
    ['bash', '-bash', '/bin/zsh', '-zsh', '/usr/bin/fish', 'pwsh', 'dash', 'bashful', 'vim', ''].map(shellOfProgram),
    ['bash', 'bash', 'zsh', 'zsh', 'fish', 'powershell', null, null, null, null],
  )
})

const FOR_PERSON: readonly (readonly [ShellName, string])[] = [
  ['bash', ''],
  ['bash', '-l'],
  ['bash', '-i'],
  ['bash', '--rcfile x -i'],
  ['bash', '--rcfile x'],
  ['bash', '--norc --noprofile'],
  ['bash', '-o vi'],
  ['bash', '-lic'],
  ['bash', '--'],
  ['zsh', '-d -i'],
  ['zsh', '+o beep'],
  ['fish', '-C true'],
  ['fish', '--interactive'],
  ['fish', '-N'],
  ['powershell', ''],
  ['powershell', '-NoLogo -NoProfile'],
  ['powershell', '-NoExit -Command x'],
  ['powershell', '-ExecutionPolicy Bypass'],
  ['powershell', '-wd /tmp'],
  ['powershell', '-Interactive'],
]

const NOT_FOR_PERSON: readonly (readonly [ShellName, string])[] = [
  ['bash', 'script.sh'],
  ['bash', '-c true'],
  ['bash', '-lc true'],
  ['bash', '-x script.sh -i'],
  ['bash', '-- script.sh'],
  ['bash', '-o pipefail script.sh'],
  ['zsh', '-fc true'],
  ['fish', '-c true'],
  ['fish', '--command=true'],
  ['fish', '--command true'],
  ['fish', 'x.fish'],
  ['powershell', 'x.ps1'],
  ['powershell', '-File x.ps1'],
  ['powershell', '-NoProfile -c ls'],
  ['powershell', '-enc AAAA'],
  ['powershell', '-NonInteractive'],
  ['powershell', '-ep Bypass x.ps1'],
]

t.test('a shell that was given nothing to run waits for a person', async (t) => {
  const is = ([shell, line]: readonly [ShellName, string]): boolean =>
    isForPerson(shell, line.split(' ').filter(Boolean))
  t.strictSame(
    FOR_PERSON.filter((each) => !is(each)),
    [],
  )
  t.strictSame(NOT_FOR_PERSON.filter(is), [])
})
