// Archives by libarchive. Two layers for tar: a source that unpacks (zlib for gzip, libarchive's raw format for
// bzip2 and xz) feeds the tar reader, so that the source can be read to its end, where its check sums are.
#define _GNU_SOURCE
#include "carchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 1 << 16 };

struct ca_archive {
  int file;
  int64_t consumed;
  ca_format format;
  struct archive *reader;  // tar or zip; null for a single gzip file
  struct archive *raw;     // bzip2 or xz
  int is_gzip, is_inflating, has_ended, was_given;
  z_stream stream;
  ca_status status;
  int code;
  char message[256];
  // Names are UTF-8 whatever the user's locale; in the C locale libarchive would replace what is not ASCII.
  locale_t locale;
  uint8_t input[CHUNK];
  uint8_t output[CHUNK];
};

static ca_status fail(ca_archive *self, ca_status status, int code, const char *message) {
  if (self->status == CA_OK) {
    self->status = status;
    self->code = code;
    snprintf(self->message, sizeof self->message, "%s", message ? message : "no reason given");
  }
  return self->status;
}

static ca_status fail_as(ca_archive *self, struct archive *reader) {
  int code = archive_errno(reader);
  return fail(self, code == ENOMEM ? CA_NO_MEMORY : CA_DAMAGED, 0, archive_error_string(reader));
}

/// Bytes of the file; -1 after a failure, which is noted.
static ssize_t pull_stored(ca_archive *self, uint8_t *buffer, size_t capacity) {
  for (;;) {
    ssize_t count = read(self->file, buffer, capacity);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(self, CA_UNREADABLE, errno, strerror(errno));
    if (count > 0) self->consumed += count;
    return count;
  }
}

/// At the end of a member: 1 if another follows, 0 at the end of the file, -1 if something else does.
static int next_member(ca_archive *self) {
  // The two bytes that mark a member may lie on both sides of a refill.
  if (self->stream.avail_in < 2) {
    memmove(self->input, self->stream.next_in, self->stream.avail_in);
    self->stream.next_in = self->input;
    while (self->stream.avail_in < 2) {
      ssize_t more = pull_stored(self, self->input + self->stream.avail_in, CHUNK - self->stream.avail_in);
      if (more < 0) return -1;
      if (more == 0) break;
      self->stream.avail_in += (uInt)more;
    }
  }
  if (self->stream.avail_in >= 2 && self->stream.next_in[0] == 0x1f && self->stream.next_in[1] == 0x8b) return 1;
  for (;;) {  // Tapes pad with nulls.
    for (uInt i = 0; i < self->stream.avail_in; i++) {
      if (self->stream.next_in[i] != 0) {
        fail(self, CA_DAMAGED, 0, "other data after the gzip data");
        return -1;
      }
    }
    ssize_t more = pull_stored(self, self->input, CHUNK);
    if (more <= 0) return (int)more;
    self->stream.next_in = self->input;
    self->stream.avail_in = (uInt)more;
  }
}

static ssize_t pull_gzip(ca_archive *self, uint8_t *buffer, size_t capacity) {
  if (self->has_ended) return 0;
  self->stream.next_out = buffer;
  self->stream.avail_out = (uInt)capacity;
  while (self->stream.avail_out == capacity) {
    if (self->stream.avail_in == 0) {
      ssize_t more = pull_stored(self, self->input, CHUNK);
      if (more < 0) return -1;
      if (more == 0) {
        fail(self, CA_DAMAGED, 0, "the file ends inside the gzip data");
        return -1;
      }
      self->stream.next_in = self->input;
      self->stream.avail_in = (uInt)more;
    }
    int code = inflate(&self->stream, Z_NO_FLUSH);
    if (code == Z_STREAM_END) {
      int more = next_member(self);
      if (more < 0) return -1;
      if (more == 0) {
        self->has_ended = 1;
        break;
      }
      inflateReset(&self->stream);
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      fail(self, code == Z_MEM_ERROR ? CA_NO_MEMORY : CA_DAMAGED, 0,
           self->stream.msg ? self->stream.msg : "damaged gzip data");
      return -1;
    }
  }
  return (ssize_t)(capacity - self->stream.avail_out);
}

