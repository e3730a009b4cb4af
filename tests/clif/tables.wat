;; Tables of both kinds of references.
(module
  (table $funcs 2 funcref)
  (table $externs 2 externref)
  (elem $segment func $f)
  (func $f)
  (func (param i32) (result funcref) (table.get $funcs (local.get 0)))
  (func (param i32) (table.set $funcs (local.get 0) (ref.func $f)))
  (func (param i32) (result i32) (ref.is_null (table.get $externs (local.get 0))))
  (func (param i32 externref) (table.set $externs (local.get 0) (local.get 1)))
  (func (result i32) (i32.add (table.size $funcs) (table.grow $externs (ref.null extern) (i32.const 1))))
  (func (table.fill $funcs (i32.const 0) (ref.null func) (i32.const 1))
    (table.init $funcs $segment (i32.const 0) (i32.const 0) (i32.const 1))
    (elem.drop $segment)))
