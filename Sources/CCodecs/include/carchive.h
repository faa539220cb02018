// Reading tar (plain, gzip, bzip2, xz), zip and single gzip files entry by entry, by libarchive 3 and zlib behind
// plain C functions: errors are returned, nothing is written to disk, and every check sum of the packing is
// verified to the file's end (libarchive itself leaves gzip's unread).
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a call came to.
typedef enum ca_status {
  CA_OK = 0,
  CA_END,         ///< No further entry, or no further data.
  CA_NO_MEMORY,   ///< An allocation failed.
  CA_UNREADABLE,  ///< The system refused to open or read the file; `ca_errno` says why.
  CA_DAMAGED      ///< Not such an archive, or damaged; `ca_message` says how.
} ca_status;

/// What kind of file is to be read.
typedef enum ca_format {
  CA_TAR = 0,  ///< tar, plain or packed by gzip, bzip2 or xz, known by its first bytes.
  CA_ZIP,      ///< zip, by its central directory.
  CA_GZIP      ///< One file packed by gzip; its entry has an empty name.
} ca_format;

/// What an entry is.
typedef enum ca_kind {
  CA_FILE = 0,
  CA_FOLDER,
  CA_SYMBOLIC_LINK,
  CA_HARD_LINK,
  CA_OTHER  ///< A device, a pipe, a socket.
} ca_kind;

/// An entry; the texts live until the next call.
typedef struct ca_entry {
  const char *_Nonnull name;
  const char *_Nonnull target;  ///< Of a link; empty otherwise.
  ca_kind kind;
  int64_t size;  ///< Bytes announced; -1 if unknown.
} ca_entry;

/// An open archive.
typedef struct ca_archive ca_archive;

/// Opens a file. `archive` is to be closed whatever the status, unless it is null (no memory).
ca_status ca_open(const char *_Nonnull path, ca_format format, ca_archive *_Nullable *_Nonnull archive);

/// An entry without name: where `ca_next` may put one.
ca_entry ca_entry_none(void);

/// Goes to the next entry.
ca_status ca_next(ca_archive *_Nonnull archive, ca_entry *_Nonnull entry);

/// Reads data of the entry; CA_END when there are none left.
ca_status ca_read(ca_archive *_Nonnull archive, void *_Nonnull buffer, size_t capacity, size_t *_Nonnull count);

/// After the last entry: reads on to the file's end to verify it; `count` bytes were unpacked. CA_END at the end.
ca_status ca_rest(ca_archive *_Nonnull archive, void *_Nonnull buffer, size_t capacity, size_t *_Nonnull count);

/// How many bytes of the packed file have been read.
int64_t ca_consumed(const ca_archive *_Nonnull archive);

/// Why the last call failed, in words.
const char *_Nonnull ca_message(const ca_archive *_Nonnull archive);

/// The system's number for it; 0 if there is none.
int ca_errno(const ca_archive *_Nonnull archive);

/// Writes everything of the file system that holds the open file or folder to the disk. 0, or the system's number.
int ca_sync(int descriptor);

/// Closes the archive (none is fine).
void ca_close(ca_archive *_Nullable archive);

#ifdef __cplusplus
}
#endif
