/* Stands for libcurl where a bundle is linked, and where it runs on a machine that has none: then nothing can be fetched, and
 * the program says so. */
int curl_global_init(long flags) { (void)flags; return 2; /* CURLE_FAILED_INIT */ }
void *curl_easy_init(void) { return 0; }
int curl_easy_setopt(void *handle, int option, ...) { (void)handle, (void)option; return 2; }
int curl_easy_perform(void *handle) { (void)handle; return 2; }
int curl_easy_getinfo(void *handle, int info, ...) { (void)handle, (void)info; return 2; }
void curl_easy_cleanup(void *handle) { (void)handle; }
const char *curl_easy_strerror(int code) { (void)code; return "libcurl is missing"; }
void *curl_slist_append(void *list, const char *text) { (void)list, (void)text; return 0; }
void curl_slist_free_all(void *list) { (void)list; }
