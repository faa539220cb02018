// HTTP by libcurl: what matters of the headers, the body as it comes, and the reason when it does not.
#define _GNU_SOURCE
#include "cfetch.h"

#include <ctype.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct transfer {
  CURL *curl;
  const cf_receiver *receiver;
  int was_told, was_stopped, excess;
  int64_t range_start, range_total, retry_after;
  char etag[256], modified[64], type[128];
} transfer;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode started = CURLE_OK;
static void start(void) { started = curl_global_init(CURL_GLOBAL_DEFAULT); }

static void forget(transfer *self) {
  self->range_start = self->range_total = self->retry_after = -1;
  self->etag[0] = self->modified[0] = self->type[0] = 0;
}

/// A decimal number that is all of `text` up to one of `ends`; -1 if there is none. `rest` is what follows.
static int64_t number(const char *text, const char *ends, const char **rest) {
  *rest = text;
  if (!isdigit((unsigned char)*text)) return -1;
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (errno != 0 || (*end != 0 && strchr(ends, *end) == NULL)) return -1;
  *rest = end;
  return value;
}

/// The value of a header line if it is of that name; without spaces around it. Too long a value counts as none.
static int take(const char *line, size_t count, const char *name, char *value, size_t room) {
  size_t length = strlen(name);
  if (count <= length || strncasecmp(line, name, length) != 0 || line[length] != ':') return 0;
  const char *from = line + length + 1, *to = line + count;
  while (from < to && isspace((unsigned char)*from)) from++;
  while (to > from && isspace((unsigned char)to[-1])) to--;
  size_t size = (size_t)(to - from);
  if (size >= room || memchr(from, 0, size) != NULL) size = 0;
  memcpy(value, from, size);
  value[size] = 0;
  return 1;
}

static size_t on_header(char *line, size_t one, size_t count, void *context) {
  transfer *self = context;
  char text[96];
  const char *rest;
  if (count >= 5 && strncasecmp(line, "HTTP/", 5) == 0) forget(self);  // Of a redirect or an interim answer.
  if (take(line, count, "ETag", self->etag, sizeof self->etag)) return one * count;
  if (take(line, count, "Last-Modified", self->modified, sizeof self->modified)) return one * count;
  if (take(line, count, "Content-Type", self->type, sizeof self->type)) return one * count;
  if (take(line, count, "Retry-After", text, sizeof text)) {
    self->retry_after = number(text, "", &rest);
  } else if (take(line, count, "Content-Range", text, sizeof text) && strncasecmp(text, "bytes ", 6) == 0) {
    self->range_start = number(text + 6, "-", &rest);  // bytes 5-9/10, bytes 5-9/*, or bytes */10
    const char *slash = strchr(text, '/');
    if (slash != NULL) self->range_total = number(slash + 1, "", &rest);
  }
  return one * count;
}

/// Tells the receiver of the final answer's headers, once. Other than 0 if it does not want the body.
static int tell(transfer *self) {
  if (self->was_told) return self->was_stopped;
  self->was_told = 1;
  curl_off_t length = -1;
  char *url = NULL;
  cf_head head = {0};
  curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &head.status);
  curl_easy_getinfo(self->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  curl_easy_getinfo(self->curl, CURLINFO_EFFECTIVE_URL, &url);
  head.length = length;
  head.range_start = self->range_start;
  head.range_total = self->range_total;
  head.retry_after = self->retry_after;
  head.etag = self->etag;
  head.modified = self->modified;
  head.type = self->type;
  head.url = url != NULL ? url : "";
  self->was_stopped = self->receiver->head(self->receiver->context, &head) != 0;
  return self->was_stopped;
}

static size_t on_body(char *bytes, size_t one, size_t count, void *context) {
  transfer *self = context;
  if (tell(self) || self->receiver->body(self->receiver->context, (const uint8_t *)bytes, count) != 0) {
    self->was_stopped = 1;
    return one * count == 0 ? 1 : 0;
  }
  return one * count;
}

static int on_progress(void *context, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now) {
  (void)total, (void)now, (void)up_total, (void)up_now;
  transfer *self = context;
  if (self->receiver->tick(self->receiver->context) == 0) return 0;
  self->was_stopped = 1;
  return 1;
}

/// libcurl drops what comes after the announced length, and says so nowhere else.
static int on_debug(CURL *curl, curl_infotype type, char *text, size_t count, void *context) {
  (void)curl;
  transfer *self = context;
  if (type == CURLINFO_TEXT && count > 12 && strncmp(text, "Excess found", 12) == 0) self->excess = 1;
  return 0;
}

