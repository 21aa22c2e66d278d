import { DYNAMIC, type Word } from './facts.ts'
import { matches } from './glob.ts'

/**
 * What a pattern in command position (`/bin/r?`) is taken for when it could be one of these, the worst first. The shell
 * takes the first file that matches, which only the machine knows.
 */
const WORST_FIRST: readonly string[] = (
  'rm sh bash zsh dash ksh dd mkfs shred sudo su doas nc ncat socat curl wget chmod chown chattr mv cp cat tee ln kill ' +
  'killall pkill python3 python perl ruby node php ssh scp eval find xargs env base64 crontab systemctl shutdown reboot halt ' +
  'poweroff truncate wipefs fdisk parted mount umount iptables useradd usermod passwd git docker kubectl'
).split(' ')

/** Basename of the program a first word names, and whether that is certain. */
export function programOf(word: Word): { readonly program: string | null; readonly certain: boolean } {
  const { text } = word
  const base = text.slice(text.lastIndexOf('/') + 1)
  if (word.glob) return { program: worstMatch(base), certain: false }
  // A directory, or nothing at all: no program of that name exists, and the text is as good a name as any.
  if (base === '')
    return text === '' || text.includes(DYNAMIC) ? { program: null, certain: false } : { program: text, certain: true }
  if (!word.dynamic) return { program: base, certain: true }
  if (!base.includes(DYNAMIC)) return { program: base, certain: text.includes(DYNAMIC) }
  const known = base.replaceAll(DYNAMIC, '')
  return { program: known === '' ? null : known, certain: false }
}

function worstMatch(pattern: string): string | null {
  if (pattern.includes(DYNAMIC) || pattern.length > 64) return null
  return WORST_FIRST.find((name) => matches(pattern, name)) ?? null
}
