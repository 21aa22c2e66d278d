/**
 * Every bound of cmdaid, with its unit, its reason and what happens at the limit. A bound that is not here is a bug.
 */

/** Bytes of one hook frame (all four fields). A larger one drops the session's pair: the sender does not speak our protocol. */
export const HOOK_FRAME_BYTES_MAX = 1_048_576

/** Bytes the shell may put into the request FIFO in one frame; a longer text goes through the session's `cmd` file. The FIFO holds 64 KiB. */
export const HOOK_INLINE_BYTES_MAX = 16_384

/** Bytes read from a session's `cmd` file. What is longer is cut, and the cut is a fact of the command (`truncatedBytes`). */
export const COMMAND_BYTES_MAX = 1_048_576

/** Bytes read from a session's `aliases` file. What is behind them is not expanded: such a word is judged by its own name. */
export const ALIAS_FILE_BYTES_MAX = 262_144

/** Aliases of one session. The rest is not expanded. */
export const ALIASES_MAX = 4_096

/** Bytes of a command line that are analysed. Longer ones are `too-long`: unanalysable, never silently allowed. */
export const ANALYSIS_BYTES_MAX = 65_536

/** Characters `( { \`` that may open something in one analysed line; the parser is superlinear in them. Beyond: `too-deep`. */
export const ANALYSIS_OPENERS_MAX = 400

/** How often a line is read again because the values of its aliases may change its grammar. Beyond: `too-deep`. */
export const ANALYSIS_ALIAS_ROUNDS_MAX = 24

/** Nesting of re-parsed text (eval, sh -c, substitutions). Beyond: `too-deep`. */
export const ANALYSIS_DEPTH_MAX = 24

/** Simple commands in one analysed line. Beyond: `too-long`. */
export const ANALYSIS_COMMANDS_MAX = 4_000

/** Here-documents in one analysed line; the parser looks for each end anew (bash itself stops at 16). Beyond: `too-long`. */
export const ANALYSIS_HERE_DOCUMENTS_MAX = 400

/** Characters of text that a `printf` of the line may print. Beyond, its output is cut: the steps of the analysis run out first. */
export const ANALYSIS_DERIVED_CHARACTERS_MAX = 131_072

/** Substitutions inside substitutions whose output is computed. Beyond: dynamic. */
export const ANALYSIS_PRODUCER_DEPTH_MAX = 6

/**
 * Steps of about a microsecond that one analysis may take: pieces parsed, words expanded, statements walked, characters
 * computed. A shell waits for a verdict only so long. Beyond: `too-long`, with what was found so far and at the line's ends.
 */
export const ANALYSIS_STEPS_MAX = 6_000

/** Steps for each end of a line that is not read whole. */
export const ANALYSIS_END_STEPS_MAX = 1_000

/** Characters looked at on each end of a line that is not read whole. */
export const ANALYSIS_END_CHARACTERS_MAX = 2_048

/** The same for an end so full of commands that even its steps do not suffice: it is read in ever shorter pieces, down to this. */
export const ANALYSIS_END_CHARACTERS_MIN = 128

/** Values of a `for` loop whose body is looked at once per value. Beyond, the variable is dynamic. */
export const ANALYSIS_LOOP_VALUES_MAX = 16

/** Characters of a text that a shell pattern (`${x%.c}`) is tried on; the search is quadratic in it. Beyond: dynamic. */
export const ANALYSIS_PATTERN_TEXT_MAX = 512

/** Calls that are looked for in one piece of inline code (`python -c`, `awk`). What comes behind is not opened. */
export const ANALYSIS_CODE_CALLS_MAX = 32

/** Comments of a zsh line that are read as words, one parse each. Beyond: `parse-error`. */
export const ANALYSIS_COMMENT_READINGS_MAX = 8

/** Stages of a pipeline that are related to each other (`from`, `to`, computed input). Beyond: `too-long`. */
export const ANALYSIS_PIPELINE_STAGES_MAX = 64

