;; The instructions that are more than one CLIF instruction, each in the form that back ends recognise.
(module
  (func (param v128 v128) (result v128) (f32x4.pmin (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (f64x2.pmax (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i32x4.dot_i16x8_s (local.get 0) (local.get 1)))
  (func (param v128 v128) (result v128) (i64x2.extmul_high_i32x4_u (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i16x8.extadd_pairwise_i8x16_s (local.get 0)))
  (func (param v128 v128) (result v128) (v128.andnot (local.get 0) (local.get 1)))
  (func (param v128 i32) (result v128) (i64x2.shr_s (local.get 0) (local.get 1)))
  ;; The mask decides the lane view: no bitcast stands between comparison and selection.
  (func (param v128 v128) (result v128)
    (v128.bitselect (local.get 0) (local.get 1) (i32x4.lt_s (local.get 0) (local.get 1))))
  (func (param v128) (result i32) (v128.any_true (f32x4.ne (local.get 0) (local.get 0)))))
