/*
 * A shell without the shell: claims a free slot of the daemon and asks about one line after the other, read from standard
 * input. usage: ask RUNTIME_DIRECTORY GAP_US <LINES; prints one round trip per line, in nanoseconds.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int claim(const char *runtime, char *slot, size_t size) {
  char path[4096];
  snprintf(path, sizeof path, "%s/s", runtime);
  DIR *slots = opendir(path);
  for (struct dirent *entry; slots && (entry = readdir(slots));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(slot, size, "%s/s/%s", runtime, entry->d_name);
    snprintf(path, sizeof path, "%s/claimed", slot);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (file < 0) continue;
    dprintf(file, "%d\n", getpid());
    close(file);
    return 0;
  }
  return 1;
}

int main(int argc, char **argv) {
  char slot[4096], path[8192], frame[65536], line[32768], answer;
  if (argc != 3 || claim(argv[1], slot, sizeof slot)) return 1;
  useconds_t gap = (useconds_t)atoi(argv[2]);
  snprintf(path, sizeof path, "%s/req", slot);
  int request = open(path, O_RDWR);
  snprintf(path, sizeof path, "%s/rep", slot);
  int reply = open(path, O_RDWR);
  if (request < 0 || reply < 0) return 1;
  int length = snprintf(frame, sizeof frame, "1H0%c/tmp%cshell=bash\nversion=5.2.15\npid=%d\nppid=%d\ninteractive=1\n%c0", 0, 0, getpid(), getppid(), 0); // NOLINT
  if (write(request, frame, (size_t)length + 1) < 0) return 1;
  usleep(200000);
  for (int n = 1; fgets(line, sizeof line, stdin); n++) {
    line[strcspn(line, "\n")] = 0;
    length = snprintf(frame, sizeof frame, "1Q%d%c/home/user/src%c%s%c%d p", n % 10, 0, 0, line, 0, n);
    if (gap) usleep(gap);
    long long start = now();
    if (write(request, frame, (size_t)length + 1) < 0 || read(reply, &answer, 1) != 1) return 1;
    printf("%lld\n", now() - start);
    length = snprintf(frame, sizeof frame, "1E%d%c/home/user/src%c0%c%d", n % 10, 0, 0, 0, n);
    if (write(request, frame, (size_t)length + 1) < 0) return 1;
  }
  return 0;
}