/** Characters of a program's name in which a version is looked for (`python3.12`). Longer names are taken as they are. */
export const ANALYSIS_NAME_CHARACTERS_MAX = 128

/** Members of a set of characters given to `tr`. Beyond, its output is not computed. */
export const ANALYSIS_CHARACTER_SET_MAX = 1_024

/** Words one word may become by brace expansion or splitting. Beyond, the word is dynamic. */
export const ANALYSIS_EXPANSION_WORDS_MAX = 256

/** How long a shell waits for a verdict, once, before it goes on without (milliseconds). */
export const HOOK_WAIT_MS = 50

/** Lines that a shell remembers to be allowed, and the length (with the directory) of the longest. */
export const ALLOW_CACHE_LINES_MAX = 256
export const ALLOW_CACHE_LENGTH_MAX = 900

/** Bytes of the explanation a shell prints; the rest is cut with an ellipsis. */
export const EXPLANATION_BYTES_MAX = 4_096

/** Bytes of a command's text kept in the audit log. Longer ones are cut and marked, with the full length recorded. */
export const AUDIT_TEXT_BYTES_MAX = 32_768

/** Bytes of a command that are searched for secrets and handed to the record: more than it keeps, so that no secret is cut in half at the end of what is kept. The rest is counted as cut. */
export const RECORDED_BYTES_MAX = 65_536

/**
 * Free slots kept ready for shells that are about to start; a line can start a hundred at once (`(a) & (b) & …`, `xargs -P`), each of which
 * takes one faster than FIFOs are made. Fewer: batches are made until there are as many (one short `mkfifo` process each).
 */
export const SLOTS_FREE_MIN = 96

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

/** How many of those looks in a row find that no shell has spoken before the daemon gives memory back (a minute), and after how many frames it is worth it. */
export const MEMORY_RETURN_LOOKS = 20
export const MEMORY_RETURN_FRAMES_MIN = 400

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

/** How often the user's processes are looked through for shells without a hook (milliseconds). What one look costs is spread over many turns of the event loop. */
export const SHELL_SCAN_MS = 60_000

/** Least time between two looks (milliseconds), however often `cmdaid status` is run. In between, what the last one found is shown. */
export const SHELL_SCAN_PAUSE_MS = 2_000

/** Processes of one look. Beyond: the others are not looked at. */
export const SHELL_SCAN_PROCESSES_MAX = 16_384

/** Processes looked at before the event loop gets its turn (about 20 µs each). */
export const SHELL_SCAN_SLICE = 8

/** Age from which a shell without a session counts as without a hook (milliseconds): before, it may still read its start files. */
export const UNHOOKED_AGE_MS = 10_000

/** Shells without a hook that are listed and remembered. Beyond: the others are neither shown nor recorded. */
export const UNHOOKED_MAX = 256

/** Bytes of what `ps` prints, where there is no `/proc`. Beyond: nothing is found. */
export const PROCESS_LIST_BYTES_MAX = 8_388_608

/** How long `ps` may take (milliseconds). Beyond: it is ended, and nothing is found. */
export const PROCESS_LIST_MS_MAX = 5_000

/** Control connections at once. A further one gets `CMDAID_ERR_CONTROL_BUSY` and is closed. */
export const CONTROL_CONNECTIONS_MAX = 32

/** Bytes of one control request. A longer one closes the connection. Connections × this bounds what a flood can make us hold. */
export const CONTROL_REQUEST_BYTES_MAX = 262_144

/** Bytes of one control response. The daemon never makes a longer one; a client that is sent one hangs up. */
export const CONTROL_RESPONSE_BYTES_MAX = 4_194_304

/** Nesting of arrays and maps in a control message. Deeper ones are refused before they are decoded. */
export const CONTROL_DEPTH_MAX = 16

/** A control connection that sends or takes nothing for this long is closed (milliseconds). */
export const CONTROL_IDLE_MS = 10_000

