;; Codes beyond 255 lose their upper bits on Unix, as everywhere; the code of -timeout prints its message.
;; RUN: run -invoke=exit % 256
;; RUN: run -invoke=exit % 300
;; RUN: run -invoke=exit % -1
;; RUN: run -invoke=exit % 0xefffffff
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "exit") (param i32) (call $proc_exit (local.get 0))))
