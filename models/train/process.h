// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a training process asks of its surroundings: threads that sleep when they wait, memory that is
// kept between steps, signals that end a run after the step at hand.

#pragma once

namespace heart::train {

/// Sets OMP_WAIT_POLICY=passive and GOMP_SPINCOUNT=0 where the user has not chosen, and starts the
/// program anew once, since libgomp reads them when it is loaded. Spinning threads slow every other
/// job of the machine, and this one, several times over (nano.md).
void settle_environment(char** argv);

/// Tells glibc's malloc to keep large blocks: by default it maps and unmaps them at every step, which
/// doubled the time of a step in the trial (nano.md). Nothing with other allocators.
void keep_memory();

/// SIGINT and SIGTERM raise the flag that should_stop() reads; a second one ends the process at once.
void catch_stop_signals();
bool should_stop();
/// For tests and for a limit of wall time.
void request_stop();

/// Seconds of a clock that never goes back.
double now_seconds();

}  // namespace heart::train
