/* The Mandelbrot set: floating-point loops that end at unpredictable points. */
#include "kernel.h"
int main(int argc, char **argv) {
  long size = size_argument(argc, argv, 3200);
  uint64_t sum = 0;
  for (long row = 0; row < size; row++)
    for (long column = 0; column < size; column++) {
      double cr = 2.0 * (double)column / (double)size - 1.5, ci = 2.0 * (double)row / (double)size - 1.0, r = 0, i = 0;
      int n = 0;
      while (n < 100 && r * r + i * i < 4) { double next = r * r - i * i + cr; i = 2 * r * i + ci; r = next; n++; }
      sum += (uint64_t)n;
    }
  printf("%llu\n", (unsigned long long)sum);
}
