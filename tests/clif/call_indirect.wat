;; Calls through a table that grows, one of fixed size, and an imported one.
(module
  (type $f (func (param i32) (result i32)))
  (import "host" "table" (table $imported 1 funcref))
  (table $growing 4 funcref)
  (table $fixed 4 4 funcref)
  (func (param i32) (result i32) (call_indirect $growing (type $f) (i32.const 1) (local.get 0)))
  (func (param i32) (result i32) (call_indirect $fixed (type $f) (i32.const 1) (local.get 0)))
  (func (param i32) (result i32) (call_indirect $imported (type $f) (i32.const 1) (local.get 0)))
  (func (param i32) (result i32) (return_call_indirect $fixed (type $f) (i32.const 1) (local.get 0))))
