/* ac/signal.h: waiting for one signal; to take all that come, there is ac_signal in <ac.h>.
 *
 *     async void stop_on_signal(ac_http_server *server)
 *     {
 *         await ac_wait_signal(SIGTERM, SIGINT);
 *         ac_http_stop(server);
 *     }
 */
#ifndef AC_SIGNAL_H
#define AC_SIGNAL_H

#include <ac.h>

#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

AC__LINK("ac.link:signal");

/* int number = await ac_wait_signal(int number, ...): waits until one of these signals comes and gives
 * its number. From the await's start to its end they do nothing else to the process; afterwards, and when
 * it is cancelled, they do again what they did before. One that came before does not count; of several
 * that come at once, one is given. Throws: EINVAL for what is no signal, cannot be caught, or follows
 * from an error (as ac_signal). */
#define ac_wait_signal(...) \
    ac__wait_signal((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

ac_coro(int) ac__wait_signal(const int *numbers, size_t count);

#ifdef __cplusplus
}
#endif
#endif
