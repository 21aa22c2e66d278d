/* See requests.h. */

#include "requests.h"

#include <stdlib.h>

/* What names a request is the first byte of the first field, or of its last line, which has two. */
static char kind_at(const struct requests *requests) {
  size_t end = requests->kept - 1;
  return end > 2 && requests->bytes[end - 3] == '\n' ? requests->bytes[end - 2] : requests->bytes[0];
}

bool requests_start(struct requests *requests) {
  *requests = (struct requests){.empty = true};
  requests->bytes = malloc(REQUEST_BYTES_MAX); /* memory that is not written to costs nothing */
  return requests->bytes;
}

bool requests_take(struct requests *requests, char byte, struct request *request) {
  if (requests->kept < REQUEST_BYTES_MAX) requests->bytes[requests->kept++] = byte;
  requests->whole += 1;
  bool empty = requests->empty;
  requests->empty = byte == 0;
  if (byte) return false;
  requests->fields += 1;
  if (requests->fields == 1) requests->kind = kind_at(requests);
  if (requests->fields <= 2) {
    requests->ends[requests->fields - 1] = requests->kept - 1;
    return false;
  }
  char kind = requests->kind;
  if (kind == 'A') {
    bool ended = empty && requests->alias_fields == 0;
    requests->alias_fields = (requests->alias_fields + 1) % 3;
    if (!ended) return false;
  }
  size_t *ends = requests->ends, text = ends[1] + 1;
  size_t whole = requests->whole - text - 1;
  /* What is over the bound was counted and not kept; the NUL at the end, and the newline of `L`, are no part of the text. */
  if (kind == 'L' && whole) whole -= 1;
  size_t room = requests->kept > text ? requests->kept - text : 0;
  if (room > TEXT_BYTES_MAX) room = TEXT_BYTES_MAX;
  *request = (struct request){
      .kind = kind,
      .turn = requests->bytes[ends[0] - (ends[0] > 0)],
      .cwd = requests->bytes + ends[0] + 1,
      .cwd_length = ends[1] > ends[0] ? ends[1] - ends[0] - 1 : 0,
      .abbreviations = kind == 'L' && ends[0] > 2,
      .text = requests->bytes + text,
      .text_length = room < whole ? room : whole,
      .text_whole = whole,
  };
  char *bytes = requests->bytes;
  *requests = (struct requests){.bytes = bytes, .empty = true};
  return true;
}
