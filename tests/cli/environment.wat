;; Arguments and environment reach the guest, each ended by NUL as WASI lays them out.
;; RUN: run % a "b c" ""
;; RUN: run -env A=1 -env=B=2 -env A=3 % -- x
;; RUN: run -env-inherit -env Z=9 %
;; ENV: ANOTHER=x=y
;; ENV: EMPTY=
;; RUN: run -env-inherit -env INHERITED=changed -env Z= %
;; RUN: run -env-inherit=false %
;; RUN: run -env=A=1 -env-inherit=1 %
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $print (param $len i32)
    (local $at i32)
    ;; NUL becomes a new line.
    (loop $next
      (if (i32.eqz (i32.load8_u offset=8192 (local.get $at)))
        (then (i32.store8 offset=8192 (local.get $at) (i32.const 10))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $len))))
    (i32.store (i32.const 16) (i32.const 8192))
    (i32.store (i32.const 20) (local.get $len))
    (drop (call $fd_write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $args_get (i32.const 1024) (i32.const 8192)))
    (call $print (i32.load (i32.const 4)))
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $environ_get (i32.const 1024) (i32.const 8192)))
    (if (i32.load (i32.const 4)) (then (call $print (i32.load (i32.const 4)))))))
