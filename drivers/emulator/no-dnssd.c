/*
 * ippeveprinter wants to speak to Avahi before it serves its first request, even when it is told to announce nothing.
 * Preloaded into it, these stand-ins say that all is well and do nothing: no daemon, no bus, no network.
 * Build: gcc -shared -fPIC -o no-dnssd.so no-dnssd.c
 */

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