static cf_status meaning(CURLcode code) {
  switch (code) {
    case CURLE_OK: return CF_OK;
    case CURLE_OPERATION_TIMEDOUT: return CF_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return CF_UNKNOWN;
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_WEIRD_SERVER_REPLY: return CF_LOST;
    case CURLE_TOO_MANY_REDIRECTS: return CF_REDIRECTS;
    case CURLE_UNSUPPORTED_PROTOCOL: return CF_PROTOCOL;
    case CURLE_PEER_FAILED_VERIFICATION: return CF_IDENTITY;
    default: return CF_FAILED;
  }
}

static CURLcode set_up(CURL *curl, const cf_request *request, transfer *self, struct curl_slist *headers, char *why) {
  const char *redirects =
      strncasecmp(request->url, "https:", 6) == 0 && !request->allows_downgrade ? "https" : "http,https";
  char range[32];
  snprintf(range, sizeof range, "%lld-", (long long)request->from);
  CURLcode code = CURLE_OK;
#define SET(option, value) \
  if (code == CURLE_OK) code = curl_easy_setopt(curl, option, value)
  SET(CURLOPT_ERRORBUFFER, why);
  SET(CURLOPT_URL, request->url);
  SET(CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_REDIR_PROTOCOLS_STR, redirects);
#else
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  SET(CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTPS | (strlen(redirects) > 5 ? CURLPROTO_HTTP : 0)));
#endif
  SET(CURLOPT_FOLLOWLOCATION, 1L);
  SET(CURLOPT_MAXREDIRS, request->redirects);
  SET(CURLOPT_CONNECTTIMEOUT, request->connect_seconds);
  SET(CURLOPT_USERAGENT, "separatrix");
  SET(CURLOPT_HTTPHEADER, headers);
  if (request->from > 0) SET(CURLOPT_RANGE, range);
  SET(CURLOPT_BUFFERSIZE, 1L << 18);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, self);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_WRITEDATA, self);
  SET(CURLOPT_NOPROGRESS, 0L);
  SET(CURLOPT_XFERINFOFUNCTION, on_progress);
  SET(CURLOPT_XFERINFODATA, self);
  SET(CURLOPT_VERBOSE, 1L);
  SET(CURLOPT_DEBUGFUNCTION, on_debug);
  SET(CURLOPT_DEBUGDATA, self);
#undef SET
  return code;
}

/// Runs the transfer with SIGPIPE held back, which a lost TLS connection may raise: it would end the program.
static CURLcode perform(CURL *curl) {
  sigset_t pipe, before, pending;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigpending(&pending);
  int was_pending = sigismember(&pending, SIGPIPE) == 1, number;
  if (pthread_sigmask(SIG_BLOCK, &pipe, &before) != 0) return curl_easy_perform(curl);
  CURLcode code = curl_easy_perform(curl);
  if (!was_pending && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1) sigwait(&pipe, &number);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return code;
}

cf_outcome cf_get(const cf_request *request, const cf_receiver *receiver) {
  cf_outcome outcome = {CF_FAILED, 0, "libcurl could not be started; is the system's package libcurl4 installed?"};
  char why[CURL_ERROR_SIZE] = "";
  transfer self = {.receiver = receiver};
  struct curl_slist *headers = NULL;
  forget(&self);
  pthread_once(&once, start);
  self.curl = started == CURLE_OK ? curl_easy_init() : NULL;
  if (self.curl == NULL) return outcome;
  CURLcode code = CURLE_OK;
  if (request->from > 0 && request->validator[0] != 0) {
    char line[320];
    snprintf(line, sizeof line, "If-Range: %s", request->validator);
    headers = curl_slist_append(NULL, line);
    if (headers == NULL) code = CURLE_OUT_OF_MEMORY;
  }
  if (code == CURLE_OK) code = set_up(self.curl, request, &self, headers, why);
  if (code == CURLE_OK) code = perform(self.curl);
  if (code == CURLE_OK) tell(&self);  // A body of no bytes.
  outcome.status = self.was_stopped ? CF_STOPPED : meaning(code);
  outcome.excess = self.excess;
  snprintf(outcome.message, sizeof outcome.message, "%s", why[0] != 0 ? why : curl_easy_strerror(code));
  curl_easy_cleanup(self.curl);
  curl_slist_free_all(headers);
  return outcome;
}

const char *cf_message(const cf_outcome *outcome) { return outcome->message; }
