/** What can be seen of a shell from outside: whether it is installed, and whether its start files load the hook. */

import { access, constants, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RC_FILE_BYTES_MAX } from '../core/limits.ts'
import type { HOOKED_SHELLS } from './command-table.ts'
import { startFilesOf, systemStartFiles } from './start-files.ts'

export type ShellToHook = (typeof HOOKED_SHELLS)[number]

export type ShellSetup = {
  readonly shell: ShellToHook
  /** Absolute path of the program; null when it is not installed. */
  readonly program: string | null
  /** The start file that loads the hook; null when none does. */
  readonly loadedBy: string | null
  /** A start file that names a hook which is not there any more, when no other loads one. */
  readonly gone: { readonly file: string; readonly missing: string | null } | null
  /** The file that a login bash reads instead of `.bashrc`, when the hook is loaded by neither it nor what it reads. */
  readonly loginMisses: string | null
  /** Where a line that loads it belongs. */
  readonly startFile: string
}

type Environment = Readonly<Record<string, string | undefined>>

export async function inspectShell(shell: ShellToHook, env: Environment, home: string): Promise<ShellSetup> {
  const own = startFilesOf(shell, { env, home })
  const loading = await linesThatLoad([...own, ...systemStartFiles(shell, { root: '/', env })], shell)
  const works = loading.find(({ missing }) => missing === null)
  return {
    shell,
    program: await findProgram(PROGRAMS[shell], env['PATH'] ?? ''),
    loadedBy: works?.file ?? null,
    gone: works === undefined ? (loading[0] ?? null) : null,
    loginMisses: shell === 'bash' && works?.file === own[0] ? await loginMisses(own.slice(1), loading) : null,
    // fish has a file for each program, which `install` writes; a line by hand belongs in the person's own.
    startFile: (shell === 'fish' ? own.at(-1) : own[0]) ?? '',
  }
}

/** The name of each shell's program. */
export const PROGRAMS: Readonly<Record<ShellToHook, string>> = {
  bash: 'bash',
  zsh: 'zsh',
  fish: 'fish',
  powershell: 'pwsh',
}

/** What the name of each shell's hook file ends with. */
export const HOOK_SUFFIX: Readonly<Record<ShellToHook, string>> = {
  bash: 'bash',
  zsh: 'zsh',
  fish: 'fish',
  powershell: 'ps1',
}

/** Absolute path of a program of this name; null when PATH has none. */
export async function findProgram(name: string, path: string): Promise<string | null> {
  for (const folder of path.split(':')) {
    if (!folder.startsWith('/')) continue
    const file = join(folder, name)
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  return null
}

/** Of bash's login files the first that is there is read; the last of them is the one that `install` makes. */
async function loginMisses(
  files: readonly string[],
  loading: readonly { readonly file: string; readonly missing: string | null }[],
): Promise<string | null> {
  if (loading.some(({ file, missing }) => missing === null && file.endsWith('/profile.d/zz-cmdaid.sh'))) return null
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => null)
    if (text === null) continue
    const loads = loading.some((each) => each.file === file && each.missing === null)
    // Whether it really reads the other file only bash can tell; most do, in a line like this.
    return loads || /^[^#\n]*(?:source|\.)\s[^\n]*bashrc/m.test(text.slice(0, RC_FILE_BYTES_MAX)) ? null : file
  }
  return files.at(-1) ?? null
}

/** Each line that loads the hook, with the hook's file when it names one that is not there. */
async function linesThatLoad(
  files: readonly string[],
  shell: ShellToHook,
): Promise<{ readonly file: string; readonly missing: string | null }[]> {
  const found: { file: string; missing: string | null }[] = []
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '')
    for (const line of text.slice(0, RC_FILE_BYTES_MAX).split('\n')) {
      if (loadsHook(line, shell)) found.push({ file, missing: await missingHook(line) })
    }
  }
  return found
}

/** The file that a line sources, if it is named without anything to expand and is not there. */
async function missingHook(line: string): Promise<string | null> {
  const named = /(?:^|[\s;&])(?:source|\.)\s+(?:'([^']*)'|"([^"$`\\]*)"|([^\s'"$`\\;]+))(?=[\s;&|]|$)/.exec(line)
  const file = named?.slice(1).find((path) => path !== undefined)
  if (file?.startsWith('/') !== true) return null
  return access(file, constants.R_OK).then(
    () => null,
    () => file,
  )
}

/** A line, not a comment, that runs `cmdaid init` for this shell or sources its hook file. */
export function loadsHook(text: string, shell: ShellToHook): boolean {
  const init = new RegExp(`cmdaid['"]?\\s{1,8}init\\s{1,8}['"]?${shell}\\b`)
  const file = new RegExp(`(?:^|[\\s;&])(?:source|\\.)\\s.{0,1024}cmdaid\\.${HOOK_SUFFIX[shell]}\\b`)
  return text
    .split('\n')
    .some((line) => !line.trimStart().startsWith('#') && line.length < 4_096 && (init.test(line) || file.test(line)))
}
