/**
 * Every bound of cmdaid, with its unit, its reason and what happens at the limit. A bound that is not here is a bug.
 */

/** Bytes of one hook frame (all four fields). A larger one drops the session's pair: the sender does not speak our protocol. */
export const HOOK_FRAME_BYTES_MAX = 1_048_576

/** Bytes the shell may put into the request FIFO in one frame; a longer text goes through the session's `cmd` file. The FIFO holds 64 KiB. */
export const HOOK_INLINE_BYTES_MAX = 16_384

/** Bytes read from a session's `cmd` file. What is longer is cut, and the cut is a fact of the command (`truncatedBytes`). */
export const COMMAND_BYTES_MAX = 1_048_576

/** Bytes of a command line that are analysed. Longer ones are `too-long`: unanalysable, never silently allowed. */
export const ANALYSIS_BYTES_MAX = 65_536

/** Characters `( { \`` that may open something in one analysed line; the parser is superlinear in them. Beyond: `too-deep`. */
export const ANALYSIS_OPENERS_MAX = 400

/** Nesting of re-parsed text (eval, sh -c, substitutions). Beyond: `too-deep`. */
export const ANALYSIS_DEPTH_MAX = 24

/** Simple commands in one analysed line. Beyond: `too-long`. */
export const ANALYSIS_COMMANDS_MAX = 4_000

/** How long a shell waits for a verdict, once, before it goes on without (milliseconds). */
export const HOOK_WAIT_MS = 50

/** Bytes of the explanation a shell prints; the rest is cut with an ellipsis. */
export const EXPLANATION_BYTES_MAX = 4_096

/** Bytes of a command's text kept in the audit log. Longer ones are cut and marked, with the full length recorded. */
export const AUDIT_TEXT_BYTES_MAX = 32_768
