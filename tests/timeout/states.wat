;; A function for each state in which a program can be when its time is up. Each says `begun` on stdout and then stays in
;; its state for ever. Descriptor 3 is a directory with a FIFO `fifo` and many files in `many`, 4 is a listener.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00")
  (data (i32.const 16) "begun\n")
  (data (i32.const 32) "fifo")
  (data (i32.const 40) "many")
  (data (i32.const 48) "big")

  (func $begin (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 60))))

  ;; Room from 65536 on, in an I/O vector at 64.
  (func $grow (param $pages i32)
    (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable))
    (i32.store (i32.const 64) (i32.const 65536))
    (i32.store (i32.const 68) (i32.mul (local.get $pages) (i32.const 65536))))

  ;; Opens a path below descriptor 3; a failure is -1.
  (func $open (param $path i32) (param $len i32) (param $oflags i32) (param $rights i64) (result i32)
    (if (call $path_open (i32.const 3) (i32.const 0) (local.get $path) (local.get $len) (local.get $oflags)
          (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 72))
      (then (return (i32.const -1))))
    (i32.load (i32.const 72)))

  (func (export "_initialize"))

  (func (export "loop") (call $begin) (loop $again (br $again)))

  (func (export "host_calls") (call $begin)
    (loop $again (drop (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 128))) (br $again)))

  (func (export "read_stdin") (call $grow (i32.const 1)) (call $begin)
    (loop $again (drop (call $fd_read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 60))) (br $again)))

  ;; A relative time of the monotonic clock: an hour.
  (func (export "sleep") (call $begin)
    (i32.store (i32.const 144) (i32.const 1)) ;; the clock's number at offset 16
    (i64.store (i32.const 152) (i64.const 3600000000000))
    (loop $again
      (drop (call $poll_oneoff (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 60))) (br $again)))

  (func (export "poll_stdin") (call $begin)
    (i32.store8 (i32.const 136) (i32.const 1)) ;; fd_read
    (loop $again
      (drop (call $poll_oneoff (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 60))) (br $again)))

  (func (export "random") (call $grow (i32.const 2048)) (call $begin)
    (loop $again (drop (call $random_get (i32.const 65536) (i32.const 134217728))) (br $again)))

  (func (export "fill") (call $grow (i32.const 2048)) (call $begin)
    (loop $again (memory.fill (i32.const 65536) (i32.const 1) (i32.const 134217728)) (br $again)))

  (func (export "copy") (call $grow (i32.const 2048)) (call $begin)
    (loop $again
      (memory.copy (i32.const 65536) (i32.const 67174400) (i32.const 67108864)) (br $again)))

  (func (export "fifo") (local $fd i32) (call $grow (i32.const 1)) (call $begin)
    (loop $again
      (local.set $fd (call $open (i32.const 32) (i32.const 4) (i32.const 0) (i64.const 2)))
      (drop (call $fd_read (local.get $fd) (i32.const 64) (i32.const 1) (i32.const 60)))
      (drop (call $fd_close (local.get $fd)))
      (br $again)))

  ;; Writes 64 MiB from the file's beginning, again and again.
  (func (export "write_file") (local $fd i32) (call $grow (i32.const 1024))
    (local.set $fd (call $open (i32.const 48) (i32.const 3) (i32.const 1) (i64.const 0x44)))
    (call $begin)
    (loop $again
      (drop (call $fd_seek (local.get $fd) (i64.const 0) (i32.const 0) (i32.const 80)))
      (drop (call $fd_write (local.get $fd) (i32.const 64) (i32.const 1) (i32.const 60)))
      (br $again)))

  (func (export "read_dir") (local $fd i32) (call $grow (i32.const 16))
    (local.set $fd (call $open (i32.const 40) (i32.const 4) (i32.const 2) (i64.const 0x4000)))
    (call $begin)
    (loop $again
      (drop (call $fd_readdir (local.get $fd) (i32.const 65536) (i32.const 1048576) (i64.const 0) (i32.const 60)))
      (br $again)))

  (func (export "accept") (call $begin)
    (loop $again (drop (call $sock_accept (i32.const 4) (i32.const 0) (i32.const 60))) (br $again)))

  (func (export "poll_listener") (call $begin)
    (i32.store8 (i32.const 136) (i32.const 1)) ;; fd_read
    (i32.store (i32.const 144) (i32.const 4))
    (loop $again
      (drop (call $poll_oneoff (i32.const 128) (i32.const 256) (i32.const 1) (i32.const 60))) (br $again)))

  ;; Nobody reads what it writes.
  (func (export "full_stdout") (call $grow (i32.const 16)) (call $begin)
    (loop $again (drop (call $fd_write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 60))) (br $again)))

  (func (export "full_stderr") (call $grow (i32.const 16)) (call $begin)
    (loop $again (drop (call $fd_write (i32.const 2) (i32.const 64) (i32.const 1) (i32.const 60))) (br $again))))
