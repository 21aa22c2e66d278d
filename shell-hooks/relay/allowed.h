/* Lines that need not be waited for: what was answered with "run it", and in which directory (docs/format/hook.md, "The allow
   cache"). Whoever fills it says when it counts no longer. */

#ifndef CMDAID_ALLOWED_H
#define CMDAID_ALLOWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  ALLOWED_LINES_MAX = 256, /* ALLOW_CACHE_LINES_MAX of src/core/limits.ts */
  ALLOWED_BYTES_MAX = 900, /* ALLOW_CACHE_LENGTH_MAX: a line and its directory */
};

struct allowed_line {
  uint32_t hash;
  uint32_t at; /* of the directory in `bytes`, behind which the text stands */
  uint16_t cwd_length, text_length;
};

struct allowed {
  int count;
  struct allowed_line lines[ALLOWED_LINES_MAX];
  size_t used;
  char bytes[ALLOWED_LINES_MAX * ALLOWED_BYTES_MAX]; /* memory that is not written to costs nothing */
};

bool allowed_has(const struct allowed *allowed, const char *cwd, const char *text, size_t length);

/* One that is too long is not kept; one too many takes the place of all others. */
void allowed_add(struct allowed *allowed, const char *cwd, const char *text, size_t length);

void allowed_forget(struct allowed *allowed);

#endif
