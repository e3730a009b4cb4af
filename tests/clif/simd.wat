;; Vectors: lane views change inside a block and are i8x16 at its borders.
(module
  (memory 1)
  (func (param v128 v128) (result v128) (i32x4.add (local.get 0) (i32x4.mul (local.get 0) (local.get 1))))
  (func (param v128 v128) (result v128) (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get 0) (local.get 1)))
  (func (param v128 i32) (result v128)
    (if (result v128) (local.get 1)
      (then (f32x4.sqrt (local.get 0)))
      (else (f64x2.neg (local.get 0)))))
  (func (param i32) (result i32) (i8x16.bitmask (i8x16.eq (v128.load (local.get 0)) (v128.load8_splat offset=16 (local.get 0)))))
  (func (param v128 v128 v128) (result v128)
    (select (v128.bitselect (local.get 0) (local.get 1) (local.get 2)) (i16x8.narrow_i32x4_s (local.get 0) (local.get 1))
      (i64x2.all_true (local.get 2)))))
