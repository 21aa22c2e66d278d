/**
 * What is known about a command line once it is parsed, its words resolved and its wrappers opened: the only thing that
 * rules look at. `analyse()` makes it, `core/policy` matches it. Spans are UTF-16 offsets into the analysed text.
 */

import type { AliasTable } from './alias-table.ts'

export type ShellName = 'bash' | 'zsh' | 'sh' | 'fish' | 'powershell'

export type Span = { readonly start: number; readonly end: number }

/** Why a line, or part of it, could not be judged. Each is itself something a rule can match (`dynamic: [...]`). */
export type DynamicReason =
  /** The parser reports an error, zsh syntax that a bash parser cannot vouch for, or an alias whose value does not fit. */
  | 'parse-error'
  /** The name of a program is only known when the line runs: `$x`, `$(…)`. */
  | 'dynamic-name'
  /** Text that is only known when the line runs is executed: `eval "$x"`, `sh -c "$(curl …)"`. */
  | 'dynamic-eval'
  | 'too-long'
  | 'too-deep'

/** One word after expansion. */
export type Word = {
  /**
   * The text the program would get, as far as it is known. Each unknown part is one `DYNAMIC` character, except where one
   * value is far more likely than any other (`$1` at a prompt, a variable that an earlier `a && x=1` may have set): then
   * that value stands here and `dynamic` is true all the same. `~` stands for a home directory that is not known.
   */
  readonly text: string
  /** Some part is only known at run time. */
  readonly dynamic: boolean
  /** An unquoted glob character is active in it. */
  readonly glob: boolean
  readonly span: Span
}

/** Stands in `Word.text` for a part that is only known when the line runs (an object replacement character: no shell yields it). */
export const DYNAMIC = '\uFFFC'

/** One occurrence of an option; `value` is null when it has none or the program is not known to take one. */
export type Option = { readonly name: string; readonly value: Word | null }

export type Redirect = {
  /** `>` `>>` `<` `<<` `<<<` `>|` `&>` `&>>` `<>` `>&` `<&` */
  readonly operator: string
  readonly fd: number | null
  /** The file, the descriptor of `>&`, or what is read: the text of a here-string, the body of a here-document. */
  readonly target: Word
}

/** Where a command's standard input comes from, as far as the line says. */
export type StdinSource = 'inherited' | 'pipe' | 'file' | 'here-document' | 'here-string' | 'process-substitution'

/** One simple command, or one wrapped in another (`sudo rm` yields two: `sudo` and, `via: ['sudo']`, `rm`). */
export type CommandFacts = {
  /**
   * Basename of the program, without alias, `\` or path: `rm` for `/bin/rm`, `\rm`, `"r"m`. Null when nothing of it is
   * known. When some of it is (`r$x""m`), the known rest, and `dynamic` says `dynamic-name`. Never empty. A redirect without a command (`> file`), or behind a compound
   * one (`{ …; } > file`), is listed as the program `:`.
   */
  readonly program: string | null
  /** The program as written after resolution: `/bin/rm`, `rm`, `./rm`. */
  readonly path: Word | null
  /** Everything after the program. */
  readonly args: readonly Word[]
  /**
   * Options, normalised: `-rf` is `r` and `f`; `--recursive` is `recursive`; `--depth=1` is `depth` with value `1`; `-o v`
   * has a value only when the program is known to take one. Single-dash long options (`find -delete`, `java -jar`) are also
   * listed whole. Nothing after `--`.
   */
  readonly flags: ReadonlyMap<string, Word | null>
  /** Every option as `flags` names it, in order: `-v a -v b` is two entries here, and only the last one in `flags`. */
  readonly options: readonly Option[]
  /** Arguments that are no options and no option values, in order. */
  readonly operands: readonly Word[]
  /**
   * Text of the first operand, which selects what programs like `git` do (`push` in `git -C x -c a=b push`); null when there
   * is none. Where two words select (`aws s3 rm`, `gh repo delete`), compare the first operands.
   */
  readonly subcommand: string | null
  readonly redirects: readonly Redirect[]
  /** Assignments before the command: `FOO=1 cmd`, also those of `env FOO=1 cmd`. */
  readonly env: ReadonlyMap<string, Word>
  readonly stdin: StdinSource
  /** Basenames upstream and downstream in the same pipeline, nearest first; also of what feeds a process substitution, `sh -c "$(…)"` or `eval "$(…)"`. */
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** Wrappers and aliases that lead here, outermost first: `['sudo', 'sh -c']`, `['ok']`. */
  readonly via: readonly string[]
  /** The working directory when it is known: the session's, or what an earlier `cd` in the line made it. */
  readonly cwd: string | null
  /** Runs in the background, a function body, a substitution …: for explanations only. */
  readonly context: readonly ('background' | 'function' | 'substitution' | 'loop' | 'condition')[]
  readonly dynamic: readonly DynamicReason[]
  /** Where it stands in the line; for re-parsed text the span of the word that held it. */
  readonly span: Span
}

export type Analysis = {
  readonly commands: readonly CommandFacts[]
  /** Reasons that concern the line as a whole or any of its commands, each once. Empty: everything is known. */
  readonly dynamic: readonly DynamicReason[]
  /** Variables assigned by the line itself (`PROMPT_COMMAND=…`, `export HISTFILE=…`), last value. */
  readonly assignments: ReadonlyMap<string, Word>
}

export type AnalysisInput = {
  readonly line: string
  readonly shell: ShellName
  /** Directory the line runs in, when known. */
  readonly cwd: string | null
  /** The user's home, for `~` and `$HOME`. */
  readonly home: string | null
  /** What words stand for in the shell that reads the line; null or not said: nothing is known of it. */
  readonly aliases?: AliasTable | null
}
