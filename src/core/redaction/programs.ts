/** Secrets that only the program's own conventions give away: `mysql -pX`, `curl -u user:X`, `sshpass -p X`, `htpasswd -b f u X`. */

import { REDACTION_PROGRAMS_MAX } from '../limits.ts'
import type { ShellWord } from './words.ts'

/** What of a value is secret: all of it, or what stands behind the first of these characters. */
type Part = 'all' | ':' | '%' | ',' | '=' | '/'

type Convention = {
  /** Program names, separated by blanks. */
  readonly programs: string
  /** A word that must follow the program for the rest to apply: `docker login`. */
  readonly verb?: string
  /** Options whose value is attached to them or is the next word. */
  readonly options?: Readonly<Record<string, Part>>
  /** The value of an option is never attached to it: `-keyout` is not `-k eyout`. */
  readonly separate?: true
  /** Options whose value can only be attached; alone they make the program ask. */
  readonly attached?: readonly string[]
  /** The operand, from 0 and after the verb, that is the secret. */
  readonly operand?: number
  /** What of the operand; all of it when not given. */
  readonly operandPart?: Part
}

const CONVENTIONS: readonly Convention[] = [
  {
    programs:
      'mysql mysqldump mysqladmin mysqlimport mysqlshow mysqlcheck mysqlbinlog mysqlslap mysqlsh mariadb mariadb-dump mariadb-admin mycli',
    attached: ['-p'],
  },
  { programs: 'mysqladmin', verb: 'password', operand: 0 },
  { programs: '7z 7za 7zr 7zz rar unrar', attached: ['-p', '-hp'] },
  { programs: 'sshpass', options: { '-p': 'all' } },
  { programs: 'docker podman nerdctl helm buildah skopeo crane oras az oc', verb: 'login', options: { '-p': 'all' } },
  { programs: 'twine', options: { '-p': 'all' } },
  {
    programs: 'curl',
    options: { '-u': ':', '-U': ':', '--user': ':', '--proxy-user': ':', '-b': '=', '--cookie': '=' },
  },
  { programs: 'http https xh xhs', options: { '-a': ':', '--auth': ':' } },
  { programs: 'ab', options: { '-A': ':', '-P': ':' } },
  { programs: 'redis-cli', options: { '-a': 'all' } },
  { programs: 'ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare', options: { '-w': 'all' } },
  { programs: 'ldappasswd', options: { '-w': 'all', '-s': 'all', '-a': 'all' } },
  { programs: 'sqlcmd bcp isql tsql mosquitto_pub mosquitto_sub ipmitool unzip zip', options: { '-P': 'all' } },
  {
    programs: 'mongo mongosh mongodump mongorestore mongoexport mongoimport rdesktop useradd usermod',
    options: { '-p': 'all' },
  },
  { programs: 'smbclient rpcclient smbget net', options: { '-U': '%', '--user': '%' } },
  { programs: 'lftp', options: { '-u': ',' } },
  { programs: 'kubectl oc', options: { '--from-literal': '=' } },
  { programs: 'gh', verb: 'secret', options: { '-b': 'all', '--body': 'all' } },
  { programs: 'security', options: { '-w': 'all' } },
  {
    programs: 'openssl',
    options: { '-k': 'all', '-K': 'all', '-passin': ':', '-passout': ':', '-pass': ':' },
    separate: true,
  },
  { programs: 'openssl', verb: 'passwd', operand: 0 },
  { programs: 'snmpwalk snmpget snmpset snmpbulkwalk', options: { '-A': 'all', '-X': 'all' } },
  { programs: 'htpasswd', operand: 2 },
  { programs: 'cargo vault', verb: 'login', operand: 0 },
  { programs: 'rclone', verb: 'obscure', operand: 0 },
  { programs: 'rabbitmqctl', verb: 'add_user', operand: 1 },
  { programs: 'rabbitmqctl', verb: 'change_password', operand: 1 },
  { programs: 'wpa_passphrase', operand: 1 },
  { programs: 'nmcli', verb: 'password', operand: 0 },
  { programs: 'mkpasswd', operand: 0 },
  { programs: 'ssh-keygen', options: { '-N': 'all', '-P': 'all' } },
  { programs: 'plink pscp psftp', options: { '-pw': 'all' }, separate: true },
  { programs: 'xfreerdp xfreerdp3 wlfreerdp', attached: ['/p:'] },
  { programs: 'sqlplus sqlldr expdp impdp', operand: 0, operandPart: '/' },
  { programs: 'net', verb: 'user', operand: 1 },
]

const BY_PROGRAM: ReadonlyMap<string, readonly Convention[]> = new Map(
  [...new Set(CONVENTIONS.flatMap(({ programs }) => programs.split(' ')))].map((program) => [
    program,
    CONVENTIONS.filter((convention) => convention.programs.split(' ').includes(program)),
  ]),
)

/**
 * Calls `report` for each part `[from, to)` of a word's text that is a secret by the conventions of a program before it.
 * The program is looked for anywhere in the command, so that no wrapper needs to be known (`sudo`, `docker exec db`).
 */
export function findByProgram(
  words: readonly ShellWord[],
  report: (word: ShellWord, from: number, to: number) => void,
): void {
  let searches = 0
  for (let at = 0; at < words.length; at++) {
    const name = words[at]?.text ?? ''
    const conventions = BY_PROGRAM.get(name.slice(name.lastIndexOf('/') + 1))
    if (conventions === undefined) continue
    // Each program of a command looks at all words after it: a line that names hundreds of them is not worth that.
    if (++searches > REDACTION_PROGRAMS_MAX) return
    for (const convention of conventions) applyConvention(convention, words.slice(at + 1), report)
  }
}

function applyConvention(
  convention: Convention,
  args: readonly ShellWord[],
  report: (word: ShellWord, from: number, to: number) => void,
): void {
  let armed = convention.verb === undefined
  let operands = 0
  for (let at = 0; at < args.length; at++) {
    const word = args[at]
    if (word === undefined || word.operator !== '') continue
    const { text } = word
    if (!armed) {
      armed = text === convention.verb
      continue
    }
    for (const option of convention.attached ?? []) {
      if (text.startsWith(option) && text.length > option.length) report(word, option.length, text.length)
    }
    if (!text.startsWith('-') || text === '-') {
      if (operands === convention.operand) reportPart(word, 0, convention.operandPart ?? 'all', report)
      operands++
      continue
    }
    for (const [option, part] of Object.entries(convention.options ?? {})) {
      if (text === option) {
        const value = args[at + 1]
        if (value !== undefined) reportPart(value, 0, part, report)
        at++
        break
      }
      if (convention.separate) continue
      const long = option.startsWith('--') || option.length > 2
      if (text.startsWith(long ? `${option}=` : option)) {
        reportPart(word, option.length + (long || text.charAt(option.length) === '=' ? 1 : 0), part, report)
        break
      }
      // Options without a value may come first in the same word: `-su user:password`.
      if (!long && /^-[a-zA-Z]{1,8}$/.test(text) && text.endsWith(option.charAt(1))) {
        const value = args[at + 1]
        if (value !== undefined && part === ':') reportPart(value, 0, part, report)
      }
    }
  }
}

function reportPart(
  word: ShellWord,
  from: number,
  part: Part,
  report: (word: ShellWord, from: number, to: number) => void,
): void {
  const sign = part === 'all' ? from - 1 : word.text.indexOf(part, from)
  if (part !== 'all' && sign === -1) return
  if (part === ':' && /^(?:env|file|fd)$/.test(word.text.slice(from, sign))) return
  if (sign + 1 < word.text.length) report(word, sign + 1, word.text.length)
}
