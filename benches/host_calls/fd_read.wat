;; Two million calls of `fd_read`, of one byte from a file of as many bytes.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $call (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 31)
  ;; A buffer of one byte, and one of two million.
  (data (i32.const 32) "\40\00\00\00\01\00\00\00\80\00\00\00\80\84\1e\00")
  (data (i32.const 128) "read")
  (func (export "_start")
    (local $left i32)
    ;; Created, emptied, to be read and written.
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 4) (i32.const 9)
      (i64.const 70) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (if (call $fd_write (i32.load (i32.const 8)) (i32.const 40) (i32.const 1) (i32.const 16)) (then unreachable))
    (if (call $fd_seek (i32.load (i32.const 8)) (i64.const 0) (i32.const 0) (i32.const 16)) (then unreachable))
    (local.set $left (i32.const 2000000))
    (loop $again
      (if (call $call (i32.load (i32.const 8)) (i32.const 32) (i32.const 1) (i32.const 16)) (then unreachable))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (if (i32.ne (i32.load (i32.const 16)) (i32.const 1)) (then unreachable))))
