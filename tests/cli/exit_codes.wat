;; The guest's code passes through; Unix keeps its low 8 bits. The code is the number of arguments with its sign.
;; RUN: run %
;; RUN: run % 1 2 3
;; RUN: run % 1 2 3 4
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 5)) (then (call $proc_exit (i32.const 300))))
    (if (i32.eq (i32.load (i32.const 0)) (i32.const 4)) (then (call $proc_exit (i32.const -1))))
    (call $proc_exit (i32.load (i32.const 0)))))
