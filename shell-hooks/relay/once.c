/* See once.h. The string is taken from what the kernel says the shell was started with: nothing that the shell could have
   changed since, and no part of it passes through another parser. Linux alone tells that. */

#include "once.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum {
  STARTED_WITH_BYTES_MAX = 4194304, /* more than the kernel lets a process be started with */
  ARGUMENTS_MAX = 65536,
};

enum mode { OFF, OBSERVE, ENFORCE };

static enum mode read_mode(const char *dir);
static char *read_started_with(pid_t pid, size_t *length);
static char *commands_of(char *started_with, size_t length);
static void explain(const struct channel *channel);

int once(const struct hello *hello) {
  static struct channel channel;
  channel_start(&channel, hello);
  enum mode mode = read_mode(channel.dir);
  if (mode == OFF) return 0;
  size_t length = 0;
  char *started_with = read_started_with(hello->pid, &length);
  char *commands = started_with ? commands_of(started_with, length) : NULL;
  if (!commands || !*commands) return 0;
  size_t whole = strlen(commands);
  enum verdict verdict = channel_ask(&channel, commands, whole, whole);
  bool refused = mode == ENFORCE && (verdict == REFUSE || verdict == CONFIRM);
  if (refused) explain(&channel);
  channel_bye(&channel);
  return refused ? REFUSED : 0;
}

/* The policy's word for shells without a person: one line, written by the daemon. */
static enum mode read_mode(const char *dir) {
  char path[PATH_BYTES_MAX + 16], word[16] = "";
  snprintf(path, sizeof path, "%s/noninteractive", dir);
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return OFF;
  ssize_t count = read(fd, word, sizeof word - 1);
  close(fd);
  if (count <= 0) return OFF;
  word[strcspn(word, "\n")] = 0;
  return !strcmp(word, "enforce") ? ENFORCE : !strcmp(word, "observe") ? OBSERVE : OFF;
}

static char *read_started_with(pid_t pid, size_t *length) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return NULL;
  char *bytes = malloc(STARTED_WITH_BYTES_MAX);
  while (bytes && *length < STARTED_WITH_BYTES_MAX - 1) {
    ssize_t count = read(fd, bytes + *length, STARTED_WITH_BYTES_MAX - 1 - *length);
    if (count <= 0) break;
    *length += (size_t)count;
  }
  close(fd);
  if (bytes) bytes[*length] = 0;
  return bytes;
}

/* What `-c` and `-C` name, one a line, as fish itself reads its options. One that was started through a loader of its own has
   its name further on. */
static char *commands_of(char *started_with, size_t length) {
  char **arguments = calloc(ARGUMENTS_MAX, sizeof *arguments);
  char *commands = malloc(length + 2);
  if (!arguments || !commands) return NULL;
  int count = 0, first = 0;
  for (size_t at = 0; at < length && count < ARGUMENTS_MAX - 1; at += strlen(started_with + at) + 1)
    arguments[count++] = started_with + at;
  if (count > 3 && !strcmp(arguments[1], "--library-path")) first = 3;
  static const struct option LONG[] = {
      {"command", required_argument, NULL, 'c'},      {"init-command", required_argument, NULL, 'C'},
      {"features", required_argument, NULL, 'f'},     {"debug", required_argument, NULL, 'd'},
      {"debug-output", required_argument, NULL, 'o'}, {"debug-stack-frames", required_argument, NULL, 'D'},
      {"profile", required_argument, NULL, 'p'},      {"profile-startup", required_argument, NULL, 'p'},
      {"interactive", no_argument, NULL, 'i'},        {"login", no_argument, NULL, 'l'},
      {"no-config", no_argument, NULL, 'N'},          {"no-execute", no_argument, NULL, 'n'},
      {"print-rusage-self", no_argument, NULL, 'r'},  {"print-debug-categories", no_argument, NULL, 'r'},
      {"private", no_argument, NULL, 'P'},            {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, 'v'},            {NULL, 0, NULL, 0},
  };
  opterr = 0;
  size_t used = 0;
  bool found = false;
  for (int option; (option = getopt_long(count - first, arguments + first, "+hPilNnvc:C:p:d:f:D:o:", LONG, NULL)) != -1;) {
    if (option != 'c' && option != 'C') continue;
    found = found || option == 'c';
    if (used) commands[used++] = '\n';
    strcpy(commands + used, optarg);
    used += strlen(optarg);
  }
  commands[used] = 0;
  free(arguments);
  return found ? commands : NULL;
}

static void explain(const struct channel *channel) {
  char say[SAY_BYTES_MAX];
  size_t length = channel_say(channel, say, sizeof say);
  if (write(STDERR_FILENO, say, length) < 0) return;
}
