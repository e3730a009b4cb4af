;; Bulk operations: short constant lengths are loads and stores, the rest calls the runtime.
(module
  (memory 1)
  (data $segment "0123456789")
  (func (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 16)))
  (func (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 32)))
  (func (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (param i32) (memory.init $segment (local.get 0) (i32.const 0) (i32.const 4)) (data.drop $segment)))