/** Connections waiting to be accepted. A flood waits in `connect` instead of in our loop, where shells are answered. */
export const CONTROL_BACKLOG = 16

/** How long what changed in a session may stay unsaved (milliseconds). A daemon killed within it counts those lines as a gap. */
export const SESSION_SAVE_MS = 250

/** Longest warm-up before the daemon serves (milliseconds). The rest of it runs beside the first commands, a line at a time. */
export const WARM_UP_MS = 30

/** How long a stopping daemon waits for the record to be synced (milliseconds). Beyond: it logs that and exits non-zero. */
export const DRAIN_MS = 5_000

/** Bytes of log lines that wait for a slow standard error. Beyond: further lines are dropped, never waited for. */
export const LOG_BUFFER_BYTES_MAX = 1_048_576

/** Bytes of one policy document. A larger one is refused. 10,000 rules with their examples take about 5 MiB. */
export const POLICY_DOCUMENT_BYTES_MAX = 16_777_216

/** Documents loaded together, packs included. Beyond: refused. */
export const POLICY_DOCUMENTS_MAX = 64

/** Levels of `extends`. Beyond: refused. */
export const POLICY_EXTENDS_DEPTH_MAX = 8

/** Diagnostics reported for one load; the rest is dropped, and the last one says how many. */
export const POLICY_DIAGNOSTICS_MAX = 100

/** How long the process that does it may take to read and check the documents (milliseconds). Beyond: it is ended, the last good policy stays. */
export const POLICY_LOAD_MS_MAX = 60_000

/** How long one slice of compiling may hold the daemon's thread (milliseconds): no verdict waits longer for it. */
export const POLICY_COMPILE_SLICE_MS = 0.5

/** Levels of `any`, `all`, `not` and `inner` in one condition. Beyond: refused. */
export const POLICY_CONDITION_DEPTH_MAX = 16

/** Characters of one regular expression. Beyond: refused. */
export const REGEX_CHARS_MAX = 1_024

/** Characters of one glob. Beyond: refused. */
export const GLOB_CHARS_MAX = 4_096

/** Alternatives that the braces of one glob may stand for. Beyond: refused. */
export const GLOB_ALTERNATIVES_MAX = 256

/** Steps of a third of a microsecond or so that rules may take to judge one line. Beyond: no further rule is tried, and the line is `too-long`. */
export const DECISION_STEPS_MAX = 20_000

/** Commands at each end of a line that are judged before all others. */
export const DECISION_END_COMMANDS = 16

/** Words of a command that is judged first because it stands at an end; a longer one waits its turn. */
export const DECISION_END_WORDS_MAX = 64

/** Hits kept in one decision, strictest first. Beyond: the weakest are dropped; the effect is that of all. */
export const DECISION_HITS_MAX = 256

/** Characters of a resolved command in a hit. What is longer is cut with an ellipsis. */
export const RESOLVED_CHARS_MAX = 1_024

/** Events that wait to be written to the audit log. Beyond, the newest is dropped and counted, and a `LOSS` record says how many. */
export const AUDIT_QUEUE_EVENTS_MAX = 16_384

/** Bytes of command text that wait to be written to the audit log; the same happens beyond. */
export const AUDIT_QUEUE_BYTES_MAX = 33_554_432

/** Records that one group commit writes: what arrives meanwhile goes into the next. */
export const AUDIT_BATCH_RECORDS_MAX = 256

/** Records that wait are written at the latest after this (milliseconds), so that those that come together are synced together. */
export const AUDIT_LINGER_MS = 2

/** How long what nobody waits for may hold the thread before shells get their turn (milliseconds). */
export const SLICE_MS = 0.1

/** Bytes of a segment of the audit log. The record that would go beyond closes it and goes into the next. */
export const AUDIT_SEGMENT_BYTES_MAX = 16_777_216

/** Age of a segment's first record at which the next record goes into a new segment (milliseconds). */
export const AUDIT_SEGMENT_AGE_MS = 86_400_000

