import type { CommandFacts, Redirect, Word } from '../shell/facts.ts'

/**
 * Which files a command reads, writes or deletes, as far as its words say, however it is spelt: `> f`, `tee f`, `cp x f`
 * and `dd of=f` all write `f`. Rules ask for the behaviour; this table knows the programs.
 */

type Access = (command: CommandFacts) => readonly Word[]

const operands: Access = (command) => command.operands
const afterFirst: Access = (command) => command.operands.slice(1)
const allButLast: Access = (command) => command.operands.slice(0, -1)

/** `cp a b dir`, `cp -t dir a b`. */
const destination: Access = (command) => {
  const target = valuesOf(command, 't', 'target-directory')
  return target.length > 0 ? target : command.operands.length > 1 ? command.operands.slice(-1) : []
}
const sources: Access = (command) =>
  valuesOf(command, 't', 'target-directory').length > 0 ? command.operands : allButLast(command)

function valuesOf(command: CommandFacts, ...names: readonly string[]): readonly Word[] {
  return command.options.flatMap(({ name, value }) => (value !== null && names.includes(name) ? [value] : []))
}

/** `if=x`, `of=x`: the value as a word of its own, in the same place. */
function assigned(command: CommandFacts, key: string): readonly Word[] {
  return command.args.flatMap((word) =>
    word.text.startsWith(key) ? [{ ...word, text: word.text.slice(key.length) }] : [],
  )
}

/** What `curl` uploads: `-d @f`, `-F x=@f`, `-F x=<f`, `-T f`. */
function uploaded(command: CommandFacts): readonly Word[] {
  const bodies = valuesOf(
    command,
    'd',
    'data',
    'data-binary',
    'data-raw',
    'data-ascii',
    'data-urlencode',
    'json',
    'F',
    'form',
    'H',
    'header',
  )
  const files = bodies.flatMap((word) => {
    const at = /(?:^|=)[@<]([^;]+)/.exec(word.text)
    return at === null ? [] : [{ ...word, text: at[1]! }]
  })
  return [...files, ...valuesOf(command, 'T', 'upload-file', 'K', 'config', 'post-file', 'body-file')]
}

/** Arguments that hold `file://`, which several clients read as a local file. */
function fileUrls(command: CommandFacts): readonly Word[] {
  return command.args.flatMap((word) =>
    word.text.startsWith('file://') ? [{ ...word, text: word.text.slice(7) }] : [],
  )
}

function inPlace(command: CommandFacts): boolean {
  return command.options.some(
    ({ name }) => name === 'i' || name === 'in-place' || name.startsWith('i.') || name === 'inplace',
  )
}

const DELETES: Readonly<Record<string, Access>> = {
  rm: operands,
  unlink: operands,
  rmdir: operands,
  shred: operands,
  srm: operands,
  wipe: operands,
  trash: operands,
  'trash-put': operands,
  find: (command) => (command.flags.has('delete') ? command.operands : []),
  'remove-item': (command) => (command.flags.has('whatif') ? [] : command.operands),
}

const WRITES: Readonly<Record<string, Access>> = {
  tee: operands,
  sponge: operands,
  truncate: operands,
  cp: destination,
  mv: destination,
  install: destination,
  ln: destination,
  rsync: destination,
  scp: destination,
  dd: (command) => assigned(command, 'of='),
  sed: (command) => (inPlace(command) ? command.operands : []),
  gsed: (command) => (inPlace(command) ? command.operands : []),
  perl: (command) => (inPlace(command) ? command.operands : []),
  ed: operands,
  ex: operands,
  curl: (command) => valuesOf(command, 'o', 'output'),
  wget: (command) => valuesOf(command, 'O', 'output-document'),
  chmod: afterFirst,
  chown: afterFirst,
  chattr: afterFirst,
  setfacl: operands,
  visudo: (command) => valuesOf(command, 'f', 'file'),
  'set-content': operands,
  'add-content': operands,
  'clear-content': operands,
  'out-file': operands,
  'tee-object': operands,
  'new-item': operands,
  'copy-item': destination,
  'move-item': destination,
  'rename-item': operands,
  'invoke-webrequest': (command) => valuesOf(command, 'outfile'),
  'invoke-restmethod': (command) => valuesOf(command, 'outfile'),
}

