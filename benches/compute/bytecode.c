/* An interpreter's loop: a switch in a loop, which becomes br_table. */
#include "kernel.h"
enum { PUSH, ADD, SUB, DUP, SWAP, JUMP_IF, XOR, SHIFT, HALT };
int main(int argc, char **argv) {
  long loops = size_argument(argc, argv, 40000000);
  static const uint8_t code[] = {PUSH, 3, ADD, SWAP, DUP, XOR, PUSH, 7, ADD, SWAP, SHIFT, DUP, PUSH, 5, XOR, ADD, JUMP_IF, HALT};
  uint32_t stack[16] = {1, 2}, top = 2;
  for (uint32_t at = 0;;) {
    switch (code[at++]) {
    case PUSH: stack[top++] = code[at++]; break;
    case ADD: top--; stack[top - 1] += stack[top]; break;
    case SUB: top--; stack[top - 1] -= stack[top]; break;
    case DUP: stack[top] = stack[top - 1]; top++; break;
    case SWAP: { uint32_t swap = stack[top - 1]; stack[top - 1] = stack[top - 2]; stack[top - 2] = swap; break; }
    case JUMP_IF: if (--loops > 0) at = 0; break;
    case XOR: top--; stack[top - 1] ^= stack[top]; break;
    case SHIFT: stack[top - 1] = stack[top - 1] << 3 | stack[top - 1] >> 29; break;
    case HALT: printf("%u %u\n", stack[0], stack[top - 1]); return 0;
    }
    if (top > 12) top = 2;
  }
}
