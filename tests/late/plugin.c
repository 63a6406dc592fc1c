/* A plug-in that uses the library when it is loaded, and again when the process ends. */
#include "use.h"

#ifdef HANDLER
__attribute__((constructor)) static void load(void)
{
    atexit(end);
    begin();
    ask();
}
#else
__attribute__((constructor)) static void load(void)
{
    begin();
    ask();
}

__attribute__((destructor)) static void unload(void) { end(); }
#endif
