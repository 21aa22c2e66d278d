/* A loadable builtin of bash (`enable -f`) that does for an everyday line what the functions of cmdaid-ask.bash do, without
   interpreting them: 5.1 and newer, on Linux. It speaks docs/format/hook.md, and keeps its state in the same
   shell variables as those functions: whatever is not everyday is left to them.

   Its interface with bash is declared here, and is the same from 5.1 to 5.3; what it needs of bash is looked up when it is
   started, so that a bash without it goes on without this file.

   Invariants: nothing here blocks but the wait for an answer, which is bounded; no descriptor is open while bash runs
   anything; a frame goes into the FIFO whole or not at all. */

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "../relay/allowed.h"

enum {
  FRAME_BYTES_MAX = 4096, /* what a pipe takes whole or not at all; a longer text is left to the functions */
  UNREAD_BYTES_MAX = 4096, /* that may lie in `req`: what a daemon that hangs is told before anybody notices */
  PATH_BYTES_MAX = 4096,
  STATUS_BYTES_MAX = 1024, /* of a line's end: one number for each part of its pipeline */
  WAIT_SECONDS_MAX = 60,
};

#ifdef CMDAID_SOURCES
/* By which ../build knows what this was made of. */
__attribute__((used)) static const char SOURCES[] = CMDAID_SOURCES;
#endif

/* --- bash ---------------------------------------------------------------------------------------------------------- */

typedef struct shell_variable {
  char *name;
  char *value;
  char *exported;
  struct shell_variable *(*dynamic_value)(struct shell_variable *);
  void *assign;
  int attributes;
  int context;
} shell_variable;

typedef struct word {
  char *text;
  int flags;
} word;

typedef struct word_list {
  struct word_list *next;
  word *word;
} word_list;

struct builtin {
  char *name;
  int (*function)(word_list *);
  int flags;
  char *const *long_help;
  const char *usage;
  char *handle;
};

enum { BUILTIN_ENABLED = 1 };
enum { ARRAY = 0x4, ASSOCIATIVE = 0x40, REFERENCE = 0x800 }; /* attributes of a variable that holds no text */

typedef struct history_entry {
  char *line;
  char *timestamp;
  void *data;
} history_entry;

typedef struct alias {
  char *name;
  char *value;
  char flags;
} alias;

static struct {
  shell_variable *(*find_variable)(const char *), *(*find_variable_noref)(const char *);
  shell_variable *(*bind_variable)(const char *, char *, int);
  int (*unbind_variable)(const char *), (*unbind_nameref)(const char *);
  char *(*get_string_value)(const char *);
  void (*execute_variable_command)(const char *, const char *);
  void (*begin_unwind_frame)(char *);
  void (*add_unwind_protect)(void (*)(void *), void *);
  void (*discard_unwind_frame)(char *);
  void (*throw_to_top_level)(void);
  int (*signal_is_trapped)(int);
  char **trap_list;
  void (*restore_default_signal)(int), (*set_debug_trap)(char *);
  history_entry **(*history_list)(void);
  void (*using_history)(void);
  int (*where_history)(void);
  alias **(*all_aliases)(void);
  int *history_length, *history_base;
  int *enable_history_list;
  int *mark_modified_vars, *echo_command_at_execute, *exit_immediately_on_error, *unbound_vars_is_error;
  int *echo_input_at_read, *executing;
  int *last_command_exit_value, *variable_context;
  pid_t *last_asynchronous_pid;
} bash;

