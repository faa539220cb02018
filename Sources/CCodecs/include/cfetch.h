// One HTTP or HTTPS request by libcurl behind a plain C function: errors are returned, the body goes to a function
// of the caller's, and nothing is written to disk.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a request came to.
typedef enum cf_status {
  CF_OK = 0,
  CF_STOPPED,    ///< A function of the caller's asked for it.
  CF_TIMEOUT,    ///< No connection in time. Another try may help.
  CF_LOST,       ///< No connection, or lost, or the body ended before its announced end. Another try may help.
  CF_UNKNOWN,    ///< The host's name is not known. Another try may help.
  CF_REDIRECTS,  ///< More redirects than allowed.
  CF_PROTOCOL,   ///< A protocol that is not allowed, also in a redirect.
  CF_IDENTITY,   ///< The server's certificate is not trusted.
  CF_FAILED      ///< Anything else.
} cf_status;

/// What is asked for.
typedef struct cf_request {
  const char *_Nonnull url;
  int64_t from;                    ///< First byte wanted; the whole if 0.
  const char *_Nonnull validator;  ///< For If-Range; empty for none.
  int allows_downgrade;            ///< Whether a redirect may lead from https to http.
  long redirects;                  ///< How many may follow one another.
  long connect_seconds;            ///< Time for the connection to come about.
} cf_request;

/// What the server says before the body; the texts live until the call ends. Sizes are -1 where unknown.
typedef struct cf_head {
  long status;                    ///< Of HTTP, such as 206.
  int64_t length;                 ///< Content-Length.
  int64_t range_start;            ///< Of Content-Range.
  int64_t range_total;            ///< The whole's size, of Content-Range.
  int64_t retry_after;            ///< Seconds.
  const char *_Nonnull etag;      ///< Empty if none, as below.
  const char *_Nonnull modified;  ///< Last-Modified.
  const char *_Nonnull type;      ///< Content-Type.
  const char *_Nonnull url;       ///< Where redirects led.
} cf_head;

/// The caller's functions. Each gets `context` and stops the request by a value other than 0.
typedef struct cf_receiver {
  void *_Nullable context;
  int (*_Nonnull head)(void *_Nullable context, const cf_head *_Nonnull head);  ///< Once, before the body.
  int (*_Nonnull body)(void *_Nullable context, const uint8_t *_Nonnull bytes, size_t count);
  int (*_Nonnull tick)(void *_Nullable context);  ///< About once a second, or more often.
} cf_receiver;

/// How a request ended.
typedef struct cf_outcome {
  cf_status status;
  int excess;         ///< Whether the server was seen to send more than it had announced.
  char message[256];  ///< Why it failed, in words.
} cf_outcome;

/// Makes the request and waits for its end.
cf_outcome cf_get(const cf_request *_Nonnull request, const cf_receiver *_Nonnull receiver);

/// The outcome's message.
const char *_Nonnull cf_message(const cf_outcome *_Nonnull outcome);

#ifdef __cplusplus
}
#endif
