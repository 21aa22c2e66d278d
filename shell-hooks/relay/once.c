/* See once.h. */

#include "once.h"

int once(const struct hello *hello) {
  (void)hello;
  return 0;
}
