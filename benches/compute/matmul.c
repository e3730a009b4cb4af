/* A product of matrices in the plain order: loads with strides, one multiplication each. */
#include "kernel.h"
int main(int argc, char **argv) {
  long n = size_argument(argc, argv, 1500);
  double *a = malloc(n * n * sizeof *a), *b = malloc(n * n * sizeof *b), *c = calloc(n * n, sizeof *c), trace = 0;
  for (long i = 0; i < n * n; i++) { a[i] = (double)(i % 17) - 8; b[i] = (double)(i % 13) - 6; }
  for (long i = 0; i < n; i++)
    for (long l = 0; l < n; l++)
      for (long j = 0; j < n; j++) c[i * n + j] += a[i * n + l] * b[l * n + j];
  for (long i = 0; i < n; i++) trace += c[i * n + i];
  printf("%.1f\n", trace);
}
