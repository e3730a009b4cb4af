// Traps two inlined calls deep; tests/traps.rs reads the lines from the DWARF of the result.
static inline __attribute__((always_inline)) int divide(int a, int b) {
    return a / b;
}

static inline __attribute__((always_inline)) int halve(int a, int by) {
    return divide(a, by) + 1;
}

__attribute__((noinline)) int work(int a, int by) {
    return halve(a, by) * 2;
}

__attribute__((export_name("run"))) int run(int by) {
    return work(7, by) + 1;
}
