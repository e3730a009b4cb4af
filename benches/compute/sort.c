/* The C library's qsort with a comparison function: indirect calls. */
#include "kernel.h"
static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}
int main(int argc, char **argv) {
  long n = size_argument(argc, argv, 1000000);
  uint32_t *items = malloc(n * sizeof *items), state = 1;
  for (long i = 0; i < n; i++) { state = state * 1664525 + 1013904223; items[i] = state; }
  qsort(items, n, sizeof *items, compare);
  printf("%u %u %u\n", items[0], items[n / 2], items[n - 1]);
}
