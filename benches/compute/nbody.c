/* Planets under gravity: scalar floating point with square roots and divisions. */
#include "kernel.h"
#include <math.h>
#define BODIES 5
static double x[BODIES][3] = {{0, 0, 0}, {4.84, -1.16, -0.10}, {8.34, 4.12, -0.40}, {12.89, -15.11, -0.22}, {15.37, -25.91, 0.17}};
static double v[BODIES][3] = {{0, 0, 0}, {0.60, 2.81, -0.02}, {-1.01, 1.81, 0.008}, {1.08, 0.86, -0.01}, {0.97, 0.59, -0.03}};
static double mass[BODIES] = {39.47, 0.037, 0.011, 0.0017, 0.002};
static void step(double dt) {
  for (int i = 0; i < BODIES; i++)
    for (int j = i + 1; j < BODIES; j++) {
      double d[3], square = 0;
      for (int k = 0; k < 3; k++) { d[k] = x[i][k] - x[j][k]; square += d[k] * d[k]; }
      double pull = dt / (square * sqrt(square));
      for (int k = 0; k < 3; k++) { v[i][k] -= d[k] * mass[j] * pull; v[j][k] += d[k] * mass[i] * pull; }
    }
  for (int i = 0; i < BODIES; i++)
    for (int k = 0; k < 3; k++) x[i][k] += dt * v[i][k];
}
int main(int argc, char **argv) {
  long steps = size_argument(argc, argv, 20000000);
  for (long i = 0; i < steps; i++) step(0.001);
  printf("%.9f\n", x[1][0] + x[2][1] + x[3][2]);
}
