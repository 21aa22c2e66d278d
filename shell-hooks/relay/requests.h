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

/* A request is a field that names it and two more, each ended by NUL: kind, working directory, text. The text of `A` is
   a list of fields that ends with an empty one in the place of a kind: records of docs/format/hook.md. */
struct request {
  char kind;     /* Q ask, C canary, E finished, R reason, U unasked, K canary's outcome, A aliases, X bye */
  char turn;     /* `0` or `1`, by turns: an answer says which ask it is for */
  const char *cwd;
  size_t cwd_length;
  const char *text;
  size_t text_length;
  size_t text_whole; /* with the bytes that were not kept */
};

struct requests {
  char *bytes; /* REQUEST_BYTES_MAX of the request that has begun */
  size_t kept, whole;
  size_t ends[2]; /* of the first two fields */
  int fields;
  int alias_fields; /* of the record that has begun */
  bool empty;       /* the field that has begun is */
};

bool requests_start(struct requests *requests);

/* Takes one byte; true when it ends a request, which is valid until the next byte. */
bool requests_take(struct requests *requests, char byte, struct request *request);

#endif
