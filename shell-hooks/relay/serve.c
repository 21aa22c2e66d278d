/* See serve.h. The process holds no terminal, no file of the shell and no directory. It sleeps until the shell writes, the
   daemon speaks or ends, or the shell is gone; it never wakes by a clock where the kernel can tell that. */

#include "serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/mman.h>
#include <sys/syscall.h>
#endif

#include "requests.h"

enum { DESCRIPTORS_MAX = 1024, SHELL_POLL_MS = 2000 };

/* Our ends of what the hook opens for each request: `in` for its writing, `out` for its reading, `say` a file. The other end
   of each pipe is ours too, so that no open waits and no end is seen. */
struct ends {
  int in, in_other, out, out_other, say;
};

/* How an answer is told: the place of its letter. What there is to say lies in the file before the letter is written. */
enum telling { TELL_RUN, TELL_RUN_SAYING, TELL_REFUSE, TELL_CONFIRM, TELL_NOTHING, TELL_NOTHING_SAYING, TELL_LOOK, TELL_LOOK_AT_KEYS };

struct relay {
  struct channel channel;
  struct requests requests;
  struct ends ends;
  bool lost;    /* the person was told that protection is lost */
  bool unasked; /* a line has begun that was not asked about: there is a key that the hook does not know */
  char *asked; /* the last text that was asked about, TEXT_BYTES_MAX of it */
  size_t asked_length;
};

static bool make_ends(struct ends *ends, char paths[3][PATH_BYTES_MAX]);
static void let_go(const struct ends *ends);
static void loop(struct relay *relay);
static bool handle(struct relay *relay, const struct request *request);
static void answer(struct relay *relay, enum verdict verdict, char turn);
static void tell_verdict(struct relay *relay, enum verdict verdict, char turn, size_t said);
static void ask_line(struct relay *relay, const struct request *request);
static bool was_asked(const struct relay *relay, const struct request *request);
static size_t trimmed(const char *text, size_t length);
static void write_letter(struct relay *relay, enum telling telling, char turn);
static void remove_ends(void);

int serve(const struct hello *hello) {
  static struct relay relay;
  static char paths[3][PATH_BYTES_MAX];
  int started[2];
  char byte = 0;
  if (pipe(started)) return 1;
  signal(SIGPIPE, SIG_IGN);
  pid_t child = fork();
  if (child < 0) return 1;
  if (child > 0) {
    /* What the hook is told must be there when it is told. */
    close(started[1]);
    return read(started[0], &byte, 1) == 1 ? 0 : 1;
  }
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGTSTP, SIG_IGN);
  if (setsid() < 0 || !make_ends(&relay.ends, paths) || !requests_start(&relay.requests)) _exit(1);
  relay.asked = malloc(REQUEST_BYTES_MAX);
  if (!relay.asked) _exit(1);
  for (int at = 0; at < 3; at += 1) printf("%s\n", paths[at]);
  if (fflush(stdout)) _exit(1);
  channel_start(&relay.channel, hello);
  if (write(started[1], &byte, 1) != 1) _exit(1);
  let_go(&relay.ends);
  loop(&relay);
  remove_ends();
  _exit(0);
}

#ifdef __linux__

/* Pipes and a file without names: they go when this process does, however it ends, and an open fails from then on. */
static bool make_ends(struct ends *ends, char paths[3][PATH_BYTES_MAX]) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC | O_NONBLOCK) || pipe2(out, O_CLOEXEC | O_NONBLOCK)) return false;
  *ends = (struct ends){in[0], in[1], out[1], out[0], (int)syscall(SYS_memfd_create, "cmdaid", 1u)};
  if (ends->say < 0) return false;
  int fds[3] = {ends->in, ends->out, ends->say};
  for (int at = 0; at < 3; at += 1) snprintf(paths[at], PATH_BYTES_MAX, "/proc/%ld/fd/%d", (long)getpid(), fds[at]);
  return true;
}

static void remove_ends(void) {}

/* A descriptor that can be read when the process is gone; -1 where the kernel has none. */
static int watch_process(pid_t pid) {
#ifdef SYS_pidfd_open
  return (int)syscall(SYS_pidfd_open, pid, 0u);
#else
  (void)pid;
  return -1;
#endif
}

#else

/* Where the FIFOs are. */
static char folder[PATH_BYTES_MAX];

static bool make_ends(struct ends *ends, char paths[3][PATH_BYTES_MAX]) {
  const char *temporary = getenv("TMPDIR");
  snprintf(folder, sizeof folder - 8, "%s/cmdaid-relay.XXXXXX", temporary && *temporary ? temporary : "/tmp");
  if (!mkdtemp(folder)) return false;
  static const char *const names[3] = {"in", "out", "say"};
  for (int at = 0; at < 3; at += 1) snprintf(paths[at], PATH_BYTES_MAX, "%.4000s/%s", folder, names[at]);
  if (mkfifo(paths[0], 0600) || mkfifo(paths[1], 0600)) return false;
  int in = open(paths[0], O_RDWR | O_NONBLOCK), out = open(paths[1], O_RDWR | O_NONBLOCK);
  *ends = (struct ends){in, in, out, out, open(paths[2], O_RDWR | O_CREAT | O_EXCL, 0600)};
  return in >= 0 && out >= 0 && ends->say >= 0;
}

static void remove_ends(void) {
  static const char *const names[3] = {"in", "out", "say"};
  char path[PATH_BYTES_MAX + 8];
  for (int at = 0; at < 3; at += 1) {
    snprintf(path, sizeof path, "%s/%s", folder, names[at]);
    unlink(path);
  }
  rmdir(folder);
}

static int watch_process(pid_t pid) {
  (void)pid;
  return -1;
}

#endif

