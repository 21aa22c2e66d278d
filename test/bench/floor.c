/*
 * The floor under every figure: how long one byte takes to another process and back through a pair of FIFOs, with nothing
 * in between. usage: floor DIRECTORY ROUNDS GAP_US; prints one round trip per line, in nanoseconds.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int main(int argc, char **argv) {
  char there[4096], back[4096], byte = 'a';
  if (argc != 4) return 2;
  int rounds = atoi(argv[2]);
  useconds_t gap = (useconds_t)atoi(argv[3]);
  snprintf(there, sizeof there, "%s/there", argv[1]);
  snprintf(back, sizeof back, "%s/back", argv[1]);
  if (mkfifo(there, 0600) || mkfifo(back, 0600)) return 1;
  int out = open(there, O_RDWR), in = open(back, O_RDWR);
  if (out < 0 || in < 0) return 1;
  pid_t echo = fork();
  if (echo < 0) return 1;
  if (echo == 0) {
    while (read(out, &byte, 1) == 1 && write(in, &byte, 1) == 1) {}
    _exit(0);
  }
  for (int i = 0; i < rounds; i++) {
    if (gap) usleep(gap);
    long long start = now();
    if (write(out, &byte, 1) != 1 || read(in, &byte, 1) != 1) return 1;
    printf("%lld\n", now() - start);
  }
  kill(echo, SIGTERM);
  waitpid(echo, NULL, 0);
  unlink(there);
  unlink(back);
  return 0;
}
