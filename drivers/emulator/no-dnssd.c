/*
 * Preloaded into ippeveprinter, to make it the printer that we need.
 *
 * It wants to speak to Avahi before it serves its first request, even when it is told to announce nothing: the stand-ins
 * say that all is well and do nothing; no daemon, no bus, no network.
 *
 * It counts no pages: whenever it tells its up-time, the life counts that printer-command keeps in
 * $PRINTSERVER_EMULATOR/meter/counters are told with it, in the words of PWG 5100.22.
 * So whoever wants the counts asks for printer-up-time too.
 *
 * Build: gcc -shared -fPIC -o no-dnssd.so no-dnssd.c
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct stand_in { int unused; } stand_in;

static stand_in poll_loop;
static stand_in client;

stand_in *avahi_threaded_poll_new(void) { return &poll_loop; }
const stand_in *avahi_threaded_poll_get(stand_in *loop) { return loop; }
int avahi_threaded_poll_start(stand_in *loop) { (void)loop; return 0; }
int avahi_threaded_poll_stop(stand_in *loop) { (void)loop; return 0; }
void avahi_threaded_poll_lock(stand_in *loop) { (void)loop; }
void avahi_threaded_poll_unlock(stand_in *loop) { (void)loop; }
void avahi_threaded_poll_free(stand_in *loop) { (void)loop; }

stand_in *avahi_client_new(const stand_in *poll, int flags, void *callback, void *context, int *error)
{
    (void)poll; (void)flags; (void)callback; (void)context;
    if (error)
        *error = 0;
    return &client;
}

void avahi_client_free(stand_in *which) { (void)which; }
int avahi_client_errno(stand_in *which) { (void)which; return 0; }

/* The tags and the opaque types of <cups/ipp.h>, RFC 8010 section 3.5; its header is not needed to build this. */
enum { TAG_PRINTER = 0x04, TAG_INTEGER = 0x21 };
typedef struct ipp_s ipp_t;
typedef struct ipp_attribute_s ipp_attribute_t;
typedef ipp_attribute_t *(*add_integer_t)(ipp_t *, int, int, const char *, int);

static void read_counters(int *impressions, int *sheets)
{
    char path[4096];
    const char *folder = getenv("PRINTSERVER_EMULATOR");
    FILE *file;

    *impressions = *sheets = 0;
    if (!folder || snprintf(path, sizeof(path), "%s/meter/counters", folder) >= (int)sizeof(path))
        return;
    if ((file = fopen(path, "re")) == NULL)
        return;
    if (fscanf(file, "%d %d", impressions, sheets) != 2)
        *impressions = *sheets = 0;
    fclose(file);
}

ipp_attribute_t *ippAddInteger(ipp_t *ipp, int group, int value_tag, const char *name, int value)
{
    add_integer_t add = (add_integer_t)dlsym(RTLD_NEXT, "ippAddInteger");
    int impressions, sheets;

    if (group == TAG_PRINTER && name && strcmp(name, "printer-up-time") == 0) {
        read_counters(&impressions, &sheets);
        add(ipp, TAG_PRINTER, TAG_INTEGER, "printer-impressions-completed", impressions);
        add(ipp, TAG_PRINTER, TAG_INTEGER, "printer-media-sheets-completed", sheets);
    }
    return add(ipp, group, value_tag, name, value);
}
