;; A million times `fd_seek` to the beginning of a file, and `fd_write` of 13 bytes.
(module
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "\40\00\00\00\0d\00\00\00")
  (data (i32.const 64) "thirteen byte")
  (data (i32.const 128) "sought")
  (func (export "_start")
    (local $left i32)
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 6) (i32.const 9)
      (i64.const 68) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (local.set $left (i32.const 1000000))
    (loop $again
      (if (call $fd_seek (i32.load (i32.const 8)) (i64.const 0) (i32.const 0) (i32.const 16)) (then unreachable))
      (if (call $fd_write (i32.load (i32.const 8)) (i32.const 32) (i32.const 1) (i32.const 16)) (then unreachable))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
