(module (import "env" "emscripten_resize_heap" (func (param i32) (result i32))) (func (export "_start")))
