/* Pancake flips over permutations: small arrays, branches, byte moves. */
#include "kernel.h"
int main(int argc, char **argv) {
  int n = (int)size_argument(argc, argv, 11), p[16], q[16], count[16], flips_max = 0, sign = 1;
  long checksum = 0;
  for (int i = 0; i < n; i++) { p[i] = i; count[i] = i; }
  for (;;) {
    if (p[0]) {
      int flips = 1, first = p[0];
      for (int i = 1; i < n; i++) q[i] = p[i];
      while (q[first]) {
        int last = q[first];
        q[first] = first;
        for (int i = 1, j = first - 1; i < j; i++, j--) { int swap = q[i]; q[i] = q[j]; q[j] = swap; }
        first = last;
        flips++;
      }
      if (flips > flips_max) flips_max = flips;
      checksum += sign * flips;
    }
    if (sign == 1) {
      int swap = p[0]; p[0] = p[1]; p[1] = swap; sign = -1;
    } else {
      int swap = p[1]; p[1] = p[2]; p[2] = swap; sign = 1;
      for (int i = 2; i < n; i++) {
        if (count[i]) { count[i]--; break; }
        if (i == n - 1) { printf("%ld %d\n", checksum, flips_max); return 0; }
        count[i] = i;
        int first = p[0];
        for (int j = 0; j <= i; j++) p[j] = p[j + 1];
        p[i + 1] = first;
      }
    }
  }
}
