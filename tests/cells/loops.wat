;; Comparisons join branches, results go straight into locals, small constants stand in instructions.
(module
  (memory 1)
  (func $sum (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (block $done
      (br_if $done (i32.eqz (local.get $n)))
      (loop $next
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=8 (i32.shl (local.get $i) (i32.const 2)))))
        (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))))
    (local.get $sum)))