static bool look_up(void) {
  const struct {
    const char *name;
    void *to;
  } wanted[] = {
      {"find_variable", &bash.find_variable},
      {"find_variable_noref", &bash.find_variable_noref},
      {"bind_variable", &bash.bind_variable},
      {"unbind_variable", &bash.unbind_variable},
      {"unbind_nameref", &bash.unbind_nameref},
      {"get_string_value", &bash.get_string_value},
      {"execute_variable_command", &bash.execute_variable_command},
      {"begin_unwind_frame", &bash.begin_unwind_frame},
      {"add_unwind_protect", &bash.add_unwind_protect},
      {"discard_unwind_frame", &bash.discard_unwind_frame},
      {"throw_to_top_level", &bash.throw_to_top_level},
      {"signal_is_trapped", &bash.signal_is_trapped},
      {"trap_list", &bash.trap_list},
      {"restore_default_signal", &bash.restore_default_signal},
      {"set_debug_trap", &bash.set_debug_trap},
      {"history_list", &bash.history_list},
      {"using_history", &bash.using_history},
      {"where_history", &bash.where_history},
      {"all_aliases", &bash.all_aliases},
      {"history_length", &bash.history_length},
      {"history_base", &bash.history_base},
      {"enable_history_list", &bash.enable_history_list},
      {"mark_modified_vars", &bash.mark_modified_vars},
      {"echo_command_at_execute", &bash.echo_command_at_execute},
      {"exit_immediately_on_error", &bash.exit_immediately_on_error},
      {"unbound_vars_is_error", &bash.unbound_vars_is_error},
      {"echo_input_at_read", &bash.echo_input_at_read},
      {"executing", &bash.executing},
      {"last_asynchronous_pid", &bash.last_asynchronous_pid},
      {"last_command_exit_value", &bash.last_command_exit_value},
      {"variable_context", &bash.variable_context},
  };
  for (size_t at = 0; at < sizeof wanted / sizeof *wanted; at += 1) {
    void *found = dlsym(RTLD_DEFAULT, wanted[at].name);
    if (!found) return false;
    memcpy(wanted[at].to, &found, sizeof found);
  }
  return true;
}

/* The options that would make of what is run here something for the person, or export it. */
struct options {
  int allexport, xtrace, errexit, nounset, verbose;
};

static struct options take_options(void) {
  struct options were = {*bash.mark_modified_vars, *bash.echo_command_at_execute, *bash.exit_immediately_on_error,
                         *bash.unbound_vars_is_error, *bash.echo_input_at_read};
  *bash.mark_modified_vars = *bash.echo_command_at_execute = 0;
  *bash.exit_immediately_on_error = *bash.unbound_vars_is_error = *bash.echo_input_at_read = 0;
  return were;
}

static struct options kept_options;

static void give_options_back(void *unused) {
  (void)unused;
  *bash.mark_modified_vars = kept_options.allexport;
  *bash.echo_command_at_execute = kept_options.xtrace;
  *bash.exit_immediately_on_error = kept_options.errexit;
  *bash.unbound_vars_is_error = kept_options.nounset;
  *bash.echo_input_at_read = kept_options.verbose;
}

static const char *get(const char *name) {
  const char *value = bash.get_string_value(name);
  return value ? value : "";
}

static void put(const char *name, const char *value) {
  bash.bind_variable(name, (char *)value, 0);
}

static void put_number(const char *name, long value) {
  char text[32];
  snprintf(text, sizeof text, "%ld", value);
  put(name, text);
}

static bool is_set(const char *name) {
  return *get(name);
}

/* HISTCMD, wherever the person has browsed to. */
static long history_number(void) {
  bash.using_history();
  return *bash.history_base + bash.where_history();
}

/* Runs a function of the hook in this shell, as bash runs PROMPT_COMMAND; the options come back also when that is left by
   Ctrl-C. */
static void run(const char *command) {
  static char frame[] = "cmdaid";
  bash.begin_unwind_frame(frame);
  bash.add_unwind_protect(give_options_back, NULL);
  bash.execute_variable_command(command, "PS0");
  bash.discard_unwind_frame(frame);
}

/* The number under which bash keeps the trap on DEBUG. */
enum { DEBUG_TRAP = NSIG };

static void set_trap_again(void *text) {
  bash.set_debug_trap(text);
}

