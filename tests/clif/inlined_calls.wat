;; Small functions are translated where they are called: parameters, locals, `return`, recursion once, and a loop around.
(module
  (func $least (param i32 i32) (result i32)
    (if (i32.lt_u (local.get 0) (local.get 1)) (then (return (local.get 0))))
    (local.get 1))
  (func $count (param i32) (result i32) (local $fresh i32)
    (local.set $fresh (i32.add (local.get $fresh) (local.get 0)))
    (local.get $fresh))
  (func $endless (param i32) (result i32) (call $endless (local.get 0)))
  (func $tail (param i32) (result i32) (return_call $count (local.get 0)))
  (func (param i32) (result i32)
    (loop $l (br_if $l (call $count (call $least (local.get 0) (i32.const 7)))))
    (call $tail (local.get 0))))
