/* A hash table with open addressing: random loads, 64-bit arithmetic. */
#include "kernel.h"
int main(int argc, char **argv) {
  long operations = size_argument(argc, argv, 40000000);
  uint64_t mask = (1u << 20) - 1, state = 88172645463325252ull, found = 0;
  uint64_t *keys = calloc(mask + 1, sizeof *keys);
  uint32_t *values = calloc(mask + 1, sizeof *values);
  for (long i = 0; i < operations; i++) {
    state ^= state << 13; state ^= state >> 7; state ^= state << 17;
    uint64_t key = state % 700000 + 1, slot = key * 0x9e3779b97f4a7c15ull >> 44;
    while (keys[slot] && keys[slot] != key) slot = (slot + 1) & mask;
    if (keys[slot]) found += values[slot]; else keys[slot] = key;
    values[slot]++;
  }
  printf("%llu\n", (unsigned long long)found);
}