/* The same without the person's trap on DEBUG, as bash runs a function: it would take ours for a command of theirs. */
static void run_unheard(const char *command) {
  static char frame[] = "cmdaid-trap";
  if (!bash.signal_is_trapped(DEBUG_TRAP)) return run(command);
  size_t size = strlen(bash.trap_list[DEBUG_TRAP]) + 1;
  char *text = malloc(size);
  if (!text) return run(command);
  memcpy(text, bash.trap_list[DEBUG_TRAP], size);
  bash.begin_unwind_frame(frame);
  bash.add_unwind_protect(set_trap_again, text);
  bash.restore_default_signal(DEBUG_TRAP);
  run(command);
  bash.set_debug_trap(text);
  bash.discard_unwind_frame(frame);
  free(text);
}

/* --- the channel --------------------------------------------------------------------------------------------------- */

static struct allowed allowed;
static char allowed_under[PATH_BYTES_MAX + 64]; /* the marker and the aliases for which `allowed` counts */
static uint64_t told_aliases;                   /* what is known of those that were told, */
static char told_generation[32];                /* and with which generation: the functions tell them too */

static bool slot_path(char path[PATH_BYTES_MAX], const char *name) {
  const char *slot = get("__cmdaid_slot");
  return *slot && (size_t)snprintf(path, PATH_BYTES_MAX, "%s/%s", slot, name) < PATH_BYTES_MAX;
}

