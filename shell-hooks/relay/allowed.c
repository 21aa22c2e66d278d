/* See allowed.h. A hash only says where not to look: what is found is the same directory and text, byte by byte. */

#include "allowed.h"

#include <string.h>

static bool key_of(struct allowed_line *key, const char *cwd, const char *text, size_t length);
static uint32_t hash_on(uint32_t hash, const char *bytes, size_t length);

bool allowed_has(const struct allowed *allowed, const char *cwd, const char *text, size_t length) {
  struct allowed_line key;
  if (!allowed->count || !key_of(&key, cwd, text, length)) return false;
  for (int at = 0; at < allowed->count; at += 1) {
    const struct allowed_line *line = &allowed->lines[at];
    if (line->hash != key.hash || line->cwd_length != key.cwd_length || line->text_length != key.text_length) continue;
    const char *bytes = allowed->bytes + line->at;
    if (!memcmp(bytes, cwd, line->cwd_length) && !memcmp(bytes + line->cwd_length, text, length)) return true;
  }
  return false;
}

void allowed_add(struct allowed *allowed, const char *cwd, const char *text, size_t length) {
  struct allowed_line line;
  if (!key_of(&line, cwd, text, length) || allowed_has(allowed, cwd, text, length)) return;
  if (allowed->count == ALLOWED_LINES_MAX) allowed_forget(allowed);
  line.at = (uint32_t)allowed->used;
  memcpy(allowed->bytes + allowed->used, cwd, line.cwd_length);
  memcpy(allowed->bytes + allowed->used + line.cwd_length, text, length);
  allowed->used += line.cwd_length + length;
  allowed->lines[allowed->count++] = line;
}

void allowed_forget(struct allowed *allowed) {
  allowed->count = 0;
  allowed->used = 0;
}

/* False when the two together are too long. */
static bool key_of(struct allowed_line *key, const char *cwd, const char *text, size_t length) {
  size_t cwd_length = strlen(cwd);
  if (cwd_length > ALLOWED_BYTES_MAX || length > ALLOWED_BYTES_MAX - cwd_length) return false;
  *key = (struct allowed_line){
      .hash = hash_on(hash_on(2166136261u, cwd, cwd_length), text, length),
      .cwd_length = (uint16_t)cwd_length,
      .text_length = (uint16_t)length,
  };
  return true;
}

/* FNV-1a. */
static uint32_t hash_on(uint32_t hash, const char *bytes, size_t length) {
  for (size_t at = 0; at < length; at += 1) hash = (hash ^ (unsigned char)bytes[at]) * 16777619u;
  return hash;
}
