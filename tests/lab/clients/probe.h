/* How a program asks a library many odd things and tells each answer, whatever the library does to it.
 *
 * A probe is one line, "ID: ANSWER". ID (no blanks) and ": " are flushed before the library is called, the answer and
 * the newline after it. The probes are asked by a child of this program. If the library kills the child, or keeps it
 * waiting too long, the parent completes the line with "dies (...)" or "hangs", and a new child goes on with the next
 * probe.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>

/* Whether this probe is wanted now. If so its line is begun: answer with printf, then end_probe(). */
bool begin_probe(const char *id);
void end_probe(void);

/* What was costly to come to need not be done again: later children are forked from here, the library as it is. */
void checkpoint(void);

/* Reads the command line, and has `probes` ask all probes, always the same ones in the same order; what it does besides
 * must not print. Returns the exit status of the program. */
int ask_probes(int argc, char **argv, void (*probes)(void));

#endif
