/* See channel.h. Invariants: nothing here blocks but the wait for an answer, which is bounded; no path is followed
   out of a directory of this user; a frame goes into the FIFO whole or not at all. */

#include "channel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
  SLOT_NAME_BYTES = 16,
  HELLO_BYTES_MAX = 1024,
  CLAIM_BYTES_MAX = 32,
  EXTRA_BYTES_MAX = 64,
  UNREAD_BYTES_MAX = 4096, /* that may lie in `req` when a line is not asked about */
};

/* Tells the relay of a shell that has become another one (`exec fish`) to end: no byte of the protocol. */
static const char TAKEN_OVER = 0x18;

static const char *const MARKERS[] = {
    "AGENT",         "AI_AGENT",     "AMP_CURRENT_THREAD_ID", "ANTIGRAVITY_AGENT", "AUGMENT_AGENT",
    "BUILDKITE",     "CI",           "CIRCLECI",              "CLAUDECODE",        "CLAUDE_CODE_ENTRYPOINT",
    "CODEX_SANDBOX", "CODEX_THREAD_ID", "COPILOT_AGENT",      "CURSOR_AGENT",      "GEMINI_CLI",
    "GITHUB_ACTIONS", "GITLAB_CI",   "GOOSE_TERMINAL",        "JENKINS_URL",       "OPENCODE",
};

static bool may_run_again(struct channel *channel, const char *text, size_t length);
static bool find_marker(struct channel *channel);
static void take_marker(struct channel *channel);
static void forget(struct channel *channel);
static void extra_of(const struct channel *channel, char extra[EXTRA_BYTES_MAX]);
static bool aliases_are_told(const struct channel *channel);
static bool is_empty(const struct channel *channel);
static bool reach(struct channel *channel);
static enum verdict ask_line(struct channel *channel, const char *text, size_t length, size_t whole);
static bool join(struct channel *channel);
static bool open_fifos(struct channel *channel);
static void leave(struct channel *channel);
static void hang(struct channel *channel);
static bool read_ready(const struct channel *channel, char line[READY_BYTES_MAX]);
static bool drain(struct channel *channel, bool *taken_over);
static void say_hello(struct channel *channel);
static void tell(struct channel *channel, char type, const char *text, size_t length, long n);
static bool write_frame(struct channel *channel, char type, const char *text, size_t length, const char *extra);
static enum verdict listen_for_answer(struct channel *channel);
static enum verdict ask(struct channel *channel, const char *text, size_t length, size_t whole, const char *extra);
static bool put_file(const struct channel *channel, const char *name, const char *bytes, size_t length, size_t whole);
static bool slot_path(char path[PATH_BYTES_MAX], const struct channel *channel, const char *name);
static void tell_old_relays(const struct channel *channel);
static size_t read_explanation(const struct channel *channel, char *text, size_t size);

void channel_start(struct channel *channel, const struct hello *hello) {
  channel->hello = *hello;
  channel->req = channel->rep = -1;
  const char *runtime = getenv("XDG_RUNTIME_DIR");
#ifdef __APPLE__
  if (!runtime || !*runtime) runtime = getenv("TMPDIR");
#endif
  int written = runtime && *runtime
                    ? snprintf(channel->dir, sizeof channel->dir, "%s/cmdaid", runtime)
                    : snprintf(channel->dir, sizeof channel->dir, "/tmp/cmdaid-%u", (unsigned)geteuid());
  if (written < 0 || (size_t)written >= sizeof channel->dir) channel->dir[0] = 0;
  if (!getcwd(channel->cwd, sizeof channel->cwd)) strcpy(channel->cwd, "/");
  if (hello->interactive) tell_old_relays(channel);
}

void channel_set_cwd(struct channel *channel, const char *cwd, size_t length) {
  if (length > CWD_BYTES_MAX) length = CWD_BYTES_MAX;
  memcpy(channel->cwd, cwd, length);
  channel->cwd[length] = 0;
}