const READS: Readonly<Record<string, Access>> = {
  ...Object.fromEntries(
    [
      'cat',
      'tac',
      'less',
      'more',
      'most',
      'bat',
      'batcat',
      'head',
      'tail',
      'nl',
      'od',
      'xxd',
      'hexdump',
      'hd',
      'strings',
      'base64',
      'base32',
      'rev',
      'sort',
      'uniq',
      'cut',
      'paste',
      'fold',
      'fmt',
      'pr',
      'view',
      'vim',
      'vi',
      'nvim',
      'nano',
      'emacs',
      'pico',
      'micro',
      'diff',
      'cmp',
      'gzip',
      'bzip2',
      'xz',
      'zstd',
      'pbcopy',
      'xclip',
      'wl-copy',
      'mapfile',
      'source',
      '.',
      'readarray',
      'iconv',
      'expand',
      'column',
      'gpg',
      'age',
      'openssl',
      'unshadow',
      'john',
      'hashcat',
    ].map((program) => [program, operands]),
  ),
  ...Object.fromEntries(
    ['grep', 'egrep', 'fgrep', 'rg', 'ag', 'ack', 'awk', 'gawk', 'mawk', 'sed', 'gsed', 'jq', 'yq'].map((program) => [
      program,
      afterFirst,
    ]),
  ),
  'get-content': operands,
  'select-string': afterFirst,
  'copy-item': sources,
  'move-item': sources,
  cp: sources,
  mv: sources,
  install: sources,
  scp: sources,
  rsync: sources,
  ln: sources,
  tar: (command) => [...command.operands, ...valuesOf(command, 'T', 'files-from')],
  zip: afterFirst,
  '7z': (command) => command.operands.slice(2),
  dd: (command) => assigned(command, 'if='),
  curl: (command) => [...uploaded(command), ...fileUrls(command)],
  wget: uploaded,
  http: (command) =>
    command.operands.flatMap((word) =>
      word.text.includes('@') ? [{ ...word, text: word.text.slice(word.text.indexOf('@') + 1) }] : [],
    ),
}

const WRITING_REDIRECTS = new Set(['>', '>>', '>|', '&>', '&>>', '<>', '>&'])

export const deletingPrograms: readonly string[] = Object.keys(DELETES)
export const writingPrograms: readonly string[] = Object.keys(WRITES)
export const readingPrograms: readonly string[] = Object.keys(READS)

export function deletedBy(command: CommandFacts): readonly Word[] {
  return accessOf(DELETES, command)
}

/** Files whose content, mode or owner the command changes, by redirection or by itself. */
export function writtenBy(command: CommandFacts): readonly Word[] {
  return [...redirectedTo(command), ...accessOf(WRITES, command)]
}

/** Files whose content the command takes in, copies or packs. */
export function readBy(command: CommandFacts): readonly Word[] {
  return [...redirectedFrom(command), ...accessOf(READS, command)]
}

/** Not `2>&1`, which names a descriptor. */
export function namesFile({ operator, target }: Redirect): boolean {
  return operator !== '<&' && !(operator === '>&' && /^[0-9-]+$/.test(target.text))
}

export function redirectedTo(command: CommandFacts): readonly Word[] {
  return command.redirects.flatMap((redirect) =>
    WRITING_REDIRECTS.has(redirect.operator) && namesFile(redirect) ? [redirect.target] : [],
  )
}

export function redirectedFrom(command: CommandFacts): readonly Word[] {
  return command.redirects.flatMap(({ operator, target }) => (operator === '<' || operator === '<>' ? [target] : []))
}

export function hereTexts(command: CommandFacts): readonly Word[] {
  return command.redirects.flatMap(({ operator, target }) => (operator.startsWith('<<') ? [target] : []))
}

function accessOf(table: Readonly<Record<string, Access>>, command: CommandFacts): readonly Word[] {
  const { program } = command
  return program !== null && Object.hasOwn(table, program) ? table[program]!(command) : []
}
