;; Waits for a connection on descriptor 3, looks at the five bytes that come, takes them, sends them back and says goodbye.
;; The exit code is the number of the step that went wrong.
(module
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv" (func $recv (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $send (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $shutdown (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  ;; A list of one buffer, of 5 bytes at 64; a subscription to reading from the descriptor at 144.
  (data (i32.const 0) "\40\00\00\00\05\00\00\00")
  (data (i32.const 128) "\07\00\00\00\00\00\00\00\01")

  (func $expect (param $step i32) (param $got i32) (param $wanted i32)
    (if (i32.ne (local.get $got) (local.get $wanted)) (then (call $exit (local.get $step)))))

  (func $wait (param $step i32) (param $fd i32)
    (i32.store (i32.const 144) (local.get $fd))
    (call $expect (local.get $step)
      (call $poll (i32.const 128) (i32.const 200) (i32.const 1) (i32.const 16)) (i32.const 0))
    (call $expect (local.get $step) (i32.load (i32.const 16)) (i32.const 1))
    (call $expect (local.get $step) (i32.load (i32.const 200)) (i32.const 7))
    (call $expect (local.get $step) (i32.load16_u (i32.const 208)) (i32.const 0)))

  (func (export "_start")
    ;; The listener is a stream socket (6).
    (call $expect (i32.const 1) (call $fdstat (i32.const 3) (i32.const 300)) (i32.const 0))
    (call $expect (i32.const 2) (i32.load8_u (i32.const 300)) (i32.const 6))
    ;; A listener that does not wait is asked by poll whether somebody is there.
    (call $expect (i32.const 3) (call $set_flags (i32.const 3) (i32.const 4)) (i32.const 0))
    (call $wait (i32.const 4) (i32.const 3))
    (call $expect (i32.const 5) (call $accept (i32.const 3) (i32.const 0) (i32.const 24)) (i32.const 0))
    (call $expect (i32.const 6) (i32.load (i32.const 24)) (i32.const 4))
    ;; Nobody else is: EAGAIN.
    (call $expect (i32.const 7) (call $accept (i32.const 3) (i32.const 0) (i32.const 24)) (i32.const 6))
    ;; The bytes come in two pieces; looking waits for the whole and leaves it there.
    (call $wait (i32.const 8) (i32.const 4))
    (call $expect (i32.const 9)
      (call $recv (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 3) (i32.const 32) (i32.const 36)) (i32.const 0))
    (call $expect (i32.const 10) (i32.load (i32.const 32)) (i32.const 5))
    (i32.store (i32.const 64) (i32.const 0))
    (call $expect (i32.const 11)
      (call $recv (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 32) (i32.const 36)) (i32.const 0))
    (call $expect (i32.const 12) (i32.load (i32.const 32)) (i32.const 5))
    (call $expect (i32.const 13)
      (call $send (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 32)) (i32.const 0))
    (call $expect (i32.const 14) (i32.load (i32.const 32)) (i32.const 5))
    (call $expect (i32.const 15) (call $shutdown (i32.const 4) (i32.const 2)) (i32.const 0))
    ;; What is sent afterwards is EPIPE.
    (call $expect (i32.const 16)
      (call $send (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 32)) (i32.const 64))
    ;; The other side closes: its end is 0 bytes.
    (call $expect (i32.const 17)
      (call $recv (i32.const 4) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 32) (i32.const 36)) (i32.const 0))
    (call $expect (i32.const 18) (i32.load (i32.const 32)) (i32.const 0))))