/// Unpacked bytes; 0 at the end, -1 after a failure, which is noted.
static ssize_t pull(ca_archive *self, uint8_t *buffer, size_t capacity) {
  if (self->status != CA_OK) return -1;
  if (self->is_gzip) return pull_gzip(self, buffer, capacity);
  if (self->raw == NULL) return pull_stored(self, buffer, capacity);
  ssize_t count = archive_read_data(self->raw, buffer, capacity);
  if (count < 0) {
    fail_as(self, self->raw);
    return -1;
  }
  return count;
}

static la_ssize_t give_unpacked(struct archive *reader, void *client, const void **bytes) {
  ca_archive *self = client;
  ssize_t count = pull(self, self->output, CHUNK);
  *bytes = self->output;
  if (count >= 0) return count;
  archive_set_error(reader, EIO, "%s", self->message);
  return ARCHIVE_FATAL;
}

static la_ssize_t give_stored(struct archive *reader, void *client, const void **bytes) {
  ca_archive *self = client;
  ssize_t count = pull_stored(self, self->input, CHUNK);
  *bytes = self->input;
  if (count >= 0) return count;
  archive_set_error(reader, EIO, "%s", self->message);
  return ARCHIVE_FATAL;
}

static ca_status open_tar(ca_archive *self) {
  uint8_t magic[10] = {0};
  ssize_t count = pread(self->file, magic, sizeof magic, 0);
  if (count < 0) return fail(self, CA_UNREADABLE, errno, strerror(errno));
  self->is_gzip = magic[0] == 0x1f && magic[1] == 0x8b;
  // The bits of pi open a block of bzip2, those of its square root end a file without blocks.
  int is_bzip2 = memcmp(magic, "BZh", 3) == 0 &&
                 (memcmp(magic + 4, "1AY&SY", 6) == 0 || memcmp(magic + 4, "\x17rE8P\x90", 6) == 0);
  if (is_bzip2 || memcmp(magic, "\xfd" "7zXZ\0", 6) == 0) {
    self->raw = archive_read_new();
    if (self->raw == NULL) return fail(self, CA_NO_MEMORY, 0, "no memory");
    struct archive_entry *entry;
    if (archive_read_support_filter_bzip2(self->raw) != ARCHIVE_OK ||
        archive_read_support_filter_xz(self->raw) != ARCHIVE_OK ||
        archive_read_support_format_raw(self->raw) != ARCHIVE_OK ||
        archive_read_open(self->raw, self, NULL, give_stored, NULL) != ARCHIVE_OK ||
        archive_read_next_header(self->raw, &entry) != ARCHIVE_OK) {
      return fail_as(self, self->raw);
    }
  }
  if (archive_read_support_format_tar(self->reader) != ARCHIVE_OK ||
      archive_read_open(self->reader, self, NULL, give_unpacked, NULL) != ARCHIVE_OK) {
    return fail_as(self, self->reader);
  }
  return CA_OK;
}

static ca_status open_archive(ca_archive *self, const char *path) {
  self->file = open(path, O_RDONLY | O_CLOEXEC);
  if (self->file < 0) return fail(self, CA_UNREADABLE, errno, strerror(errno));
  if (inflateInit2(&self->stream, 15 + 16) != Z_OK) return fail(self, CA_NO_MEMORY, 0, "no memory");
  self->is_inflating = 1;
  if (self->format == CA_GZIP) {
    self->is_gzip = 1;
    return CA_OK;
  }
  self->reader = archive_read_new();
  if (self->reader == NULL) return fail(self, CA_NO_MEMORY, 0, "no memory");
  if (self->format == CA_TAR) return open_tar(self);
  if (archive_read_support_format_zip_seekable(self->reader) != ARCHIVE_OK ||
      archive_read_open_fd(self->reader, self->file, CHUNK) != ARCHIVE_OK) {
    return fail_as(self, self->reader);
  }
  return CA_OK;
}

