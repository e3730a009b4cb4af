;; A trap in the start section names the function.
;; RUN: run %
(module (func $f unreachable) (start $f))