void channel_set_aliases(struct channel *channel, const char *records, size_t length) {
  if (length >= sizeof channel->aliases) length = sizeof channel->aliases - 1; /* the record that is cut is no record */
  memcpy(channel->aliases, records, length);
  channel->aliases_length = length;
  channel->aliases_written = false;
}

enum verdict channel_ask(struct channel *channel, const char *text, size_t length, size_t whole) {
  channel->n += 1;
  channel->asked = 0;
  if (channel->hello.interactive && find_marker(channel) && length == whole && may_run_again(channel, text, length)) {
    channel->asked = channel->n;
    return RUN;
  }
  enum verdict verdict = ask_line(channel, text, length, whole);
  /* The daemon ended, or gave the slot up, while it was asked: there may be another one. */
  if (verdict == NO_VERDICT && channel->req < 0) verdict = ask_line(channel, text, length, whole);
  if (verdict != NO_VERDICT) channel->asked = channel->n;
  else if (channel->hung[0] && channel->req >= 0 && !channel->late) channel->late = channel->n;
  if (verdict == NO_VERDICT) forget(channel);
  /* The marker was there before this was asked: a policy that came in between has another one. */
  else if (verdict == RUN && channel->marker[0] && length == whole)
    allowed_add(&channel->allowed, channel->cwd, text, length);
  return verdict;
}

/* Whether the line is one of those that are remembered, and the daemon could be told so without waiting for it. */
static bool may_run_again(struct channel *channel, const char *text, size_t length) {
  if (!aliases_are_told(channel) || !allowed_has(&channel->allowed, channel->cwd, text, length)) return false;
  char extra[EXTRA_BYTES_MAX];
  int unread = 0;
  extra_of(channel, extra);
  if (ioctl(channel->req, FIONREAD, &unread)) return false;
  if ((size_t)unread + length + strlen(channel->cwd) + strlen(extra) + 7 > UNREAD_BYTES_MAX) return false;
  return write_frame(channel, 'A', text, length, extra);
}

/* Whether what is remembered still counts. When it does not, the next marker is the one of the policy that is in force now. */
static bool find_marker(struct channel *channel) {
  if (!channel->ready[0]) return false;
  if (channel->marker[0] && !access(channel->marker, F_OK)) return true;
  forget(channel);
  char line[READY_BYTES_MAX];
  if (!read_ready(channel, line)) return false;
  strcpy(channel->ready, line);
  take_marker(channel);
  return channel->marker[0] != 0;
}

/* The one that `ready` named, if it is there: a link whose target goes with the daemon. */
static void take_marker(struct channel *channel) {
  const char *blank = strchr(channel->ready, ' ');
  if (!blank || !channel->hello.interactive) return;
  int length = snprintf(channel->marker, sizeof channel->marker, "%s/allow/%.*s.%s", channel->dir,
                        (int)(blank - channel->ready), channel->ready, blank + 1);
  if (length < 0 || (size_t)length >= sizeof channel->marker || access(channel->marker, F_OK)) channel->marker[0] = 0;
}

static void forget(struct channel *channel) {
  channel->marker[0] = 0;
  allowed_forget(&channel->allowed);
}

static enum verdict ask_line(struct channel *channel, const char *text, size_t length, size_t whole) {
  if (!reach(channel)) return NO_VERDICT;
  if (!aliases_are_told(channel)) {
    channel->aliases[channel->aliases_length] = 0;
    channel->generation += 1;
    allowed_forget(&channel->allowed);
    channel->aliases_written =
        put_file(channel, "aliases", channel->aliases, channel->aliases_length + 1, channel->aliases_length + 1);
  }
  char extra[EXTRA_BYTES_MAX];
  extra_of(channel, extra);
  return ask(channel, text, length, whole, extra);
}

/* What stands behind the text of a line: its number, that it is plain, and the generation of the aliases. */
static void extra_of(const struct channel *channel, char extra[EXTRA_BYTES_MAX]) {
  if (channel->aliases_written) snprintf(extra, EXTRA_BYTES_MAX, "%ld p %ld", channel->n, channel->generation);
  else snprintf(extra, EXTRA_BYTES_MAX, "%ld p", channel->n);
}