ca_status ca_open(const char *path, ca_format format, ca_archive **archive) {
  ca_archive *self = *archive = calloc(1, sizeof(ca_archive));
  if (self == NULL) return CA_NO_MEMORY;
  self->file = -1;
  self->format = format;
  self->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  locale_t before = self->locale ? uselocale(self->locale) : (locale_t)0;
  ca_status status = open_archive(self, path);
  if (self->locale) uselocale(before);
  return status;
}

static const char *either(const char *first, const char *second) {
  if (first != NULL && first[0] != 0) return first;
  return second != NULL ? second : "";
}

static ca_status next(ca_archive *self, ca_entry *result) {
  struct archive_entry *entry;
  int code = archive_read_next_header(self->reader, &entry);
  if (self->status != CA_OK) return self->status;
  if (code == ARCHIVE_EOF) return CA_END;
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return fail_as(self, self->reader);
  const char *why = archive_error_string(self->reader);
  // Other warnings concern times, owners and the like, which are not used.
  if (code == ARCHIVE_WARN && why != NULL && (strncmp(why, "Pathname", 8) == 0 || strncmp(why, "Linkname", 8) == 0)) {
    return fail(self, CA_DAMAGED, 0, why);
  }
  if (archive_entry_is_encrypted(entry)) return fail(self, CA_DAMAGED, 0, "encrypted data");
  result->name = either(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
  result->size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : -1;
  const char *hard = either(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry));
  if (hard[0] != 0) {
    result->kind = CA_HARD_LINK;
    result->target = hard;
    return CA_OK;
  }
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG: result->kind = CA_FILE; break;
    case AE_IFDIR: result->kind = CA_FOLDER; break;
    case AE_IFLNK:
      result->kind = CA_SYMBOLIC_LINK;
      result->target = either(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
      break;
    default: result->kind = CA_OTHER;
  }
  return CA_OK;
}

ca_entry ca_entry_none(void) { return (ca_entry){"", "", CA_FILE, -1}; }

ca_status ca_next(ca_archive *self, ca_entry *entry) {
  *entry = ca_entry_none();
  if (self->status != CA_OK) return self->status;
  if (self->reader == NULL) {
    if (self->was_given) return CA_END;
    self->was_given = 1;
    return CA_OK;
  }
  locale_t before = self->locale ? uselocale(self->locale) : (locale_t)0;
  ca_status status = next(self, entry);
  if (self->locale) uselocale(before);
  return status;
}

ca_status ca_read(ca_archive *self, void *buffer, size_t capacity, size_t *count) {
  if (self->reader == NULL) return ca_rest(self, buffer, capacity, count);
  *count = 0;
  if (self->status != CA_OK) return self->status;
  la_ssize_t got = archive_read_data(self->reader, buffer, capacity);
  if (self->status != CA_OK) return self->status;
  if (got < 0) return fail_as(self, self->reader);
  *count = (size_t)got;
  return got == 0 ? CA_END : CA_OK;
}

ca_status ca_rest(ca_archive *self, void *buffer, size_t capacity, size_t *count) {
  *count = 0;
  if (self->status != CA_OK) return self->status;
  if (self->format == CA_ZIP) return CA_END;
  ssize_t got = pull(self, buffer, capacity);
  if (got < 0) return self->status;
  *count = (size_t)got;
  return got == 0 ? CA_END : CA_OK;
}

int64_t ca_consumed(const ca_archive *self) {
  if (self->format != CA_ZIP) return self->consumed;
  return self->reader == NULL ? 0 : archive_filter_bytes(self->reader, -1);
}

const char *ca_message(const ca_archive *self) { return self->message; }

int ca_errno(const ca_archive *self) { return self->code; }

int ca_sync(int descriptor) {
#ifdef __linux__
  return syncfs(descriptor) == 0 ? 0 : errno;
#else
  (void)descriptor;
  sync();
  return 0;
#endif
}

void ca_close(ca_archive *self) {
  if (self == NULL) return;
  if (self->reader != NULL) archive_read_free(self->reader);
  if (self->raw != NULL) archive_read_free(self->raw);
  if (self->is_inflating) inflateEnd(&self->stream);
  if (self->file >= 0) close(self->file);
  if (self->locale) freelocale(self->locale);
  free(self);
}
