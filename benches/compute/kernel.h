/* What every kernel shares: a size from the command line, and one line of output that shows the result is right. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline long size_argument(int argc, char **argv, long standard) { return argc > 1 ? atol(argv[1]) : standard; }
