;; Memory behind which lies a guard region: no check up to its size.
(module
  (memory 1)
  (func (param i32) (result i32) (i32.load (local.get 0)))
  (func (param i32) (result i64) (i64.load16_s offset=100000 (local.get 0)))
  (func (param i32 f64) (f64.store offset=8 (local.get 0) (local.get 1)))
  (func (param i32 i64) (i64.store8 (local.get 0) (local.get 1)))
  (func (param i32) (result i32) (i32.load8_u offset=0xfffffff0 (local.get 0)))
  (func (param i32) (result i32) (i32.add (memory.size) (memory.grow (local.get 0)))))