/* One of the slot's FIFOs, or -1. */
static int open_fifo(const char *name, int how) {
  char path[PATH_BYTES_MAX];
  struct stat status;
  if (!slot_path(path, name)) return -1;
  int fd = open(path, how | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  if (!fstat(fd, &status) && S_ISFIFO(status.st_mode)) return fd;
  close(fd);
  return -1;
}

/* Writes one frame into the request FIFO; false when there is none, or too much lies unread in it. */
static bool send_frame(char type, long digit, const char *text, const char *extra) {
  char frame[FRAME_BYTES_MAX];
  const char *fields[] = {get("PWD"), text, extra};
  size_t used = 0;
  int unread = 0;
  frame[used++] = '1';
  frame[used++] = type;
  frame[used++] = (char)('0' + digit);
  frame[used++] = 0;
  for (size_t at = 0; at < 3; at += 1) {
    size_t length = strlen(fields[at]) + 1;
    if (length > sizeof frame - used) return false;
    memcpy(frame + used, fields[at], length);
    used += length;
  }
  int fd = open_fifo("req", O_RDWR);
  if (fd < 0) return false;
  bool sent = !ioctl(fd, FIONREAD, &unread) && (size_t)unread + used <= UNREAD_BYTES_MAX &&
              write(fd, frame, used) == (ssize_t)used;
  close(fd);
  return sent;
}

static long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

/* Six decimals, with a point in every language. */
static long wait_us(void) {
  const char *wait = get("__cmdaid_wait"), *point = strchr(wait, '.');
  long seconds = strtol(wait, NULL, 10), us = point && strlen(point) == 7 ? strtol(point + 1, NULL, 10) : 0;
  return seconds >= 0 && seconds < WAIT_SECONDS_MAX && us >= 0 ? seconds * 1000000 + us : 0;
}

/* What came in reply: a byte, nothing in time, or nothing ever, since nobody serves the slot. */
enum { NO_BYTE = 0, NOBODY = -1 };

/* The first byte that comes. Opened only to read, the FIFO ends when the daemon does; one that was gone before is seen by
   reading alone. */
static int wait_for_byte(void) {
  long left = wait_us(), end = now_us() + left;
  int fd = open_fifo("rep", O_RDONLY), found = fd < 0 ? NOBODY : NO_BYTE;
  for (; found == NO_BYTE && left > 0; left = end - now_us()) {
    unsigned char byte;
    ssize_t count = read(fd, &byte, 1);
    struct pollfd answer = {fd, POLLIN, 0};
    if (count >= 0) found = count ? byte : NOBODY;
    else poll(&answer, 1, (int)((left + 999) / 1000));
  }
  if (fd >= 0) close(fd);
  return found;
}

/* FNV-1a. */
static uint64_t hash_on(uint64_t hash, const char *text) {
  do hash = (hash ^ (unsigned char)*text) * 1099511628211u;
  while (*text++);
  return hash;
}

static uint64_t hash_of_aliases(void) {
  uint64_t hash = hash_on(14695981039346656037u, get("BASHOPTS"));
  alias **all = bash.all_aliases();
  if (!all) return hash;
  for (alias **at = all; *at; at += 1) hash = hash_on(hash_on(hash, (*at)->name), (*at)->value);
  free(all);
  return hash;
}

/* --- a line -------------------------------------------------------------------------------------------------------- */

/* What is remembered counts for one policy and one telling of the aliases. */
static void keep_allowed(void) {
  char under[sizeof allowed_under];
  snprintf(under, sizeof under, "%s%s", get("__cmdaid_marker"), get("__cmdaid_generation"));
  if (!strcmp(under, allowed_under)) return;
  allowed_forget(&allowed);
  strcpy(allowed_under, under);
}

/* A line is counted and about to be told of: what follows runs while the daemon thinks. */
static void put_line(long n, long digit) {
  put_number("__cmdaid_n", n);
  put_number("__cmdaid_digit", digit);
  if (is_set("__cmdaid_refused")) put("__cmdaid_refused", "");
}

/* Asks about a line whose text is known, or tells that it runs, when it is `remembered`; false when nothing could be sent. */
static bool ask_everyday(const char *text, bool remembered, long n, long digit) {
  char extra[64];
  snprintf(extra, sizeof extra, "%ld p%.30s", n, get("__cmdaid_generation"));
  if (remembered) {
    if (!send_frame('A', digit, text, extra)) return false;
    put_line(n, digit);
    put_number("__cmdaid_asked", n);
    return true;
  }
  struct timeval started;
  gettimeofday(&started, NULL);
  if (!send_frame('Q', digit, text, extra)) return false;
  put_line(n, digit);
  int byte = wait_for_byte();
  if (byte == NOBODY) return false;
  if (byte == 'a' + digit) {
    keep_allowed();
    if (is_set("__cmdaid_marker")) allowed_add(&allowed, get("PWD"), text, strlen(text));
    put_number("__cmdaid_asked", n);
    return true;
  }
  char seconds[48] = ""; /* where bash has no such clock its functions do without */
  if (bash.find_variable("EPOCHREALTIME"))
    snprintf(seconds, sizeof seconds, "%ld.%06ld", (long)started.tv_sec, (long)started.tv_usec);
  put("__cmdaid_started", seconds);
  put("__cmdaid_byte", (char[]){(char)byte, 0});
  /* Whatever keeps the function from running: what it does first is to forget this. */
  if (byte == 'A' + digit || byte == 'K' + digit) put("__cmdaid_refused", "1");
  run_unheard("__cmdaid_judged");
  return true;
}

static const char *last_line(void) {
  return bash.history_list()[*bash.history_length - 1]->line;
}

/* Sees to it that the daemon knows the aliases, and we the policy in force; whether the line is remembered. What functions do may
   free what was read before. */
static bool prepare(void) {
  uint64_t aliases = hash_of_aliases();
  if (aliases != told_aliases || !is_set("__cmdaid_aliases") || strcmp(get("__cmdaid_generation"), told_generation)) {
    run_unheard("__cmdaid_tell_aliases");
    allowed_forget(&allowed);
    told_aliases = aliases;
    snprintf(told_generation, sizeof told_generation, "%s", get("__cmdaid_generation"));
    return false;
  }
  keep_allowed();
  const char *text = last_line();
  if (!allowed_has(&allowed, get("PWD"), text, strlen(text))) return false;
  if (!access(get("__cmdaid_marker"), F_OK)) return true;
  run_unheard("__cmdaid_learn");
  return false;
}

enum { UNCOUNTED = -1 };
static long counted = UNCOUNTED; /* the history's number when it was last looked at: before this line, after the one before */

/* Whether the line may run. */
static bool judge(void) {
  long n = strtol(get("__cmdaid_n"), NULL, 10) + 1;
  long digit = (strtol(get("__cmdaid_digit"), NULL, 10) + 1) % 10;
  long number = history_number(), added = counted == UNCOUNTED ? 0 : number - counted;
  counted = number;
  if (added == 1 && *bash.enable_history_list && *bash.history_length > 0 && is_set("__cmdaid_ready") &&
      !is_set("__cmdaid_said")) {
    bool remembered = prepare();
    if (*bash.history_length > 0 && ask_everyday(last_line(), remembered, n, digit))
      return !is_set("__cmdaid_refused");
  }
  put_line(n, digit);
  put_number("__cmdaid_added", added);
  put_number("__cmdaid_status", *bash.last_command_exit_value);
  run_unheard("__cmdaid_line_native \"$_\"");
  if (is_set("__cmdaid_unknown")) run("{ \\builtin trap -p DEBUG >|/dev/fd/9; __cmdaid_watch_native; } 9<<<''");
  return !is_set("__cmdaid_refused");
}

enum { REFUSED_STATUS = 130 };

static const char LINE[] = "__cmdaid_line", REFUSED[] = "-9", ALLOWED[] = "00"; /* lengths, written equally long */
static bool serving;

/* Sees to it that there is room for what the variable is going to say; false where it is one that holds no text. */
static bool hold_text(shell_variable *variable) {
  if (variable->attributes & (ARRAY | ASSOCIATIVE | REFERENCE)) return false;
  if (variable->value && strlen(variable->value) >= sizeof REFUSED - 1) return true;
  char *room = malloc(sizeof REFUSED); /* bash's own, as is what it replaces */
  if (!room) return false;
  free(variable->value);
  variable->value = room;
  return true;
}

/* The variable that PS0 expands. To a line that runs it says nothing. A line that must not run is left as Ctrl-C leaves one; should
   bash come back from that, the value is a length that is an expansion error, which discards the line as well. */
static shell_variable *line_value(shell_variable *variable) {
  if (!serving || *bash.executing || !hold_text(variable)) return variable;
  kept_options = take_options();
  bool may_run = judge();
  give_options_back(NULL);
  strcpy(variable->value, may_run ? ALLOWED : REFUSED);
  if (may_run) return variable;
  *bash.last_command_exit_value = REFUSED_STATUS;
  bash.throw_to_top_level();
  return variable;
}

/* Makes it so that PS0 asks; again at each prompt, since a person can take the variable away. To look it up is to expand it. */
static bool place_line(void) {
  serving = false;
  shell_variable *line = bash.find_variable_noref(LINE);
  if (!line || line->dynamic_value != line_value || !hold_text(line)) {
    if (line) (line->attributes & REFERENCE ? bash.unbind_nameref : bash.unbind_variable)(LINE);
    line = bash.bind_variable(LINE, (char *)REFUSED, 0);
    if (!line || !line->name || strcmp(line->name, LINE) || !line->value || strcmp(line->value, REFUSED)) return false;
    line->dynamic_value = line_value;
  }
  serving = true;
  return true;
}

/* --- the prompt ---------------------------------------------------------------------------------------------------- */

static char ended[STATUS_BYTES_MAX]; /* the line's status and those of its pipeline; empty: not known */

/* __cmdaid_ended ARGUMENT STATUS PIPESTATUS…: first at each prompt; returns the status. */
static int ended_builtin(word_list *words) {
  size_t used = 0;
  int status = 0;
  ended[0] = 0;
  words = words ? words->next : NULL;
  if (words) status = atoi(words->word->text);
  for (; words; words = words->next) {
    int written = snprintf(ended + used, sizeof ended - used, used ? " %s" : "%s", words->word->text);
    if (written < 0 || (size_t)written >= sizeof ended - used) {
      ended[used] = 0; /* a number that is cut is none */
      break;
    }
    used += (size_t)written;
  }
  return status;
}

/* Whether the prompt's variables are as we left them: "$PS0 ${PROMPT_COMMAND[*]}". */
static bool is_kept(const word_list *words) {
  const char *kept = get("__cmdaid_kept");
  for (const char *blank = ""; words; words = words->next, blank = " ") {
    size_t length = strlen(words->word->text);
    if (*blank && *kept++ != ' ') return false;
    if (strncmp(kept, words->word->text, length)) return false;
    kept += length;
  }
  return !*kept;
}

/* Others run a copy of PROMPT_COMMAND inside a function of theirs. Where ours is also in its place, the copy does nothing. */
static bool is_copied(const word_list *words) {
  if (!*bash.variable_context || bash.find_variable("BLE_VERSION")) return false;
  while (words && words->next) words = words->next;
  if (!words) return false;
  const char *last = words->word->text, *final = get("__cmdaid_final");
  size_t length = strlen(last), ours = strlen(final);
  return length >= ours && !strcmp(last + length - ours, final);
}

/* __cmdaid_prompt "$PS0" "${PROMPT_COMMAND[@]}": last at each prompt; fails when the functions have something to do. */
static int prompt_builtin(word_list *words) {
  const char *n = get("__cmdaid_n"), *blank = strchr(ended, ' ');
  if (is_copied(words)) return 0;
  kept_options = take_options();
  counted = history_number();
  place_line();
  /* Where the person has a trap on DEBUG, the functions take it away for the time of the next prompts. */
  if (bash.signal_is_trapped(DEBUG_TRAP) && !is_set("__cmdaid_waiting") && !strcmp(get("__cmdaid_enter"), "__cmdaid_ended"))
    run("{ \\builtin trap -p DEBUG >|/dev/fd/9; __cmdaid_meet_trap; } 9<<<''");
  bool done = blank && !is_set("__cmdaid_due") && !strcmp(n, get("__cmdaid_asked")) && is_kept(words) &&
              !bash.find_variable("BLE_VERSION") && send_frame('E', strtol(get("__cmdaid_digit"), NULL, 10), ended, n);
  if (done) {
    put("__cmdaid_shown", n);
    put("__cmdaid_asked", "");
    if (*bash.last_asynchronous_pid > 0) put_number("__cmdaid_lastpid", *bash.last_asynchronous_pid);
  } else if (blank) {
    put_number("__cmdaid_status", strtol(ended, NULL, 10));
    bash.unbind_variable("__cmdaid_pipe"); /* it may have been an array */
    put("__cmdaid_pipe", blank + 1);
  }
  ended[0] = 0;
  give_options_back(NULL);
  return !done;
}

/* Of what this file and cmdaid-native.bash say to each other. */
static const char HOOK_VERSION[] = "1";

/* --- the builtins -------------------------------------------------------------------------------------------------- */

/* __cmdaid_native VERSION: makes `__cmdaid_line` the variable that asks; fails where this bash, or the hook, is not the one this
   was made for. __cmdaid_native uncounted: others have put lines into the history, so that its last one need not be the next. */
static int native_builtin(word_list *words) {
  if (!words) return 1;
  if (!strcmp(words->word->text, "uncounted")) {
    counted = UNCOUNTED;
    return 0;
  }
  return strcmp(words->word->text, HOOK_VERSION) || !look_up() || !place_line();
}

/* Called by `enable -d`. To look the variable up is to expand it. */
void __cmdaid_native_builtin_unload(char *name);
void __cmdaid_native_builtin_unload(char *name) {
  (void)name;
  serving = false;
  shell_variable *line = bash.find_variable ? bash.find_variable(LINE) : NULL;
  if (line && line->dynamic_value == line_value) line->dynamic_value = NULL;
}

static char *const NO_HELP[] = {NULL};

struct builtin __cmdaid_native_struct = {"__cmdaid_native", native_builtin, BUILTIN_ENABLED, NO_HELP, "__cmdaid_native", 0};
struct builtin __cmdaid_ended_struct = {"__cmdaid_ended", ended_builtin, BUILTIN_ENABLED, NO_HELP, "__cmdaid_ended", 0};
struct builtin __cmdaid_prompt_struct = {"__cmdaid_prompt", prompt_builtin, BUILTIN_ENABLED, NO_HELP, "__cmdaid_prompt", 0};