static bool aliases_are_told(const struct channel *channel) {
  return channel->aliases_written || (!channel->aliases_length && !channel->generation);
}

enum verdict channel_ask_canary(struct channel *channel) {
  static const char CANARY[] = "cmdaid-canary";
  if (!reach(channel)) return NO_VERDICT;
  enum verdict verdict = ask(channel, CANARY, sizeof CANARY - 1, sizeof CANARY - 1, "0 c");
  if (verdict == NO_VERDICT && channel->hung[0]) channel->canary_late = true;
  return verdict;
}

void channel_finished(struct channel *channel, const char *statuses, size_t length) {
  if (channel->asked) tell(channel, 'E', statuses, length, channel->asked);
  channel->asked = 0;
}

void channel_reason(struct channel *channel, const char *reason, size_t length) {
  if (channel->asked) tell(channel, 'R', reason, length < REASON_BYTES_MAX ? length : REASON_BYTES_MAX, channel->asked);
}

void channel_unasked(struct channel *channel, const char *text, size_t length) {
  channel->n += 1;
  channel->asked = 0;
  if (reach(channel)) tell(channel, 'U', text, length, channel->n);
}

void channel_canary(struct channel *channel, const char *outcome, size_t length) {
  tell(channel, 'K', outcome, length, 0);
}

void channel_bye(struct channel *channel) {
  tell(channel, 'X', "", 0, channel->n);
}

static size_t read_explanation(const struct channel *channel, char *text, size_t size) {
  char path[PATH_BYTES_MAX];
  if (!slot_path(path, channel, "why")) return 0;
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t count = read(fd, text, size);
  close(fd);
  return count > 0 ? (size_t)count : 0;
}

size_t channel_say(const struct channel *channel, char *say, size_t size) {
  char why[WHY_BYTES_MAX];
  size_t length = read_explanation(channel, why, sizeof why), used = 0;
  for (size_t at = 0; at < length;) {
    const char *line = why + at, *newline = memchr(line, '\n', length - at);
    size_t bytes = newline ? (size_t)(newline - line) : length - at;
    at += bytes + 1;
    static const char PREFIX[] = "cmdaid: ";
    if (bytes >= sizeof PREFIX - 1 && !memcmp(line, PREFIX, sizeof PREFIX - 1)) {
      line += sizeof PREFIX - 1;
      bytes -= sizeof PREFIX - 1;
    }
    if (!bytes || used + bytes + sizeof PREFIX > size) continue;
    memcpy(say + used, PREFIX, sizeof PREFIX - 1);
    memcpy(say + used + sizeof PREFIX - 1, line, bytes);
    used += bytes + sizeof PREFIX;
    say[used - 1] = '\n';
  }
  return used;
}

bool channel_hangs(const struct channel *channel) {
  return channel->hung[0] != 0;
}

bool channel_listen(struct channel *channel) {
  bool taken_over = false;
  if (drain(channel, &taken_over)) channel->hung[0] = 0; /* a byte that nobody waits for: the daemon is back */
  return !taken_over;
}

/* Whether there is a daemon to ask. Nothing but a test of a variable when all is well: `rep` hangs up when it ends. */
static bool reach(struct channel *channel) {
  if (channel->ready[0]) return true;
  char line[READY_BYTES_MAX];
  if (!read_ready(channel, line)) {
    channel->hung[0] = 0;
    return false;
  }
  bool ignored;
  if (!strcmp(line, channel->hung) && open_fifos(channel) && !drain(channel, &ignored) && channel->rep >= 0 &&
      !(channel->full && is_empty(channel)))
    return false;
  if (!join(channel)) return false;
  drain(channel, &ignored);
  if (channel->req < 0) return false;
  strcpy(channel->ready, line);
  take_marker(channel);
  channel->hung[0] = 0;
  channel->full = false;
  if (channel->late) tell(channel, 'U', "", 0, channel->late);
  if (channel->canary_late) tell(channel, 'K', "failed", 6, 0);
  channel->late = 0;
  channel->canary_late = false;
  return channel->ready[0] != 0;
}

