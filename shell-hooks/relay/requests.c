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
  requests->fields += 1;
  if (requests->fields <= 2) {
    requests->ends[requests->fields - 1] = requests->kept - 1;
    return false;
  }
  bool ended = kind != 'A';
  if (!ended) {
    ended = empty && requests->alias_fields == 0;
    requests->alias_fields = (requests->alias_fields + 1) % 3;
  }
  if (!ended) return false;
  size_t text = requests->ends[1] + 1;
  *request = (struct request){
      .kind = kind,
      .turn = requests->ends[0] > 1 ? requests->bytes[1] : '0',
      .cwd = requests->bytes + requests->ends[0] + 1,
      .cwd_length = requests->ends[1] - requests->ends[0] - 1,
      .text = requests->bytes + text,
      .text_length = requests->kept > text ? requests->kept - text - (requests->kept == requests->whole) : 0,
      .text_whole = requests->whole - text - 1,
  };
  char *bytes = requests->bytes;
  *requests = (struct requests){.bytes = bytes, .empty = true};
  return true;
}