/* Closes whatever the shell had open, so that no terminal, pipe or file is kept alive by us. */
static void let_go(const struct ends *ends) {
  int nothing = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd += 1) dup2(nothing, fd);
  for (int fd = 3; fd < DESCRIPTORS_MAX; fd += 1) {
    if (fd != ends->in && fd != ends->in_other && fd != ends->out && fd != ends->out_other && fd != ends->say) close(fd);
  }
  if (chdir("/")) return;
}

static void loop(struct relay *relay) {
  pid_t shell = relay->channel.hello.pid;
  int watch = watch_process(shell);
  for (;;) {
    struct pollfd events[3] = {{relay->ends.in, POLLIN, 0}, {watch, POLLIN, 0}, {relay->channel.rep, POLLIN, 0}};
    int count = poll(events, 3, watch < 0 ? SHELL_POLL_MS : -1);
    bool ended = watch < 0 ? kill(shell, 0) && errno == ESRCH : count > 0 && events[1].revents != 0;
    if (count > 0 && events[2].revents && !channel_listen(&relay->channel)) {
      channel_bye(&relay->channel);
      return;
    }
    /* What the shell said before it ended counts, its goodbye above all: a pipe holds no more than is read here at once. */
    if ((count > 0 && events[0].revents) || ended) {
      char bytes[65536];
      ssize_t length = read(relay->ends.in, bytes, sizeof bytes);
      for (ssize_t at = 0; at < length; at += 1) {
        struct request request;
        if (requests_take(&relay->requests, bytes[at], &request) && !handle(relay, &request)) return;
      }
    }
    if (ended) return;
  }
}

/* False when the session is over. */
static bool handle(struct relay *relay, const struct request *request) {
  struct channel *channel = &relay->channel;
  channel_set_cwd(channel, request->cwd, request->cwd_length);
  switch (request->kind) {
    case 'L':
      /* Abbreviations may change it, or a backslash continue it: the hook looks closer, and asks then. */
      if (relay->unasked || request->abbreviations || memchr(request->text, '\\', request->text_length)) {
        write_letter(relay, relay->unasked ? TELL_LOOK_AT_KEYS : TELL_LOOK, request->turn);
        relay->unasked = false;
        break;
      }
      ask_line(relay, request);
      break;
    case 'Q':
      ask_line(relay, request);
      break;
    case 'P':
      if (!was_asked(relay, request)) {
        channel_unasked(channel, request->text, request->text_length);
        relay->unasked = true;
      }
      relay->asked_length = 0;
      break;
    case 'C':
      tell_verdict(relay, channel_ask_canary(channel), request->turn, 0);
      break;
    case 'E':
      channel_finished(channel, request->text, request->text_length);
      break;
    case 'R':
      channel_reason(channel, request->text, request->text_length);
      break;
    case 'K':
      channel_canary(channel, request->text, request->text_length);
      break;
    case 'A':
      channel_set_aliases(channel, request->text, request->text_length);
      break;
    case 'X':
      channel_bye(channel);
      return false;
    default:
      break;
  }
  return true;
}

static void ask_line(struct relay *relay, const struct request *request) {
  answer(relay, channel_ask(&relay->channel, request->text, request->text_length, request->text_whole), request->turn);
  memcpy(relay->asked, request->text, request->text_length);
  relay->asked_length = request->text_length;
}

/* Whether the line that has begun is the one that was asked about, or none at all. Blanks and newlines at its end may be
   the hook's: they keep fish from expanding once more. */
static bool was_asked(const struct relay *relay, const struct request *request) {
  size_t asked = trimmed(relay->asked, relay->asked_length), begun = trimmed(request->text, request->text_length);
  return begun == 0 || (asked == begun && !memcmp(relay->asked, request->text, begun));
}

static size_t trimmed(const char *text, size_t length) {
  while (length && (text[length - 1] == ' ' || text[length - 1] == '\n')) length -= 1;
  return length;
}

/* Says what there is to say about an answer: protection is lost or back, a rule has something to explain. */
static void answer(struct relay *relay, enum verdict verdict, char turn) {
  char say[SAY_BYTES_MAX];
  size_t used = 0;
  bool lost = verdict == NO_VERDICT;
  if (lost && !relay->lost) {
    used = (size_t)sprintf(say, "cmdaid: the daemon %s: commands run unchecked\n",
                           channel_hangs(&relay->channel) ? "does not answer" : "is not running");
  } else if (!lost && relay->lost) {
    used = (size_t)sprintf(say, "cmdaid: commands are checked again\n");
  }
  relay->lost = lost;
  if (verdict > RUN) used += channel_say(&relay->channel, say + used, sizeof say - used);
  if (used && (ftruncate(relay->ends.say, 0) || pwrite(relay->ends.say, say, used, 0) < 0)) used = 0;
  tell_verdict(relay, verdict, turn, used);
}

static void tell_verdict(struct relay *relay, enum verdict verdict, char turn, size_t said) {
  enum telling telling = said ? TELL_RUN_SAYING : TELL_RUN;
  if (verdict == NO_VERDICT) telling = said ? TELL_NOTHING_SAYING : TELL_NOTHING;
  if (verdict == REFUSE) telling = TELL_REFUSE;
  if (verdict == CONFIRM) telling = TELL_CONFIRM;
  write_letter(relay, telling, turn);
}

static void write_letter(struct relay *relay, enum telling telling, char turn) {
  /* An answer that nobody took, for an ask that was interrupted. */
  char taken[64];
  while (read(relay->ends.out_other, taken, sizeof taken) > 0) continue;
  char letter = (char)((turn == '1' ? 'A' : 'a') + (int)telling);
  if (write(relay->ends.out, &letter, 1) < 0) return;
}
