;; Each kind of trap, chosen by the number of arguments.
;; RUN: run %
;; RUN: run % 1
;; RUN: run % 1 2
;; RUN: run % 1 2 3
;; RUN: run % 1 2 3 4
;; RUN: run % 1 2 3 4 5
;; RUN: run % 1 2 3 4 5 6
;; RUN: run % 1 2 3 4 5 6 7
;; RUN: run % 1 2 3 4 5 6 7 8
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) func $divide)
  (type $void (func))
  (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func $overflow (param i32) (result i32) (i32.div_s (i32.const 0x80000000) (local.get 0)))
  (func $convert (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $load (param i32) (result i32) (i32.load offset=65536 (local.get 0)))
  (func $element (param i32) (call_indirect (type $void) (local.get 0)))
  (func $recurse (param i32) (call $recurse (i32.add (local.get 0) (i32.const 1))) (i32.store (i32.const 0) (local.get 0)))
  (func $count (result i32)
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (i32.load (i32.const 0)))
  (func (export "_start")
    (local $case i32)
    (local.set $case (call $count))
    (if (i32.eq (local.get $case) (i32.const 1)) (then (drop (call $divide (i32.const 0)))))
    (if (i32.eq (local.get $case) (i32.const 2)) (then (drop (call $overflow (i32.const -1)))))
    (if (i32.eq (local.get $case) (i32.const 3)) (then (drop (call $convert (f64.const nan)))))
    (if (i32.eq (local.get $case) (i32.const 4)) (then (drop (call $convert (f64.const 1e10)))))
    (if (i32.eq (local.get $case) (i32.const 5)) (then (drop (call $load (i32.const 0)))))
    (if (i32.eq (local.get $case) (i32.const 6)) (then (call $element (i32.const 2))))
    (if (i32.eq (local.get $case) (i32.const 7)) (then (call $element (i32.const 1))))
    (if (i32.eq (local.get $case) (i32.const 8)) (then (call $element (i32.const 0))))
    (if (i32.eq (local.get $case) (i32.const 9)) (then (call $recurse (i32.const 0))))))
