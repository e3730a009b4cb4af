;; -max-memory, -max-table and -max-stack: growing up to them works, beyond them it fails; a module that begins beyond
;; them does not start. `grown` tells whether 3 pages and 30 elements could be had; recursion goes as deep as told.
;; RUN: run %
;; RUN: run -max-memory=256K -max-table=40 %
;; RUN: run -max-memory=255K %
;; RUN: run -max-memory=0 %
;; RUN: run -max-memory=65KB %
;; RUN: run -max-memory=16Gi %
;; RUN: run -max-table 39 %
;; RUN: run -max-table=9 %
;; RUN: run -max-stack=1M %
;; RUN: run -max-stack=1 % deep
;; RUN: run -max-stack=512KiB % deep
;; RUN: run -max-stack=48MB % deep
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (table $t 10 funcref)
  (func $deep (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.gt_u (i32.load (i32.const 0)) (i32.const 1)) (then (drop (call $deep (i32.const 500000))) return))
    (if (i32.eq (memory.grow (i32.const 3)) (i32.const -1)) (then (call $proc_exit (i32.const 3))))
    (if (i32.eq (table.grow $t (ref.null func) (i32.const 30)) (i32.const -1)) (then (call $proc_exit (i32.const 4))))))
