;; Writes to standard output, or to standard error if it has an environment variable, until that fails. Then it ends with
;; the errno as its exit code; with an argument it ends well, with two it traps, with three it writes once more and ends
;; well.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\40\00\00\00\40\00\00\00")
  (data (i32.const 64) "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde\n")
  (func $write (result i32)
    (call $fd_write (i32.add (i32.const 1) (i32.load (i32.const 32))) (i32.const 0) (i32.const 1) (i32.const 16)))
  (func (export "_start")
    (local $errno i32)
    (drop (call $args (i32.const 24) (i32.const 28)))
    (drop (call $environ (i32.const 32) (i32.const 36)))
    (loop $again
      (br_if $again (i32.eqz (local.tee $errno (call $write)))))
    (if (i32.eq (i32.load (i32.const 24)) (i32.const 1)) (then (call $exit (local.get $errno))))
    (if (i32.eq (i32.load (i32.const 24)) (i32.const 3)) (then unreachable))
    (if (i32.eq (i32.load (i32.const 24)) (i32.const 4)) (then (drop (call $write))))))
