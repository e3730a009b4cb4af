;; A start function without end stops too, whether it has begun or not.
;; RUN: run -timeout 0.9s %
(module
  (func $main (loop $again (br $again)))
  (start $main))
