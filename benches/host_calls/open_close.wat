;; A million times `path_open` of a file in a directory, and `fd_close`.
(module
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 128) "folder/file")
  (func $open (param $oflags i32)
    (if (call $path_open (i32.const 3) (i32.const 1) (i32.const 128) (i32.const 11) (local.get $oflags)
      (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 8)) (then unreachable))
    (if (call $fd_close (i32.load (i32.const 8))) (then unreachable)))
  (func (export "_start")
    (local $left i32)
    ;; It may be there already.
    (drop (call $mkdir (i32.const 3) (i32.const 128) (i32.const 6)))
    (call $open (i32.const 1))
    (local.set $left (i32.const 1000000))
    (loop $again
      (call $open (i32.const 0))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
