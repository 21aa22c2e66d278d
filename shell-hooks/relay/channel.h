/* The daemon's side of the relay: one session's pair of FIFOs, as docs/format/hook.md describes them. */

#ifndef CMDAID_CHANNEL_H
#define CMDAID_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "allowed.h"

enum {
  WAIT_MS_MAX = 60000,     /* of what the hook asks for, which is HOOK_WAIT_MS of src/core/limits.ts */
  INLINE_BYTES_MAX = 4096, /* what a pipe takes whole or not at all; a longer text goes by the file `cmd` */
  CWD_BYTES_MAX = 3000,
  WHY_BYTES_MAX = 4096, /* EXPLANATION_BYTES_MAX of src/core/limits.ts */
  SAY_BYTES_MAX = 4 * WHY_BYTES_MAX,
  ALIAS_BYTES_MAX = 262144, /* ALIAS_FILE_BYTES_MAX of src/core/limits.ts */
  REASON_BYTES_MAX = 4000,
  PATH_BYTES_MAX = 4096,
  READY_BYTES_MAX = 64,
};

/* What a shell says of itself when it joins. */
struct hello {
  pid_t pid;
  const char *version;
  bool interactive;
  bool login;
  int wait_ms; /* for an answer */
};

enum verdict { NO_VERDICT, RUN, WARN, REFUSE, CONFIRM };

struct channel {
  struct hello hello;
  char dir[PATH_BYTES_MAX];        /* the runtime directory */
  char slot[PATH_BYTES_MAX];       /* our session's folder; empty: none yet */
  char ready[READY_BYTES_MAX];     /* the line of `ready` of the daemon we talk to; empty: nobody to talk to */
  char hung[READY_BYTES_MAX];      /* the same of a daemon that let us wait */
  bool full;                       /* it did not let us wait: `req` had no room */
  char marker[PATH_BYTES_MAX];     /* what is there as long as `allowed` counts; empty: nothing is remembered */
  struct allowed allowed;
  char cwd[CWD_BYTES_MAX + 1];     /* the shell's, as it last said */
  char aliases[ALIAS_BYTES_MAX];
  size_t aliases_length;
  long generation;                 /* of the aliases; 0: none were told */
  bool aliases_written;            /* into this slot */
  int req, rep;                    /* -1: closed */
  int digit;                       /* of the last ask */
  long n;                          /* command lines so far, also those that nobody was asked about */
  long asked;                      /* n of a line that was asked and has not ended; 0: none */
  long late;                       /* n of the line whose answer did not come in time; 0: none */
  bool canary_late;                /* the same for a canary */
};

/* Where the runtime directory is: the rule of src/core/paths.ts. What is passed holds zeros only: to write them would make
   memory of what may never be used. */
void channel_start(struct channel *channel, const struct hello *hello);

/* Where the shell is now; kept for every frame from then on. */
void channel_set_cwd(struct channel *channel, const char *cwd, size_t length);

/* The shell's aliases as records of docs/format/hook.md, without the lone NUL at the end. */
void channel_set_aliases(struct channel *channel, const char *records, size_t length);

/* Asks whether the line may run, as the next n, and waits for an answer, once for a daemon that hangs. */
enum verdict channel_ask(struct channel *channel, const char *text, size_t length, size_t whole);

/* The same for the canary, which counts no line. */
enum verdict channel_ask_canary(struct channel *channel);

/* The rest is told and not answered: the end of the line that was asked, a reason, a line that ran unasked, what the
   canary showed, the end of the session. Nothing is told while there is nobody to tell. */
void channel_finished(struct channel *channel, const char *statuses, size_t length);
void channel_reason(struct channel *channel, const char *reason, size_t length);
void channel_unasked(struct channel *channel, const char *text, size_t length);
void channel_canary(struct channel *channel, const char *outcome, size_t length);
void channel_bye(struct channel *channel);

/* The explanation of the last answer, ready to print, each line begun with the program's name; its length. */
size_t channel_say(const struct channel *channel, char *say, size_t size);

/* Whether a daemon runs that does not answer, as opposed to none. */
bool channel_hangs(const struct channel *channel);

/* To be called when `rep` can be read although nothing was asked. False when another relay took this shell over. */
bool channel_listen(struct channel *channel);

#endif