/** Bytes of zeros that are kept ahead of the last record, so that a commit changes no file size. Also the reserve on a full disk. */
export const AUDIT_SEGMENT_FILL_BYTES = 262_144

/** Records after which a checkpoint is signed without waiting. */
export const AUDIT_CHECKPOINT_RECORDS = 256

/** How long after a write a checkpoint is signed at the latest (milliseconds). */
export const AUDIT_CHECKPOINT_DELAY_MS = 1_000

/** Pause before a log that could not be written is tried again (milliseconds). */
export const AUDIT_RETRY_MS = 1_000

/** Items in one list of a record (rules, statuses, redactions). The rest is left out. */
export const AUDIT_LIST_ITEMS_MAX = 64

/** Bytes of a signed note. A longer one is refused. */
export const AUDIT_NOTE_BYTES_MAX = 65_536

/** Signature lines of a signed note. One with more is refused. */
export const AUDIT_NOTE_SIGNATURES_MAX = 100

/** Findings that one run of `verify` lists. The rest is only counted; the verdict takes all of them into account. */
export const AUDIT_FINDINGS_MAX = 1_000

/** Notes (clock steps, unclean starts …) that one run of `verify` lists; they must not crowd out what matters. The rest is only counted. */
export const AUDIT_NOTES_MAX = 100

/** Missing openings that `verify` remembers until it has seen every redaction. Beyond, they are only counted as missing. */
export const AUDIT_MISSING_OPENINGS_MAX = 65_536

/** Bytes of one file of checkpoints. No honest segment has as many; a larger file is refused. */
export const AUDIT_HEADS_BYTES_MAX = 67_108_864

/** Sessions whose counters `verify` follows at a time. Beyond, further sessions are not checked for gaps, and a finding says so. */
export const AUDIT_SESSIONS_MAX = 65_536

/** Records behind an external head that `verify` still calls witnessed: as many as one checkpoint interval. */
export const AUDIT_HEAD_LAG_RECORDS = 256

/** UTF-16 units of a text in which secrets are looked for; twice what the log keeps. The rest is taken out as `[secret:unscanned]`. */
export const REDACTION_UNITS_MAX = 65_536

/** Secrets taken out one by one in one text. From the last of them on the text is taken out whole. */
export const REDACTIONS_MAX = 256

/** Searches until one finds nothing more. A text that has not settled by then is taken out whole. */
export const REDACTION_PASSES_MAX = 5

/** Quoted text inside quoted text inside …, searched again at each level. What still holds quotes below it is taken out. */
export const REDACTION_NESTING_MAX = 6

/** Programs of one simple command whose conventions for secrets are applied; each looks at all words after it. */
export const REDACTION_PROGRAMS_MAX = 8

/** Bytes of openings after which the write-ahead log of their database is copied into it, in a thread of its own. */
export const AUDIT_OPENINGS_WAL_BYTES = 4_194_304

/** UTF-16 units of one request of `check --batch`: a command of the size limit, every character escaped. A longer line is answered with an error. */
export const CHECK_BATCH_LINE_UNITS_MAX = 6_400_000

/** Bytes of the file that says who must have signed a log (`verify --policy`). A larger one is refused. */
export const LOG_POLICY_BYTES_MAX = 65_536

/** Rows that `cmdaid log` holds to show them newest last. More are not shown; `--json` without `--limit` streams all. */
export const LOG_ROWS_MAX = 100_000

/** Commands whose other half (beginning or end) `cmdaid log` waits for. Beyond: the oldest is shown without it. */
export const LOG_OPEN_ATTEMPTS_MAX = 10_000

/** How long `cmdaid log` waits for the daemon to write what it has (milliseconds). Then it shows what is on the disk. */
export const CONTROL_FLUSH_WAIT_MS = 1_000

/** How long `status` and `doctor` wait for the daemon's answer (milliseconds). Then it counts as not answering. */
export const CONTROL_CLI_WAIT_MS = 3_000

