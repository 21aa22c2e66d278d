/** What words stand for in the shell that will read the line, as that shell told it. Names are never empty. */
export type AliasTable = {
  /** Of a first word: name → text, which may end in a blank (then the next word is expanded too). */
  readonly regular: ReadonlyMap<string, string>
  /** zsh: of any word. */
  readonly global: ReadonlyMap<string, string>
  /** zsh: of the suffix of a first word (without its dot), which becomes the argument of the text. */
  readonly suffix: ReadonlyMap<string, string>
}
