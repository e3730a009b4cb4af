;; Vector accesses in a guarded memory: stores take any lane view, single lanes are scalar accesses.
(module
  (memory 1)
  (func (param i32 v128) (v128.store offset=32 (local.get 0) (f32x4.neg (local.get 1))))
  (func (param i32) (result v128) (v128.load8x8_u offset=8 (local.get 0)))
  (func (param i32) (result v128) (v128.load16_splat (local.get 0)))
  (func (param i32) (result v128) (v128.load64_zero (local.get 0)))
  (func (param i32 v128) (result v128) (v128.load8_lane offset=1 15 (local.get 0) (local.get 1)))
  (func (param i32 v128) (v128.store32_lane offset=4 2 (local.get 0) (local.get 1))))