/* "<pid> <generation>" of a process that lives, in a directory of this user that is no link. */
static bool read_ready(const struct channel *channel, char line[READY_BYTES_MAX]) {
  struct stat status;
  char path[PATH_BYTES_MAX];
  if (!channel->dir[0] || lstat(channel->dir, &status) || !S_ISDIR(status.st_mode)) return false;
  if (status.st_uid != geteuid() || (status.st_mode & 022)) return false;
  if ((size_t)snprintf(path, sizeof path, "%s/ready", channel->dir) >= sizeof path) return false;
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t count = read(fd, line, READY_BYTES_MAX - 1);
  close(fd);
  if (count <= 0) return false;
  line[count] = 0;
  line[strcspn(line, "\n")] = 0;
  char *end;
  long pid = strtol(line, &end, 10);
  if (pid <= 1 || pid > 0x7fffffff || *end != ' ') return false;
  if (end[1 + strspn(end + 1, "0123456789")] || !end[1]) return false;
  return kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

/* Makes one of the daemon's free slots ours: whoever creates `claimed` has it. */
static bool join(struct channel *channel) {
  if (open_fifos(channel)) return true;
  char folder[PATH_BYTES_MAX], claim[CLAIM_BYTES_MAX];
  channel->slot[0] = 0;
  if ((size_t)snprintf(folder, sizeof folder, "%s/s", channel->dir) >= sizeof folder) return false;
  DIR *slots = opendir(folder);
  if (!slots) return false;
  int length = snprintf(claim, sizeof claim, "%ld\n", (long)channel->hello.pid);
  for (struct dirent *entry; !channel->slot[0] && (entry = readdir(slots));) {
    if (strspn(entry->d_name, "0123456789abcdef") != SLOT_NAME_BYTES || entry->d_name[SLOT_NAME_BYTES]) continue;
    char path[PATH_BYTES_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s/%s/claimed", folder, entry->d_name) >= sizeof path) break;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) continue;
    bool written = write(fd, claim, (size_t)length) == length;
    close(fd);
    path[strlen(path) - strlen("/claimed")] = 0;
    strcpy(channel->slot, path);
    if (!written || !open_fifos(channel)) channel->slot[0] = 0;
  }
  closedir(slots);
  if (!channel->slot[0]) return false;
  channel->aliases_written = false;
  say_hello(channel);
  return true;
}

/* `req` read-write, so that no write raises SIGPIPE; `rep` only to read: with the daemon its last writer is gone, and
   whoever waits learns that at once. What lies in a FIFO is lost once neither side has it open. */
static bool open_fifos(struct channel *channel) {
  if (channel->req >= 0) return true;
  char req[PATH_BYTES_MAX], rep[PATH_BYTES_MAX];
  struct stat status;
  if (!slot_path(req, channel, "req") || !slot_path(rep, channel, "rep")) return false;
  channel->req = open(req, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  channel->rep = open(rep, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
  if (channel->req >= 0 && channel->rep >= 0 && !fstat(channel->req, &status) && S_ISFIFO(status.st_mode) &&
      !fstat(channel->rep, &status) && S_ISFIFO(status.st_mode))
    return true;
  leave(channel);
  return false;
}

static void leave(struct channel *channel) {
  if (channel->req >= 0) close(channel->req);
  if (channel->rep >= 0) close(channel->rep);
  channel->req = channel->rep = -1;
  channel->ready[0] = 0;
  forget(channel);
}

/* The daemon let us wait, or would have: nothing more is sent until it speaks, has read what it was sent, or another one
   serves. */
static void hang(struct channel *channel) {
  if (channel->ready[0]) strcpy(channel->hung, channel->ready);
  channel->ready[0] = 0;
  forget(channel);
}

/* Whether the daemon has read everything. One that could not be asked has nothing to answer: this is all it can show. */
static bool is_empty(const struct channel *channel) {
  int unread = 0;
  return !ioctl(channel->req, FIONREAD, &unread) && unread == 0;
}

/* Takes what lies in the answer FIFO; whether anything did. At its end the daemon is gone. */
static bool drain(struct channel *channel, bool *taken_over) {
  char bytes[256];
  bool found = false;
  *taken_over = false;
  while (channel->rep >= 0) {
    ssize_t count = read(channel->rep, bytes, sizeof bytes);
    if (count > 0) {
      found = true;
      if (memchr(bytes, TAKEN_OVER, (size_t)count)) *taken_over = true;
    } else if (count == 0) {
      leave(channel);
    } else if (errno != EINTR) {
      break;
    }
  }
  return found;
}

static void say_hello(struct channel *channel) {
  char text[HELLO_BYTES_MAX], markers[512] = "", tty[64] = "";
  size_t used = 0;
  for (size_t at = 0; at < sizeof MARKERS / sizeof *MARKERS; at += 1) {
    if (!getenv(MARKERS[at])) continue;
    used += (size_t)snprintf(markers + used, sizeof markers - used, "%s%s", used ? "," : "", MARKERS[at]);
  }
  long parent = 0;
#ifdef __linux__
  /* After the name, which may hold anything, in parentheses: state ppid pgrp session tty. */
  char path[64], stat[1024];
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)channel->hello.pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t count = fd < 0 ? 0 : read(fd, stat, sizeof stat - 1);
  if (fd >= 0) close(fd);
  if (count > 0) {
    stat[count] = 0;
    char *rest = strrchr(stat, ')');
    unsigned device = 0;
    if (rest && sscanf(rest + 1, " %*c %ld %*d %*d %u", &parent, &device) == 2) {
      unsigned major = (device >> 8) & 0xfff, minor = (device & 0xff) | ((device >> 12) & 0xfff00);
      if (major >= 136 && major <= 143) snprintf(tty, sizeof tty, "pts/%u", (major - 136) * 256 + minor);
      else if (major == 4) snprintf(tty, sizeof tty, minor < 64 ? "tty%u" : "ttyS%u", minor < 64 ? minor : minor - 64);
    }
  }
#endif
  int length = snprintf(text, sizeof text,
                        "shell=fish\nversion=%.64s\npid=%ld\nppid=%ld\ntty=%s\ninteractive=%d\nlogin=%d\noptions=\n"
                        "markers=%s\nhook=1",
                        channel->hello.version, (long)channel->hello.pid, parent, tty, channel->hello.interactive,
                        channel->hello.login, markers);
  if (length > 0 && (size_t)length < sizeof text) write_frame(channel, 'H', text, (size_t)length, "0");
}

static void tell(struct channel *channel, char type, const char *text, size_t length, long n) {
  char extra[32];
  if (!channel->ready[0]) return;
  snprintf(extra, sizeof extra, "%ld", n);
  if (write_frame(channel, type, text, length, extra)) return;
  hang(channel);
  channel->full = true;
}

/* One frame; a text that does not fit is cut. False when the FIFO has no room: a daemon that reads nothing. */
static bool write_frame(struct channel *channel, char type, const char *text, size_t length, const char *extra) {
  char frame[INLINE_BYTES_MAX];
  size_t cwd = strlen(channel->cwd), room = sizeof frame - 7 - cwd - strlen(extra);
  if (length > room) length = room;
  char *at = frame;
  *at++ = '1';
  *at++ = type;
  *at++ = (char)('0' + channel->digit);
  *at++ = 0;
  memcpy(at, channel->cwd, cwd + 1);
  at += cwd + 1;
  memcpy(at, text, length);
  at += length;
  *at++ = 0;
  strcpy(at, extra);
  at += strlen(extra) + 1;
  ssize_t written;
  do written = write(channel->req, frame, (size_t)(at - frame));
  while (written < 0 && errno == EINTR);
  return written == at - frame;
}

static enum verdict ask(struct channel *channel, const char *text, size_t length, size_t whole, const char *extra) {
  channel->digit = (channel->digit + 1) % 10;
  bool fits = length == whole && length + strlen(channel->cwd) + strlen(extra) + 7 <= INLINE_BYTES_MAX;
  if (!fits && !put_file(channel, "cmd", text, length, whole)) return NO_VERDICT;
  if (!write_frame(channel, fits ? 'Q' : 'S', text, fits ? length : 0, extra)) {
    hang(channel);
    channel->full = true;
    return NO_VERDICT;
  }
  return listen_for_answer(channel);
}

static long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

/* Reads until the byte that answers this ask. */
static enum verdict listen_for_answer(struct channel *channel) {
  long left = channel->hello.wait_ms * 1000L, end = now_us() + left;
  for (; left > 0; left = end - now_us()) {
    struct pollfd answer = {channel->rep, POLLIN, 0};
    int found = poll(&answer, 1, (int)((left + 999) / 1000));
    if (found == 0) break;
    char bytes[64];
    ssize_t count = read(channel->rep, bytes, sizeof bytes);
    if (count == 0) {
      leave(channel); /* nobody serves the other end any more */
      return NO_VERDICT;
    }
    /* The answer to an earlier ask may lie before ours. */
    for (ssize_t at = 0; at < count; at += 1) {
      if (bytes[at] == 'a' + channel->digit) return RUN;
      if (bytes[at] == 'k' + channel->digit) return WARN;
      if (bytes[at] == 'A' + channel->digit) return REFUSE;
      if (bytes[at] == 'K' + channel->digit) return CONFIRM;
    }
  }
  hang(channel);
  return NO_VERDICT;
}

/* Writes a file of the slot from its start. One that is shorter than what it stands for is as long as that, with a hole. */
static bool put_file(const struct channel *channel, const char *name, const char *bytes, size_t length, size_t whole) {
  char path[PATH_BYTES_MAX];
  if (!slot_path(path, channel, name)) return false;
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (fd < 0) return false;
  size_t done = 0;
  while (done < length) {
    ssize_t written = write(fd, bytes + done, length - done);
    if (written <= 0 && errno != EINTR) break;
    if (written > 0) done += (size_t)written;
  }
  bool fine = done == length && (whole <= length || !ftruncate(fd, (off_t)whole));
  return close(fd) == 0 && fine;
}

static bool slot_path(char path[PATH_BYTES_MAX], const struct channel *channel, const char *name) {
  return channel->slot[0] &&
         (size_t)snprintf(path, PATH_BYTES_MAX, "%s/%s", channel->slot, name) < PATH_BYTES_MAX;
}

/* A shell that has replaced itself has the same process id, and its relay would wait for that for ever. */
static void tell_old_relays(const struct channel *channel) {
  char folder[PATH_BYTES_MAX], line[READY_BYTES_MAX], path[PATH_BYTES_MAX], claim[CLAIM_BYTES_MAX];
  if (!read_ready(channel, line)) return;
  if ((size_t)snprintf(folder, sizeof folder, "%s/s", channel->dir) >= sizeof folder) return;
  DIR *slots = opendir(folder);
  if (!slots) return;
  for (struct dirent *entry; (entry = readdir(slots));) {
    if (strspn(entry->d_name, "0123456789abcdef") != SLOT_NAME_BYTES || entry->d_name[SLOT_NAME_BYTES]) continue;
    if ((size_t)snprintf(path, sizeof path, "%s/%s/claimed", folder, entry->d_name) >= sizeof path) break;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) continue;
    ssize_t count = read(fd, claim, sizeof claim - 1);
    close(fd);
    if (count <= 0) continue;
    claim[count] = 0;
    if (strtol(claim, NULL, 10) != channel->hello.pid) continue;
    strcpy(path + strlen(path) - strlen("claimed"), "rep");
    fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat status;
    if (fstat(fd, &status) || !S_ISFIFO(status.st_mode) || write(fd, &TAKEN_OVER, 1) != 1) errno = 0;
    close(fd);
  }
  closedir(slots);
}
