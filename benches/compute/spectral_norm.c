/* The spectral norm of an infinite matrix: divisions in nested loops over arrays. */
#include "kernel.h"
#include <math.h>
static double a(long i, long j) { return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1); }
static void times(long n, const double *in, double *out, int transposed) {
  for (long i = 0; i < n; i++) {
    double sum = 0;
    for (long j = 0; j < n; j++) sum += (transposed ? a(j, i) : a(i, j)) * in[j];
    out[i] = sum;
  }
}
int main(int argc, char **argv) {
  long n = size_argument(argc, argv, 5000);
  double *u = malloc(n * sizeof *u), *v = malloc(n * sizeof *v), *t = malloc(n * sizeof *t), uv = 0, vv = 0;
  for (long i = 0; i < n; i++) u[i] = 1;
  for (int i = 0; i < 10; i++) { times(n, u, t, 0); times(n, t, v, 1); times(n, v, t, 0); times(n, t, u, 1); }
  for (long i = 0; i < n; i++) { uv += u[i] * v[i]; vv += v[i] * v[i]; }
  printf("%.9f\n", sqrt(uv / vv));
}
