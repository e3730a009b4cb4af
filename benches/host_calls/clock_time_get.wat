;; Two million calls of `clock_time_get`.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $call (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 32) "\40\00\00\00\01\00\00\00")
  (func (export "_start")
    (local $left i32)
    (local.set $left (i32.const 2000000))
    (loop $again
      (if (call $call (i32.const 1) (i64.const 1) (i32.const 0)) (then unreachable))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))))
