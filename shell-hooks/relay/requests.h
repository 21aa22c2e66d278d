/* The shell's side of the relay: what the hook writes, cut into requests. */

#ifndef CMDAID_REQUESTS_H
#define CMDAID_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>

enum {
  /* COMMAND_BYTES_MAX of src/core/limits.ts and one more, so that what was cut is seen to be. Beyond: counted, not kept. */
  TEXT_BYTES_MAX = 1048577,
  REQUEST_BYTES_MAX = TEXT_BYTES_MAX + 8192,
};

/* A request is a field that names it, the working directory and a text, each ended by NUL. Two are different: the text of
   `A` is a list of fields that ends with an empty one in the place of a kind (records of docs/format/hook.md); `L` has the
   names of abbreviations before its own in the first field, a line each, and a newline at the end of the text. */
struct request {
  char kind;         /* L look and ask, Q ask, C canary, P begun, E finished, R reason, K canary's outcome, A aliases, X bye */
  char turn;         /* `0` or `1`, by turns: an answer says which ask it is for */
  const char *cwd;
  size_t cwd_length;
  bool abbreviations; /* there are some */
  const char *text;
  size_t text_length;
  size_t text_whole; /* with the bytes that were not kept */
};

struct requests {
  char *bytes; /* REQUEST_BYTES_MAX of the request that has begun */
  size_t kept, whole;
  size_t ends[2]; /* of the fields before the text */
  char kind;      /* once the first field has ended */
  int fields;
  int alias_fields; /* of the record that has begun */
  bool empty;       /* the field that has begun is */
};

bool requests_start(struct requests *requests);

/* Takes one byte; true when it ends a request, which is valid until the next byte. */
bool requests_take(struct requests *requests, char byte, struct request *request);

#endif
