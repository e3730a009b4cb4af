;; Opens this file again and again until that fails, and ends with the errno as its exit code.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "open_until_error.wat")
  (func (export "_start")
    (local $errno i32)
    (loop $again
      (br_if $again (i32.eqz (local.tee $errno
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 20) (i32.const 0)
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0))))))
    (call $exit (local.get $errno))))
