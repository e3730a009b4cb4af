;; Direct calls of own and imported functions, tail calls, several results.
(module
  (import "host" "f" (func $imported (param i32) (result i32)))
  (func $own (param i32) (result i32 i64) (call $imported (local.get 0)) (i64.const 1))
  (func (param i32) (result i64) (local $wide i64)
    (call $own (local.get 0))
    (local.set $wide)
    (i64.add (i64.extend_i32_u) (local.get $wide)))
  (func (param i32) (result i32) (return_call $imported (local.get 0)))
  (func $loop (param i32) (result i32) (return_call $loop (i32.sub (local.get 0) (i32.const 1)))))