/** How long a shell that `doctor` starts may take to its first prompt and its canary (milliseconds). Then it is ended, and `doctor` says how far it came. */
export const SHELL_PROOF_MS = 10_000

/** How often `doctor` asks the daemon what has become of such a shell (milliseconds). */
export const SHELL_PROOF_POLL_MS = 100

/** Characters of a shell's start file in which `doctor` looks for the hook. */
export const RC_FILE_BYTES_MAX = 1_048_576

/** How long a command has to end after Ctrl-C (milliseconds). Then its process ends. */
export const INTERRUPT_GRACE_MS = 250

/** Bytes of a key file of the audit log. A longer one is refused. */
export const AUDIT_KEY_FILE_BYTES_MAX = 4_096

/** Bytes of the cache that says where the audit log ends. A longer one is ignored. */
export const AUDIT_TAIL_BYTES_MAX = 16_384

/** Records that a log without any checkpoint may have: those of starts that failed at once. With more, its checkpoints were lost, and it is refused. */
export const AUDIT_UNSIGNED_RECORDS_MAX = 16

/** How often a reader that follows the audit log looks for more, and waits for a frame that is being written (milliseconds). */
export const AUDIT_POLL_MS = 100

/** What follows a verdict waits until no shell has spoken for so long (milliseconds), so that the shell that got it runs first. */
export const DEFERRED_MS = 4

/** The longest that this puts a record off while shells go on speaking (milliseconds). */
export const DEFERRED_AGE_MS = 80

/** How long work that no shell waits for sleeps after an answer (milliseconds), so that the shell finds a processor. */
export const REST_MS = 1

/** Events that are not durable yet at which that work sleeps no more. */
export const REST_EVENTS_MAX = 1_024

/** Messages whose record may wait. Beyond, the oldest is recorded for each that comes in. */
export const DEFERRED_MAX = 256

/** How long a terminal is waited for when a case of the conformance suite runs in it (milliseconds). Then the case failed. */
export const TERMINAL_WAIT_MS = 20_000

/** Characters that one terminal may show. A program that shows more is ended: it floods. */
export const TERMINAL_TRANSCRIPT_CHARS_MAX = 16_777_216

/** How long what a case runs in the background may take to leave its trace (milliseconds). Then it counts as not run. */
export const CONFORMANCE_SAID_WAIT_MS = 5_000

/** Characters of what a terminal showed that the report of a failed case holds: the last ones. */
export const CONFORMANCE_SHOWN_CHARS_MAX = 4_096

/** Bytes of a shell's start file that is edited. A larger one is refused: no person wrote it. */
export const DOTFILE_BYTES_MAX = 8_388_608

/** Symbolic links that are followed from one start file to the next. Beyond, they count as a circle. */
export const DOTFILE_LINKS_MAX = 32

/** How long an installation waits for another one of the same user (milliseconds). Then it is refused. */
export const INSTALL_LOCK_WAIT_MS = 10_000

/** Locks that an installation takes anew because an uninstallation removed the one it had. Then it is refused. */
export const INSTALL_LOCK_ATTEMPTS_MAX = 8

/** Bytes of the record of what is installed, and the files it may name. A larger one is refused as damaged. */
export const INSTALL_RECORD_BYTES_MAX = 262_144
export const INSTALL_RECORD_FILES_MAX = 256

/** How long a call of the service manager may take (milliseconds). Then starting the service has failed. */
export const INSTALL_SERVICE_WAIT_MS = 20_000

/** How long zsh may take to say where its start files are (milliseconds). Then they are taken to be at home. */
export const INSTALL_ASK_SHELL_MS = 5_000

/** Bytes of one start file or history that the conformance suite copies into its private home. A longer one is linked. */
export const CONFORMANCE_COPY_BYTES_MAX = 4_194_304

/** How long the daemon of the conformance suite may take to start (milliseconds). Then the suite ends. */
export const CONFORMANCE_DAEMON_WAIT_MS = 10_000
