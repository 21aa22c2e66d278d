/* The relay of a shell that runs a `-c` string and has nobody at it. */

#ifndef CMDAID_ONCE_H
#define CMDAID_ONCE_H

#include "channel.h"

enum { REFUSED = 126 };

/* Asks about the string that the process was started with. REFUSED, with the explanation on standard error, when it may not
   run; 0 in every other case. */
int once(const struct hello *hello);

#endif
