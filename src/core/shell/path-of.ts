import { DYNAMIC, type Word } from './facts.ts'

/**
 * The absolute path a word names, normalised: `//`, `.` and `..` are gone, a relative one is put behind `cwd`, a leading
 * `~` that analysis left (the home directory was not known then) becomes `home`. Trailing slashes are dropped, active globs
 * stay as they are (`/etc/*`), and so do `DYNAMIC` characters behind the first segment boundary. When `home` is not known
 * either, the answer keeps `~` as its root.
 *
 * Null when the word does not say where it points: it starts with something unknown, goes back up from something unknown, or is relative and `cwd` is null.
 * Links are not followed: nothing here looks at a disk.
 */
export function pathOf(word: Word, cwd: string | null, home: string | null): string | null {
  const text = word.text
  const first = text.charCodeAt(0)
  if (first === 47) return normalise('', text)
  if (text === '' || text.startsWith(DYNAMIC)) return null
  // With a known home every unquoted `~` was replaced by analysis, so that one still there is a file's name.
  if (first === 126 && (text.length === 1 || text.charCodeAt(1) === 47)) {
    if (home === null) return normalise('~', text.slice(1))
  }
  if (cwd === null) return null
  return cwd.startsWith('/') ? normalise('', `${cwd}/${text}`) : null
}

/** Collapses `//`, `.` and `..` below `root`, which `..` cannot leave. */
function normalise(root: string, path: string): string | null {
  if (isNormal(path)) return root + (path.length > 1 || root === '' ? path : '')
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') {
      // An unknown segment may hold slashes: nobody knows what `..` leads back to.
      if (segments.pop()?.includes(DYNAMIC)) return null
    } else segments.push(segment)
  }
  return segments.length === 0 ? root || '/' : `${root}/${segments.join('/')}`
}

/** True for what needs no work, the usual case: no empty segment, none that starts with a dot, no slash at the end. */
function isNormal(path: string): boolean {
  if (path === '/' || path === '') return true
  return path.charCodeAt(path.length - 1) !== 47 && !path.includes('//') && !path.includes('/.')
}
