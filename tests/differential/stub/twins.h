/* Stands for twins/twins.h where async programs are read as plain C: no twin waits, so it is called, and that is all. */
#ifndef AC_TWINS_H
#define AC_TWINS_H

#define twin_run(call) (call)
#define twin_run_void(call) ((void)(call))
#define twin_before_jumps() ((void)0)
#define twin_jumped(value) (value)

__attribute__((unused)) static async void twin_pause(void) {}

#endif
