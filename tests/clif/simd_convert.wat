;; Conversions between lane types; those of two f64 lanes are pairs with a constant zero.
(module
  (func (param v128) (result v128) (i32x4.extend_high_i16x8_u (local.get 0)))
  (func (param v128 v128) (result v128) (i8x16.narrow_i16x8_u (local.get 0) (local.get 1)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f32x4_s (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f64x2_s_zero (local.get 0)))
  (func (param v128) (result v128) (i32x4.trunc_sat_f64x2_u_zero (local.get 0)))
  (func (param v128) (result v128) (f32x4.convert_i32x4_u (local.get 0)))
  (func (param v128) (result v128) (f64x2.convert_low_i32x4_s (local.get 0)))
  (func (param v128) (result v128) (f64x2.promote_low_f32x4 (f32x4.demote_f64x2_zero (local.get 0)))))
