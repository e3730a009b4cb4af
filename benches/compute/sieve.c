/* The sieve of Eratosthenes: strided stores over more memory than the caches hold. */
#include "kernel.h"
#include <string.h>
int main(int argc, char **argv) {
  long n = size_argument(argc, argv, 100000000), count = 0;
  uint8_t *composite = malloc(n + 1);
  for (int round = 0; round < 3; round++) {
    memset(composite, 0, n + 1);
    count = 0;
    for (long i = 2; i <= n; i++) {
      if (composite[i]) continue;
      count++;
      if (i <= n / i) for (long j = i * i; j <= n; j += i) composite[j] = 1;
    }
  }
  printf("%ld\n", count);
}
