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

/** Here-documents in one analysed line; the parser looks for each end anew (bash itself stops at 16). Beyond: `too-long`. */
export const ANALYSIS_HERE_DOCUMENTS_MAX = 400

/** Characters of text that one line makes us parse again (eval, sh -c, decoded pipelines) or compute. Beyond: `too-long`. */
export const ANALYSIS_DERIVED_CHARACTERS_MAX = 131_072

/** Words one word may become by brace expansion or splitting. Beyond, the word is dynamic. */
export const ANALYSIS_EXPANSION_WORDS_MAX = 256

/** How long a shell waits for a verdict, once, before it goes on without (milliseconds). */
export const HOOK_WAIT_MS = 50

/** Bytes of the explanation a shell prints; the rest is cut with an ellipsis. */
export const EXPLANATION_BYTES_MAX = 4_096

/** Bytes of a command's text kept in the audit log. Longer ones are cut and marked, with the full length recorded. */
export const AUDIT_TEXT_BYTES_MAX = 32_768

/** Free slots kept ready for shells that are about to start. Fewer: a new batch of FIFOs is made (one short `mkfifo` process). */
export const SLOTS_FREE_MIN = 16

/** Slots made at once when the pool runs low. */
export const SLOTS_BATCH = 32

/** Sessions served at once; each holds two descriptors. At the bound no slots are added: further shells run unasked, and `status` says so. */
export const SESSIONS_MAX = 1_000

/** Descriptors left for everything that is not a session (log files, database, control connections, libraries). */
export const DESCRIPTORS_RESERVED = 128

/** Slots that one process may hold (`exec bash` claims a new one under the same pid). Beyond: its oldest is closed as gone. */
export const SLOTS_PER_PROCESS_MAX = 8

/** Attempts of one session whose end is awaited. Beyond: the oldest ends as `unknown`. */
export const OPEN_ATTEMPTS_MAX = 64

/** How often dead shells are looked for (milliseconds). One `kill(pid, 0)` for each session, so that an idle machine hardly wakes. */
export const SESSION_POLL_MS = 3_000

/** Bytes of one file in a session folder that only describes it (`claimed`, `session`). A larger one is not ours and is ignored. */
export const SESSION_FILE_BYTES_MAX = 65_536

/** Characters of one value in a hello; what is longer is cut. Nothing in a hello is evidence by itself. */
export const HELLO_VALUE_CHARACTERS_MAX = 256

/** Marker names taken from a hello; the rest is ignored. */
export const HELLO_MARKERS_MAX = 64

/** Pipe statuses taken from a finished frame; the rest is ignored. */
export const PIPE_STATUSES_MAX = 256

/** Levels of parents looked at when a session is attributed. Beyond: the walk stops, and what was found counts. */
export const ANCESTRY_LEVELS_MAX = 32

/** Processes remembered between ancestry walks. Beyond: the oldest is forgotten and read again when needed. */
export const ANCESTRY_CACHE_MAX = 512

/** Bytes of one process's arguments read for attribution; agents are recognised by the first few. */
export const PROCESS_ARGUMENTS_BYTES_MAX = 4_096

/** Control connections at once. A further one gets `CMDAID_ERR_CONTROL_BUSY` and is closed. */
export const CONTROL_CONNECTIONS_MAX = 32

/** Bytes of one control message, either way. A longer one closes the connection. */
export const CONTROL_MESSAGE_BYTES_MAX = 4_194_304

/** A control connection that sends nothing for this long is closed (milliseconds). */
export const CONTROL_IDLE_MS = 10_000

/** How long a stopping daemon waits for the record to be synced (milliseconds). Beyond: it logs that and exits non-zero. */
export const DRAIN_MS = 5_000

/** Bytes of log lines that wait for a slow standard error. Beyond: further lines are dropped, never waited for. */
export const LOG_BUFFER_BYTES_MAX = 1_048_576
