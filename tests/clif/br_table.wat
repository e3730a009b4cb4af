;; br_table without and with operands, without targets, and with a loop among its targets.
(module
  (func (param i32) (result i32)
    (block $two (block $one (block $zero
      (br_table $zero $one $one $two (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 11)))
    (i32.const 12))
  (func (param i32) (result i32)
    (block $outer (result i32)
      (block $inner (result i32)
        (br_table $inner $outer (i32.const 5) (local.get 0)))
      (i32.const 1)
      (i32.add)))
  (func (param i32)
    (block (br_table 0 (local.get 0))))
  (func (param i32)
    (loop $again (br_table $again 1 (local.get 0)))))
