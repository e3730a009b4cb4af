/* Heat spreading over a plate: a stencil over two arrays in turn. */
#include "kernel.h"
int main(int argc, char **argv) {
  long n = 1000, rounds = size_argument(argc, argv, 1200);
  float *now = calloc(n * n, sizeof *now), *next = calloc(n * n, sizeof *next);
  for (long i = 0; i < n; i++) now[i] = next[i] = 100;
  for (long round = 0; round < rounds; round++) {
    for (long y = 1; y < n - 1; y++)
      for (long x = 1; x < n - 1; x++)
        next[y * n + x] = 0.25f * (now[(y - 1) * n + x] + now[(y + 1) * n + x] + now[y * n + x - 1] + now[y * n + x + 1]);
    float *swap = now; now = next; next = swap;
  }
  double sum = 0;
  for (long i = 0; i < n * n; i++) sum += now[i];
  printf("%.3f\n", sum);
}
