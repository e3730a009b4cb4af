;; A trap prints its message and the wasm stack: named and unnamed functions, parameters and results.
;; RUN: run %
(module $trapping
  (func $inner (param i32 i64) (result f32) unreachable)
  (func (param f64) (result i32 i32) (drop (call $inner (i32.const 1) (i64.const 2))) (i32.const 1) (i32.const 2))
  (func $main (export "_start") (call 1 (f64.const 0)) (drop) (drop)))
