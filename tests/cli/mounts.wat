;; Opens the file that the first argument names below descriptor 3, for writing if there is a second one, and prints it.
;; The exit code is the errno.
;; RUN: run -mount=.:/:rw %
;; RUN: run -mount=mounts:/ % hello.txt
;; RUN-ON-UNIX: run -mount=mounts:/ % absolute
;; RUN-ON-UNIX: run -mount=mounts:/ % up
;; RUN: run -mount=mounts:/ % ../usage.cli
;; RUN: run -mount=mounts:/ % /hello.txt
;; RUN: run -mount=mounts:/ % missing
;; RUN: run -mount=mounts:/ % bad_input.cli
;; RUN: run -mount=mounts:/in:ro % hello.txt
;; RUN: run -mount=mounts:/in:ro % hello.txt write
;; RUN: run -mount=mounts::/in:ro % hello.txt
;; RUN: run -mount=mounts/hello.txt:/data/one.txt % one.txt
;; RUN: run -mount=mounts/hello.txt:/data/one.txt % hello.txt
;; RUN: run -mount=mounts/hello.txt:/data/one.txt:ro % one.txt write
;; RUN: run -mount=mounts/hello.txt % hello.txt
;; RUN-ON-UNIX: run -mount=mounts/absolute:/data/one.txt % one.txt
;; RUN: run -mount=mounts/hello.txt:/ % hello.txt
;; RUN: run -mount=mounts/hello.txt:/data/ % hello.txt
;; RUN: run -mount=/data/one.txt:mounts/hello.txt % one.txt
;; RUN-ON-UNIX: run -mount=/proc % version
;; RUN-ON-UNIX: run -mount=/:/ % proc/version
;; RUN-ON-UNIX: run -mount=/:/ % dev/full
;; RUN-ON-UNIX: run -mount=/:/ % dev/null
;; RUN: run % usage.cli
;; RUN: run % no-such-file
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func $check (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (local.get $errno)))))
  (func (export "_start")
    (local $path i32)
    (local $len i32)
    (call $check (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (call $check (call $args_get (i32.const 100) (i32.const 1000)))
    (drop (call $fd_prestat_get (i32.const 3) (i32.const 16)))
    (local.set $path (i32.load (i32.const 104)))
    (loop $next
      (local.set $len (i32.add (local.get $len) (i32.const 1)))
      (br_if $next (i32.load8_u (i32.add (local.get $path) (local.get $len)))))
    ;; Right 2 is to read, 64 to write.
    (call $check (call $path_open
      (i32.const 3) (i32.const 1) (local.get $path) (local.get $len) (i32.const 0)
      (select (i64.const 66) (i64.const 2) (i32.gt_u (i32.load (i32.const 0)) (i32.const 2)))
      (i64.const 0) (i32.const 0) (i32.const 8)))
    (i32.store (i32.const 20) (i32.const 4000))
    (i32.store (i32.const 24) (i32.const 1000))
    (call $check (call $fd_read (i32.load (i32.const 8)) (i32.const 20) (i32.const 1) (i32.const 24)))
    (call $check (call $fd_write (i32.const 1) (i32.const 20) (i32.const 1) (i32.const 24)))))
