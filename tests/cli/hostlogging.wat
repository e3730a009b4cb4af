;; Calls of host functions in the log, by scope. The guest opens a path that no terminal should see, asks clocks, reads and
;; writes, and ends itself.
;; RUN: run -hostlogging=all %
;; RUN: run -hostlogging=clock,,random -hostlogging proc %
;; RUN: run -hostlogging=filesystem -mount=.:/dir:ro %
;; RUN: run -hostlogging=memory,poll,sock %
;; RUN: run -hostlogging= %
;; RUN: run -hostlogging=filesystem,foo %
;; RUN: run -hostlogging
(module $logged
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $clock_res_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "sched_yield" (func $sched_yield (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\03\00\00\00")
  (data (i32.const 16) "hi\n")
  (data (i32.const 32) "e\1b]0;x\07\n")
  (func (export "_start")
    (drop (call $args_sizes_get (i32.const 64) (i32.const 68)))
    (drop (call $clock_res_get (i32.const 1) (i32.const 64)))
    (drop (call $clock_res_get (i32.const 9) (i32.const 64)))
    (drop (call $random_get (i32.const 64) (i32.const 8)))
    (drop (call $random_get (i32.const -1) (i32.const 8)))
    (drop (call $fd_prestat_get (i32.const 3) (i32.const 64)))
    (drop (call $fd_prestat_dir_name (i32.const 3) (i32.const 64) (i32.const 4)))
    (drop (call $fd_fdstat_get (i32.const 3) (i32.const 64)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
    (drop (call $fd_write (i32.const 9) (i32.const 0) (i32.const 1) (i32.const 64)))
    (drop (call $path_open (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 8) (i32.const 9)
      (i64.const 66) (i64.const 0) (i32.const 5) (i32.const 64)))
    (drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 65536) (i32.const 8) (i32.const 0)
      (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 64)))
    (drop (call $sock_accept (i32.const 9) (i32.const 4) (i32.const 64)))
    (drop (call $fd_seek (i32.const 9) (i64.const -1) (i32.const 2) (i32.const 64)))
    (drop (call $sched_yield))
    (call $proc_exit (i32.const 3))))
