;; Integers and floats, conversions, parametric instructions.
(module
  (func (param i32 i32) (result i32)
    (i32.rem_s (i32.div_s (i32.add (local.get 0) (i32.const -7)) (local.get 1)) (i32.shl (local.get 1) (i32.const 33))))
  (func (param i64 i64) (result i64)
    (i64.xor (i64.rotl (local.get 0) (local.get 1)) (i64.extend32_s (i64.popcnt (i64.clz (local.get 0))))))
  (func (param f32 f64) (result f64)
    (f64.copysign (f64.min (f64.promote_f32 (f32.nearest (local.get 0))) (local.get 1)) (f64.const -0)))
  (func (param f64 i64) (result i64)
    (i64.add (i64.trunc_f64_u (local.get 0)) (i64.reinterpret_f64 (f64.convert_i64_u (local.get 1)))))
  (func (param f32) (result i32)
    (select (i32.trunc_sat_f32_s (local.get 0)) (i32.wrap_i64 (i64.const -1)) (f32.ne (local.get 0) (local.get 0)))))
