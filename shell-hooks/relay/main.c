/* The relay: a shell that cannot wait with a bound asks the daemon through it. fish has no `read` with a time limit, keeps
   no descriptor, and can test no process; what it can do is to write to a path and to read one byte from another.

     cmdaid-relay serve 1 PID VERSION LOGIN WAIT   one process for each session, which ends with the shell
     cmdaid-relay once 1 PID VERSION LOGIN WAIT    asks for a shell that has nobody at it
     cmdaid-relay refuse                           ends with the status of a string that may not run

   The first number is the version of what the hook and the relay say to each other, WAIT is in milliseconds. */

#include <stdlib.h>
#include <string.h>

#include "channel.h"
#include "once.h"
#include "serve.h"

#ifdef CMDAID_SOURCES
/* By which ../build knows what this was made of. */
__attribute__((used)) static const char SOURCES[] = CMDAID_SOURCES;
#endif

enum { WRONG_USE = 2 };

int main(int count, char **arguments) {
  if (count == 2 && !strcmp(arguments[1], "refuse")) return REFUSED;
  if (count != 7 || strcmp(arguments[2], "1")) return WRONG_USE;
  struct hello hello = {
      .pid = (pid_t)atol(arguments[3]),
      .version = arguments[4],
      .interactive = !strcmp(arguments[1], "serve"),
      .login = !strcmp(arguments[5], "1"),
      .wait_ms = atoi(arguments[6]),
  };
  if (hello.pid <= 1 || hello.wait_ms < 1 || hello.wait_ms > WAIT_MS_MAX) return WRONG_USE;
  if (hello.interactive) return serve(&hello);
  return strcmp(arguments[1], "once") ? WRONG_USE : once(&hello);
}
