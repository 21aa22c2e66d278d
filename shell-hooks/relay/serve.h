/* The relay of an interactive shell. */

#ifndef CMDAID_SERVE_H
#define CMDAID_SERVE_H

#include "channel.h"

/* Prints the paths that the hook writes to, reads answers from and reads what there is to say from, one a line, and
   returns; what they lead to is served by a process of its own until the shell ends. */
int serve(const struct hello *hello);

#endif
