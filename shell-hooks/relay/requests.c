/* See requests.h. */

#include "requests.h"

#include <stdlib.h>

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
  char kind = requests->bytes[0];
  int before = kind == 'L' ? 3 : 2;
  requests->fields += 1;
  if (requests->fields <= before) {
    requests->ends[requests->fields - 1] = requests->kept - 1;
    return false;
  }
  if (kind == 'A') {
    bool ended = empty && requests->alias_fields == 0;
    requests->alias_fields = (requests->alias_fields + 1) % 3;
    if (!ended) return false;
  }
  size_t *ends = requests->ends, text = ends[before - 1] + 1;
  size_t whole = requests->whole - text - 1;
  /* What is over the bound was counted and not kept; the NUL at the end, and the newline of `L`, are no part of the text. */
  if (kind == 'L' && whole) whole -= 1;
  size_t room = requests->kept > text ? requests->kept - text : 0;
  *request = (struct request){
      .kind = kind,
      .turn = ends[0] > 1 ? requests->bytes[1] : '0',
      .cwd = requests->bytes + ends[0] + 1,
      .cwd_length = ends[1] - ends[0] - 1,
      .abbreviations = kind == 'L' && ends[2] > ends[1] + 1,
      .text = requests->bytes + text,
      .text_length = room < whole ? room : whole,
      .text_whole = whole,
  };
  char *bytes = requests->bytes;
  *requests = (struct requests){.bytes = bytes, .empty = true};
  return true;
}
