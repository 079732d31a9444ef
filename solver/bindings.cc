#include <nanobind/nanobind.h>
NB_MODULE(_solver, m) { m.doc() = "l2opt's native solver"; }
