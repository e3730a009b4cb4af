(module (func (export "add") (param i32)) (memory (export "memory") 1))
