;; `-invoke` calls a function with typed parameters and prints results that read back.
;; RUN: run -invoke add % 1 2
;; RUN: run -invoke=add % -1 0xffffffff
;; RUN: run --invoke=add % -- -7 +8
;; RUN: run -invoke add % 4294967295 0
;; RUN: run -invoke add64 % 18446744073709551615 -0x8000000000000000
;; RUN: run -invoke f32 % 0.1
;; RUN: run -invoke f32 % nan
;; RUN: run -invoke f32 % -nan:0x200000
;; RUN: run -invoke f64 % 0x1.8p3
;; RUN: run -invoke f64 % -inf
;; RUN: run -invoke f64 % 1e-310
;; RUN: run -invoke v128 % i32x4:1,2,3,-4
;; RUN: run -invoke v128 % 0xfffffffc000000030000000200000001
;; RUN: run -invoke several %
;; RUN: run -invoke nothing %
;; RUN: run -invoke references % null null
;; RUN: run -invoke trap %
;; RUN: run -invoke exit % 7
;; RUN: run -invoke state %
;; RUN: run -invoke _initialize %
;; RUN: run %
;; RUN: run -invoke add % 1
;; RUN: run -invoke add % 1 2 3
;; RUN: run -invoke add % 1 x
;; RUN: run -invoke add % 4294967296 1
;; RUN: run -invoke add % 1.5 1
;; RUN: run -invoke f64 % 1,5
;; RUN: run -invoke v128 % 1
;; RUN: run -invoke v128 % i32x4:1,2
;; RUN: run -invoke references % null 3
;; RUN: run -invoke missing %
;; RUN: run -invoke memory %
;; RUN: run -invoke= %
;; RUN: run -invoke add -invoke nothing %
;; RUN: run -invoke
(module $calc
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (global $state (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $state (i32.const 42)))
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "add64") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1)))
  (func (export "f32") (param f32) (result f32) (local.get 0))
  (func (export "f64") (param f64) (result f64) (local.get 0))
  (func (export "v128") (param v128) (result v128) (local.get 0))
  (func (export "several") (result i32 i64 f32 f64) (i32.const -1) (i64.const 2) (f32.const 3) (f64.const 0.5))
  (func (export "nothing"))
  (func (export "references") (param funcref externref) (result externref funcref) (local.get 1) (local.get 0))
  (func (export "trap") (result i32) unreachable)
  (func (export "exit") (param i32) (result i32) (call $proc_exit (local.get 0)) (i32.const 1))
  (func (export "state") (result i32) (global.get $state)))
