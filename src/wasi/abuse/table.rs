//! The rows. What they mean stands in [`super::rows`].

use super::rows::{Row, iovec, rows, subscription};

/// Every row of the table.
pub(super) fn table() -> Vec<Row> {
    rows! {
        args_get(8, 32) => "argv=8,argv_buf=32" => "errno=ESUCCESS" {8: b" \0\0\0\"\0\0\0", 32: b"a\0bc\0"};
        args_get(1, 9) => "argv=1,argv_buf=9" => "errno=ESUCCESS" {1: b"\t\0\0\0\x0b\0\0\0a\0bc\0"};
        args_get(100, 4091)
            => "argv=100,argv_buf=4091"
            => "errno=ESUCCESS"
            {100: b"\xfb\x0f\0\0\xfd\x0f\0\0", 4091: b"a\0bc\0"};
        args_get(100, 4092) => "argv=100,argv_buf=4092" => "errno=EFAULT";
        args_get(4089, 0) => "argv=4089,argv_buf=0" => "errno=EFAULT" {0: b"a\0bc\0"};
        args_get(-1, -1) => "argv=-1,argv_buf=-1" => "errno=EFAULT";

        args_sizes_get(0, 4) => "result.argc=0,result.argv_len=4" => "errno=ESUCCESS" {0: b"\x02\0\0\0\x05\0\0\0"};
        args_sizes_get(1, 6) => "result.argc=1,result.argv_len=6" => "errno=ESUCCESS" {1: b"\x02\0\0\0?\x05\0\0\0"};
        args_sizes_get(4092, 3)
            => "result.argc=4092,result.argv_len=3"
            => "errno=ESUCCESS"
            {3: b"\x05\0\0\0", 4092: b"\x02\0\0\0"};
        args_sizes_get(4093, 0) => "result.argc=4093,result.argv_len=0" => "errno=EFAULT";
        args_sizes_get(0, 4093) => "result.argc=0,result.argv_len=4093" => "errno=EFAULT" {0: b"\x02\0\0\0"};
        args_sizes_get(-1, 0) => "result.argc=-1,result.argv_len=0" => "errno=EFAULT";

        environ_get(8, 32) => "environ=8,environ_buf=32" => "errno=ESUCCESS" {8: b" \0\0\0", 32: b"K=v\0"};
        environ_get(1, 5) => "environ=1,environ_buf=5" => "errno=ESUCCESS" {1: b"\x05\0\0\0K=v\0"};
        environ_get(4092, 0) => "environ=4092,environ_buf=0" => "errno=ESUCCESS" {0: b"K=v\0", 4092: b"\0\0\0\0"};
        environ_get(4093, 0) => "environ=4093,environ_buf=0" => "errno=EFAULT" {0: b"K=v\0"};
        environ_get(0, 4093) => "environ=0,environ_buf=4093" => "errno=EFAULT";
        environ_get(-4, -4) => "environ=-4,environ_buf=-4" => "errno=EFAULT";

        environ_sizes_get(0, 4)
            => "result.environc=0,result.environv_len=4"
            => "errno=ESUCCESS"
            {0: b"\x01\0\0\0\x04\0\0\0"};
        environ_sizes_get(4, 0)
            => "result.environc=4,result.environv_len=0"
            => "errno=ESUCCESS"
            {0: b"\x04\0\0\0\x01\0\0\0"};
        environ_sizes_get(1, 4092)
            => "result.environc=1,result.environv_len=4092"
            => "errno=ESUCCESS"
            {1: b"\x01\0\0\0", 4092: b"\x04\0\0\0"};
        environ_sizes_get(4093, 0) => "result.environc=4093,result.environv_len=0" => "errno=EFAULT";
        environ_sizes_get(0, 4096) => "result.environc=0,result.environv_len=4096" => "errno=EFAULT" {0: b"\x01\0\0\0"};
        environ_sizes_get(0, -2) => "result.environc=0,result.environv_len=-2" => "errno=EFAULT" {0: b"\x01\0\0\0"};

        clock_res_get(0, 8) => "id=realtime" => "(resolution=*,errno=ESUCCESS)" {8: [b'*'; 8]};
        clock_res_get(1, 1) => "id=monotonic" => "(resolution=*,errno=ESUCCESS)" {1: [b'*'; 8]};
        clock_res_get(2, 4088) => "id=2" => "(resolution=*,errno=ESUCCESS)" {4088: [b'*'; 8]};
        clock_res_get(4, 8) => "id=4" => "(resolution=,errno=EINVAL)";
        clock_res_get(-1, 8) => "id=-1" => "(resolution=,errno=EINVAL)";
        clock_res_get(0, 4089) => "id=realtime" => "(resolution=,errno=EFAULT)";

        clock_time_get(0, 0, 8) => "id=realtime,precision=0" => "(timestamp=*,errno=ESUCCESS)" {8: [b'*'; 8]};
        clock_time_get(1, -1, 1) => "id=monotonic,precision=-1" => "(timestamp=*,errno=ESUCCESS)" {1: [b'*'; 8]};
        clock_time_get(3, 1, 4088) => "id=3,precision=1" => "(timestamp=*,errno=ESUCCESS)" {4088: [b'*'; 8]};
        clock_time_get(4, 0, 8) => "id=4,precision=0" => "(timestamp=,errno=EINVAL)";
        clock_time_get(256, 0, 8) => "id=256,precision=0" => "(timestamp=,errno=EINVAL)";
        clock_time_get(1, 0, 4089) => "id=monotonic,precision=0" => "(timestamp=,errno=EFAULT)";

        fd_advise(7, 0, 0, 0) => "fd=7,offset=0,len=0,advice=0" => "errno=ESUCCESS";
        fd_advise(7, 1, 2, 5) => "fd=7,offset=1,len=2,advice=5" => "errno=ESUCCESS";
        fd_advise(10, 100, 100, 3) => "fd=10,offset=100,len=100,advice=3" => "errno=ESUCCESS";
        fd_advise(7, 0, 0, 6) => "fd=7,offset=0,len=0,advice=6" => "errno=EINVAL";
        fd_advise(7, -1, 1, 0) => "fd=7,offset=-1,len=1,advice=0" => "errno=EINVAL";
        fd_advise(3, 0, 0, 0) => "fd=3,offset=0,len=0,advice=0" => "errno=EBADF";
        fd_advise(11, 0, 0, 0) => "fd=11,offset=0,len=0,advice=0" => "errno=EBADF";
        fd_advise(0, 0, 0, 0) => "fd=0,offset=0,len=0,advice=0" => "errno=ESPIPE";

        fd_allocate(7, 0, 10) => "fd=7,offset=0,len=10" => "errno=ESUCCESS";
        fd_allocate(7, 10, 10) => "fd=7,offset=10,len=10" => "errno=ESUCCESS";
        fd_allocate(7, 0, 1) => "fd=7,offset=0,len=1" => "errno=ESUCCESS";
        fd_allocate(7, 0, 0) => "fd=7,offset=0,len=0" => "errno=EINVAL";
        fd_allocate(7, -1, 2) => "fd=7,offset=-1,len=2" => "errno=EFBIG";
        fd_allocate(10, 0, 1) => "fd=10,offset=0,len=1" => "errno=EBADF";
        fd_allocate(3, 0, 1) => "fd=3,offset=0,len=1" => "errno=EBADF";
        fd_allocate(1, 0, 1) => "fd=1,offset=0,len=1" => "errno=ESPIPE";

        fd_close(7) => "fd=7" => "errno=ESUCCESS";
        fd_close(3) => "fd=3" => "errno=ESUCCESS";
        fd_close(1) => "fd=1" => "errno=ESUCCESS";
        fd_close(9) => "fd=9" => "errno=ESUCCESS";
        fd_close(11) => "fd=11" => "errno=EBADF";
        fd_close(-1) => "fd=-1" => "errno=EBADF";
        fd_close(1048576) => "fd=1048576" => "errno=EBADF";

        fd_datasync(7) => "fd=7" => "errno=ESUCCESS";
        fd_datasync(8) => "fd=8" => "errno=ESUCCESS";
        fd_datasync(1) => "fd=1" => "errno=ESUCCESS";
        fd_datasync(11) => "fd=11" => "errno=EBADF";
        fd_datasync(-1) => "fd=-1" => "errno=EBADF";
        fd_datasync(9) => "fd=9" => "errno=EINVAL";

        fd_fdstat_get(7, 8)
            => "fd=7"
            => "(stat={filetype=REGULAR_FILE,fdflags=,fs_rights_base=FD_DATASYNC|FD_READ|FD_SEEK|FDSTAT_SET_FLAGS|FD_SYNC|FD_TELL|FD_WRITE|FD_ADVISE|FD_ALLOCATE,fs_rights_inheriting=FD_DATASYNC|FD_READ|FD_SEEK|FDSTAT_SET_FLAGS|FD_SYNC|FD_TELL|FD_WRITE|FD_ADVISE|FD_ALLOCATE|PATH_CREATE_DIRECTORY|PATH_CREATE_FILE|PATH_LINK_SOURCE|PATH_LINK_TARGET|PATH_OPEN|FD_READDIR|PATH_READLINK},errno=ESUCCESS)"
            {8: b"\x04\0\0\0\0\0\0\0\xff\x01\xe0\x08\0\0\0\0\xff\xff\xff?\0\0\0\0"};
        fd_fdstat_get(3, 1)
            => "fd=3"
            => "(stat={filetype=DIRECTORY,fdflags=,fs_rights_base=FD_DATASYNC|FDSTAT_SET_FLAGS|FD_SYNC|PATH_CREATE_DIRECTORY|PATH_CREATE_FILE|PATH_LINK_SOURCE|PATH_LINK_TARGET|PATH_OPEN|FD_READDIR|PATH_READLINK,fs_rights_inheriting=FD_DATASYNC|FD_READ|FD_SEEK|FDSTAT_SET_FLAGS|FD_SYNC|FD_TELL|FD_WRITE|FD_ADVISE|FD_ALLOCATE|PATH_CREATE_DIRECTORY|PATH_CREATE_FILE|PATH_LINK_SOURCE|PATH_LINK_TARGET|PATH_OPEN|FD_READDIR|PATH_READLINK},errno=ESUCCESS)"
            {1: b"\x03\0\0\0\0\0\0\0\x19\xfe\xbf\x07\0\0\0\0\xff\xff\xff\x0f\0\0\0\0"};
        fd_fdstat_get(6, 4072)
            => "fd=6"
            => "(stat={filetype=SOCKET_STREAM,fdflags=,fs_rights_base=FD_READ|FDSTAT_SET_FLAGS|FD_WRITE,fs_rights_inheriting=FD_READ|FDSTAT_SET_FLAGS|FD_WRITE},errno=ESUCCESS)"
            {4072: b"\x06\0\0\0\0\0\0\0J\0 8\0\0\0\0J\0 8\0\0\0\0"};
        fd_fdstat_get(0, 8)
            => "fd=0"
            => "(stat={filetype=UNKNOWN,fdflags=,fs_rights_base=FD_DATASYNC|FD_READ|FDSTAT_SET_FLAGS|FD_SYNC|FD_ADVISE|FD_ALLOCATE,fs_rights_inheriting=},errno=ESUCCESS)"
            {8: b"\0\0\0\0\0\0\0\0\x9b\x01\xe0\x08\0\0\0\0\0\0\0\0\0\0\0\0"};
        fd_fdstat_get(11, 8) => "fd=11" => "(stat=,errno=EBADF)";
        fd_fdstat_get(7, 4073) => "fd=7" => "(stat=,errno=EFAULT)";
        fd_fdstat_get(7, -1) => "fd=7" => "(stat=,errno=EFAULT)";

        fd_fdstat_set_flags(7, 0) => "fd=7,flags=" => "errno=ESUCCESS";
        fd_fdstat_set_flags(7, 5) => "fd=7,flags=APPEND|NONBLOCK" => "errno=ESUCCESS";
        fd_fdstat_set_flags(9, 4) => "fd=9,flags=NONBLOCK" => "errno=ESUCCESS";
        fd_fdstat_set_flags(0, 4) => "fd=0,flags=NONBLOCK" => "errno=ESUCCESS";
        fd_fdstat_set_flags(7, 16) => "fd=7,flags=SYNC" => "errno=ENOTSUP";
        fd_fdstat_set_flags(7, 32) => "fd=7,flags=" => "errno=EINVAL";
        fd_fdstat_set_flags(7, 65536) => "fd=7,flags=" => "errno=EINVAL";
        fd_fdstat_set_flags(11, 0) => "fd=11,flags=" => "errno=EBADF";

        fd_fdstat_set_rights(7, 2, 0) => "fd=7,fs_rights_base=FD_READ,fs_rights_inheriting=" => "errno=ESUCCESS";
        fd_fdstat_set_rights(3, 0, 0) => "fd=3,fs_rights_base=,fs_rights_inheriting=" => "errno=ESUCCESS";
        fd_fdstat_set_rights(10, 2, 0) => "fd=10,fs_rights_base=FD_READ,fs_rights_inheriting=" => "errno=ESUCCESS";
        fd_fdstat_set_rights(10, 64, 0) => "fd=10,fs_rights_base=FD_WRITE,fs_rights_inheriting=" => "errno=ENOTCAPABLE";
        fd_fdstat_set_rights(9, 0, 1) => "fd=9,fs_rights_base=,fs_rights_inheriting=FD_DATASYNC" => "errno=ENOTCAPABLE";
        fd_fdstat_set_rights(3, 2, 0) => "fd=3,fs_rights_base=FD_READ,fs_rights_inheriting=" => "errno=ENOTCAPABLE";
        fd_fdstat_set_rights(11, 0, 0) => "fd=11,fs_rights_base=,fs_rights_inheriting=" => "errno=EBADF";

        fd_filestat_get(7, 8)
            => "fd=7"
            => "(filestat={filetype=REGULAR_FILE,size=6,mtim=*},errno=ESUCCESS)"
            {8: b"****************\x04\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0************************"};
        fd_filestat_get(8, 1)
            => "fd=8"
            => "(filestat={filetype=DIRECTORY,size=*,mtim=*},errno=ESUCCESS)"
            {1: b"****************\x03\0\0\0\0\0\0\0****************************************"};
        fd_filestat_get(1, 4032)
            => "fd=1"
            => "(filestat={filetype=UNKNOWN,size=0,mtim=0},errno=ESUCCESS)"
            {4032: b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"};
        fd_filestat_get(11, 8) => "fd=11" => "(filestat=,errno=EBADF)";
        fd_filestat_get(7, 4033) => "fd=7" => "(filestat=,errno=EFAULT)";
        fd_filestat_get(7, -64) => "fd=7" => "(filestat=,errno=EFAULT)";

        fd_filestat_set_size(7, 0) => "fd=7,size=0" => "errno=ESUCCESS";
        fd_filestat_set_size(7, 6) => "fd=7,size=6" => "errno=ESUCCESS";
        fd_filestat_set_size(7, 1048576) => "fd=7,size=1048576" => "errno=ESUCCESS";
        fd_filestat_set_size(7, -1) => "fd=7,size=-1" => "errno=EFBIG";
        fd_filestat_set_size(10, 0) => "fd=10,size=0" => "errno=EBADF";
        fd_filestat_set_size(3, 0) => "fd=3,size=0" => "errno=EISDIR";
        fd_filestat_set_size(9, 0) => "fd=9,size=0" => "errno=EINVAL";
        fd_filestat_set_size(11, 0) => "fd=11,size=0" => "errno=EBADF";

        fd_filestat_set_times(7, 1234, 55555500, 5)
            => "fd=7,atim=1234,mtim=55555500,fst_flags=ATIM|MTIM"
            => "errno=ESUCCESS";
        fd_filestat_set_times(8, 0, 0, 10) => "fd=8,atim=0,mtim=0,fst_flags=ATIM_NOW|MTIM_NOW" => "errno=ESUCCESS";
        fd_filestat_set_times(3, 7, 7, 0) => "fd=3,atim=7,mtim=7,fst_flags=" => "errno=ESUCCESS";
        fd_filestat_set_times(7, 0, 0, 3) => "fd=7,atim=0,mtim=0,fst_flags=ATIM|ATIM_NOW" => "errno=EINVAL";
        fd_filestat_set_times(7, 0, 0, 16) => "fd=7,atim=0,mtim=0,fst_flags=" => "errno=EINVAL";
        fd_filestat_set_times(4, 0, 0, 5) => "fd=4,atim=0,mtim=0,fst_flags=ATIM|MTIM" => "errno=EROFS";
        fd_filestat_set_times(0, 0, 0, 5) => "fd=0,atim=0,mtim=0,fst_flags=ATIM|MTIM" => "errno=ENOTSUP";
        fd_filestat_set_times(11, 0, 0, 0) => "fd=11,atim=0,mtim=0,fst_flags=" => "errno=EBADF";

        fd_pread(7, 200, 1, 0, 30) [200: iovec(300, 6)]
            => "fd=7,iovs=200,iovs_len=1,offset=0"
            => "(nread=6,errno=ESUCCESS)"
            {30: b"\x06\0\0\0", 300: b"wazero"};
        fd_pread(10, 200, 1, 4, 31) [200: iovec(300, 6)]
            => "fd=10,iovs=200,iovs_len=1,offset=4"
            => "(nread=2,errno=ESUCCESS)"
            {31: b"\x02\0\0\0", 300: b"ro"};
        fd_pread(7, 200, 2, 1, 30) [200: iovec(301, 2), 208: iovec(305, 2)]
            => "fd=7,iovs=200,iovs_len=2,offset=1"
            => "(nread=4,errno=ESUCCESS)"
            {30: b"\x04\0\0\0", 301: b"az", 305: b"er"};
        fd_pread(7, 200, 1, 99, 30) [200: iovec(300, 6)]
            => "fd=7,iovs=200,iovs_len=1,offset=99"
            => "(nread=0,errno=ESUCCESS)"
            {30: b"\0\0\0\0"};
        fd_pread(7, 200, 1, -1, 30) [200: iovec(300, 6)]
            => "fd=7,iovs=200,iovs_len=1,offset=-1"
            => "(nread=,errno=EINVAL)";
        fd_pread(3, 200, 1, 0, 30) [200: iovec(300, 6)]
            => "fd=3,iovs=200,iovs_len=1,offset=0"
            => "(nread=,errno=EISDIR)";
        fd_pread(0, 200, 1, 0, 30) [200: iovec(300, 6)]
            => "fd=0,iovs=200,iovs_len=1,offset=0"
            => "(nread=,errno=ESPIPE)";
        fd_pread(9, 200, 1, 0, 30) [200: iovec(300, 6)]
            => "fd=9,iovs=200,iovs_len=1,offset=0"
            => "(nread=,errno=ESPIPE)";
        fd_pread(7, 200, 1, 0, 4093) [200: iovec(300, 6)]
            => "fd=7,iovs=200,iovs_len=1,offset=0"
            => "(nread=,errno=EFAULT)";
        fd_pread(7, 200, 1, 0, 30) [200: iovec(4091, 6)]
            => "fd=7,iovs=200,iovs_len=1,offset=0"
            => "(nread=,errno=EFAULT)";

        fd_prestat_get(3, 8) => "fd=3" => "(prestat={pr_name_len=1},errno=ESUCCESS)" {8: b"\0\0\0\0\x01\0\0\0"};
        fd_prestat_get(4, 1) => "fd=4" => "(prestat={pr_name_len=2},errno=ESUCCESS)" {1: b"\0\0\0\0\x02\0\0\0"};
        fd_prestat_get(5, 4088) => "fd=5" => "(prestat={pr_name_len=5},errno=ESUCCESS)" {4088: b"\0\0\0\0\x05\0\0\0"};
        fd_prestat_get(7, 8) => "fd=7" => "(prestat=,errno=EBADF)";
        fd_prestat_get(6, 8) => "fd=6" => "(prestat=,errno=EBADF)";
        fd_prestat_get(11, 8) => "fd=11" => "(prestat=,errno=EBADF)";
        fd_prestat_get(3, 4089) => "fd=3" => "(prestat=,errno=EFAULT)";

        fd_prestat_dir_name(3, 8, 1) => "fd=3" => "(path=/,errno=ESUCCESS)" {8: b"/"};
        fd_prestat_dir_name(4, 1, 2) => "fd=4" => "(path=ro,errno=ESUCCESS)" {1: b"ro"};
        fd_prestat_dir_name(5, 4091, 5) => "fd=5" => "(path=again,errno=ESUCCESS)" {4091: b"again"};
        fd_prestat_dir_name(5, 8, 4) => "fd=5" => "(path=,errno=ENAMETOOLONG)";
        fd_prestat_dir_name(3, 4096, 1) => "fd=3" => "(path=,errno=EFAULT)";
        fd_prestat_dir_name(8, 8, 1) => "fd=8" => "(path=,errno=EBADF)";
        fd_prestat_dir_name(11, 8, 1) => "fd=11" => "(path=,errno=EBADF)";

        fd_pwrite(7, 200, 1, 0, 30) [200: iovec(300, 3), 300: b"abc"]
            => "fd=7,iovs=200,iovs_len=1,offset=0"
            => "(nwritten=3,errno=ESUCCESS)"
            {30: b"\x03\0\0\0"};
        fd_pwrite(7, 200, 2, 9, 31) [200: iovec(300, 1), 208: iovec(300, 2), 300: b"ab"]
            => "fd=7,iovs=200,iovs_len=2,offset=9"
            => "(nwritten=3,errno=ESUCCESS)"
            {31: b"\x03\0\0\0"};
        fd_pwrite(7, 200, 0, 0, 30)
            => "fd=7,iovs=200,iovs_len=0,offset=0"
            => "(nwritten=0,errno=ESUCCESS)"
            {30: b"\0\0\0\0"};
        fd_pwrite(10, 200, 1, 0, 30) [200: iovec(300, 3)]
            => "fd=10,iovs=200,iovs_len=1,offset=0"
            => "(nwritten=,errno=EBADF)";
        fd_pwrite(7, 200, 1, -1, 30) [200: iovec(300, 3)]
            => "fd=7,iovs=200,iovs_len=1,offset=-1"
            => "(nwritten=,errno=EINVAL)";
        fd_pwrite(3, 200, 1, 0, 30) [200: iovec(300, 3)]
            => "fd=3,iovs=200,iovs_len=1,offset=0"
            => "(nwritten=,errno=EISDIR)";
        fd_pwrite(1, 200, 1, 0, 30) [200: iovec(300, 3)]
            => "fd=1,iovs=200,iovs_len=1,offset=0"
            => "(nwritten=,errno=ESPIPE)";
        fd_pwrite(7, 200, 1, 0, -1) [200: iovec(300, 3)]
            => "fd=7,iovs=200,iovs_len=1,offset=0"
            => "(nwritten=,errno=EFAULT)";
        fd_pwrite(7, 200, 1, 0, 30) [200: iovec(4095, 2)]
            => "fd=7,iovs=200,iovs_len=1,offset=0"
            => "(nwritten=,errno=EFAULT)";

        fd_read(7, 200, 1, 30) [200: iovec(300, 6)]
            => "fd=7,iovs=200,iovs_len=1"
            => "(nread=6,errno=ESUCCESS)"
            {30: b"\x06\0\0\0", 300: b"wazero"};
        fd_read(7, 200, 2, 31) [200: iovec(303, 2), 208: iovec(300, 2)]
            => "fd=7,iovs=200,iovs_len=2"
            => "(nread=4,errno=ESUCCESS)"
            {31: b"\x04\0\0\0", 300: b"ze?wa"};
        fd_read(9, 200, 1, 30) [200: iovec(300, 9)]
            => "fd=9,iovs=200,iovs_len=1"
            => "(nread=5,errno=ESUCCESS)"
            {30: b"\x05\0\0\0", 300: b"hello"};
        fd_read(7, 200, 3, 30) [200: iovec(300, 2), 208: iovec(-1i32 as u32, 0), 216: iovec(301, 2)]
            => "fd=7,iovs=200,iovs_len=3"
            => "(nread=2,errno=ESUCCESS)"
            {30: b"\x02\0\0\0", 300: b"wa"};
        fd_read(0, 200, 1, 30) [200: iovec(300, 5)] => "" => "errno=ESUCCESS" {30: b"\x05\0\0\0", 300: b"input"};
        fd_read(3, 200, 1, 30) [200: iovec(300, 6)] => "fd=3,iovs=200,iovs_len=1" => "(nread=,errno=EISDIR)";
        fd_read(11, 200, 1, 30) [200: iovec(300, 6)] => "fd=11,iovs=200,iovs_len=1" => "(nread=,errno=EBADF)";
        fd_read(7, 4089, 1, 30) => "fd=7,iovs=4089,iovs_len=1" => "(nread=,errno=EFAULT)";
        fd_read(7, 200, 536870912, 30) => "fd=7,iovs=200,iovs_len=536870912" => "(nread=,errno=EFAULT)";
        fd_read(7, 200, 1, 4093) [200: iovec(300, 6)] => "fd=7,iovs=200,iovs_len=1" => "(nread=,errno=EFAULT)";
        fd_read(7, 200, 1, 30) [200: iovec(300, 3797)] => "fd=7,iovs=200,iovs_len=1" => "(nread=,errno=EFAULT)";

        fd_readdir(8, 100, 1000, 0, 30)
            => "fd=8,buf=100,buf_len=1000,cookie=0"
            => "(bufused=76,errno=ESUCCESS)"
            {30: b"L\0\0\0", 100: b"\x01\0\0\0\0\0\0\0********\x01\0\0\0\x03\0\0\0.\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x03\0\0\0..\x03\0\0\0\0\0\0\0********\x01\0\0\0\x04\0\0\0g"};
        fd_readdir(8, 100, 30, 1, 30)
            => "fd=8,buf=100,buf_len=30,cookie=1"
            => "(bufused=30,errno=ESUCCESS)"
            {30: b"\x1e\0\0\0", 100: b"\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x03\0\0\0..\x03\0\0\0"};
        fd_readdir(8, 100, 1000, 3, 31)
            => "fd=8,buf=100,buf_len=1000,cookie=3"
            => "(bufused=0,errno=ESUCCESS)"
            {31: b"\0\0\0\0"};
        fd_readdir(8, 100, 0, 0, 30)
            => "fd=8,buf=100,buf_len=0,cookie=0"
            => "(bufused=0,errno=ESUCCESS)"
            {30: b"\0\0\0\0"};
        fd_readdir(7, 100, 1000, 0, 30) => "fd=7,buf=100,buf_len=1000,cookie=0" => "(bufused=,errno=ENOTDIR)";
        fd_readdir(11, 100, 1000, 0, 30) => "fd=11,buf=100,buf_len=1000,cookie=0" => "(bufused=,errno=EBADF)";
        fd_readdir(8, 100, 3997, 0, 30) => "fd=8,buf=100,buf_len=3997,cookie=0" => "(bufused=,errno=EFAULT)";
        fd_readdir(8, 100, 1000, 0, 4093) => "fd=8,buf=100,buf_len=1000,cookie=0" => "(bufused=,errno=EFAULT)";
        fd_readdir(8, -1, -1, 0, 30) => "fd=8,buf=-1,buf_len=-1,cookie=0" => "(bufused=,errno=EFAULT)";

        fd_renumber(7, 10) => "fd=7,to=10" => "errno=ESUCCESS";
        fd_renumber(7, 7) => "fd=7,to=7" => "errno=ESUCCESS";
        fd_renumber(3, 1) => "fd=3,to=1" => "errno=ESUCCESS";
        fd_renumber(7, 4) => "fd=7,to=4" => "errno=ESUCCESS";
        fd_renumber(7, 11) => "fd=7,to=11" => "errno=EBADF";
        fd_renumber(11, 7) => "fd=11,to=7" => "errno=EBADF";
        fd_renumber(-1, -1) => "fd=-1,to=-1" => "errno=EBADF";

        fd_seek(7, 2, 0, 8) => "fd=7,offset=2,whence=0" => "(newoffset=2,errno=ESUCCESS)" {8: b"\x02\0\0\0\0\0\0\0"};
        fd_seek(7, -1, 2, 1) => "fd=7,offset=-1,whence=2" => "(newoffset=5,errno=ESUCCESS)" {1: b"\x05\0\0\0\0\0\0\0"};
        fd_seek(7, 0, 1, 4088)
            => "fd=7,offset=0,whence=1"
            => "(newoffset=0,errno=ESUCCESS)"
            {4088: b"\0\0\0\0\0\0\0\0"};
        fd_seek(7, -1, 0, 8) => "fd=7,offset=-1,whence=0" => "(newoffset=,errno=EINVAL)";
        fd_seek(7, 0, 3, 8) => "fd=7,offset=0,whence=3" => "(newoffset=,errno=EINVAL)";
        fd_seek(3, 0, 0, 8) => "fd=3,offset=0,whence=0" => "(newoffset=,errno=EISDIR)";
        fd_seek(0, 0, 0, 8) => "fd=0,offset=0,whence=0" => "(newoffset=,errno=ESPIPE)";
        fd_seek(9, 0, 1, 8) => "fd=9,offset=0,whence=1" => "(newoffset=,errno=ESPIPE)";
        fd_seek(7, 0, 0, 4089) => "fd=7,offset=0,whence=0" => "(newoffset=,errno=EFAULT)";

        fd_sync(7) => "fd=7" => "errno=ESUCCESS";
        fd_sync(3) => "fd=3" => "errno=ESUCCESS";
        fd_sync(1) => "fd=1" => "errno=ESUCCESS";
        fd_sync(9) => "fd=9" => "errno=EINVAL";
        fd_sync(11) => "fd=11" => "errno=EBADF";
        fd_sync(-1) => "fd=-1" => "errno=EBADF";

        fd_tell(7, 8) => "fd=7,result.offset=8" => "errno=ESUCCESS" {8: b"\0\0\0\0\0\0\0\0"};
        fd_tell(10, 1) => "fd=10,result.offset=1" => "errno=ESUCCESS" {1: b"\0\0\0\0\0\0\0\0"};
        fd_tell(7, 4088) => "fd=7,result.offset=4088" => "errno=ESUCCESS" {4088: b"\0\0\0\0\0\0\0\0"};
        fd_tell(7, 4089) => "fd=7,result.offset=4089" => "errno=EFAULT";
        fd_tell(3, 8) => "fd=3,result.offset=8" => "errno=EISDIR";
        fd_tell(0, 8) => "fd=0,result.offset=8" => "errno=ESPIPE";
        fd_tell(11, 8) => "fd=11,result.offset=8" => "errno=EBADF";

        fd_write(7, 200, 1, 30) [200: iovec(300, 3), 300: b"abc"]
            => "fd=7,iovs=200,iovs_len=1"
            => "(nwritten=3,errno=ESUCCESS)"
            {30: b"\x03\0\0\0"};
        fd_write(1, 200, 1, 30) [200: iovec(300, 3), 300: b"abc"] => "" => "errno=ESUCCESS" {30: b"\x03\0\0\0"};
        fd_write(9, 200, 2, 31) [200: iovec(300, 3), 208: iovec(300, 3), 300: b"abc"]
            => "fd=9,iovs=200,iovs_len=2"
            => "(nwritten=6,errno=ESUCCESS)"
            {31: b"\x06\0\0\0"};
        fd_write(7, 200, 1, 30) [200: iovec(-1i32 as u32, 0)]
            => "fd=7,iovs=200,iovs_len=1"
            => "(nwritten=0,errno=ESUCCESS)"
            {30: b"\0\0\0\0"};
        fd_write(0, 200, 1, 30) [200: iovec(300, 3)] => "" => "errno=EBADF";
        fd_write(10, 200, 1, 30) [200: iovec(300, 3)] => "fd=10,iovs=200,iovs_len=1" => "(nwritten=,errno=EBADF)";
        fd_write(3, 200, 1, 30) [200: iovec(300, 3)] => "fd=3,iovs=200,iovs_len=1" => "(nwritten=,errno=EBADF)";
        fd_write(11, 200, 1, 30) [200: iovec(300, 3)] => "fd=11,iovs=200,iovs_len=1" => "(nwritten=,errno=EBADF)";
        fd_write(7, 4089, 1, 30) => "fd=7,iovs=4089,iovs_len=1" => "(nwritten=,errno=EFAULT)";
        fd_write(7, 200, 1, -1) [200: iovec(300, 3)] => "fd=7,iovs=200,iovs_len=1" => "(nwritten=,errno=EFAULT)";
        fd_write(7, 200, 1, 30) [200: iovec(4000, 97)] => "fd=7,iovs=200,iovs_len=1" => "(nwritten=,errno=EFAULT)";

        path_create_directory(3, 100, 3) [100: b"new"] => "fd=3,path=new" => "errno=ESUCCESS";
        path_create_directory(5, 100, 5) [100: b"d/new"] => "fd=5,path=d/new" => "errno=ESUCCESS";
        path_create_directory(3, 100, 4) [100: b"new/"] => "fd=3,path=new/" => "errno=ESUCCESS";
        path_create_directory(3, 100, 1) [100: b"d"] => "fd=3,path=d" => "errno=EEXIST";
        path_create_directory(3, 100, 3) [100: b"f/x"] => "fd=3,path=f/x" => "errno=ENOTDIR";
        path_create_directory(3, 100, 0) => "fd=3,path=" => "errno=ENOENT";
        path_create_directory(4, 100, 3) [100: b"new"] => "fd=4,path=new" => "errno=EROFS";
        path_create_directory(3, 100, 2) [100: b"a\0"] => "fd=3,path=a\\x00" => "errno=EINVAL";
        path_create_directory(7, 100, 3) [100: b"new"] => "fd=7,path=new" => "errno=ENOTDIR";
        path_create_directory(3, 4000, 97) => "fd=3,path=OOM(4000,97)" => "errno=EFAULT";
        path_create_directory(3, 100, 300) [100: [b'a'; 300]]
            => "fd=3,path=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            => "errno=ENAMETOOLONG";

        path_filestat_get(3, 0, 100, 1, 200) [100: b"f"]
            => "fd=3,flags=,path=f"
            => "(filestat={filetype=REGULAR_FILE,size=6,mtim=*},errno=ESUCCESS)"
            {200: b"****************\x04\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0************************"};
        path_filestat_get(4, 1, 100, 1, 201) [100: b"l"]
            => "fd=4,flags=SYMLINK_FOLLOW,path=l"
            => "(filestat={filetype=REGULAR_FILE,size=6,mtim=*},errno=ESUCCESS)"
            {201: b"****************\x04\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0************************"};
        path_filestat_get(3, 0, 100, 1, 200) [100: b"l"]
            => "fd=3,flags=,path=l"
            => "(filestat={filetype=SYMBOLIC_LINK,size=1,mtim=*},errno=ESUCCESS)"
            {200: b"****************\x07\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0************************"};
        path_filestat_get(3, 1, 100, 4, 200) [100: b"loop"]
            => "fd=3,flags=SYMLINK_FOLLOW,path=loop"
            => "(filestat=,errno=ELOOP)";
        path_filestat_get(3, 0, 100, 1, 200) [100: b"x"] => "fd=3,flags=,path=x" => "(filestat=,errno=ENOENT)";
        path_filestat_get(3, 2, 100, 1, 200) [100: b"f"] => "fd=3,flags=,path=f" => "(filestat=,errno=EINVAL)";
        path_filestat_get(11, 0, 100, 1, 200) [100: b"f"] => "fd=11,flags=,path=f" => "(filestat=,errno=EBADF)";
        path_filestat_get(3, 0, 100, 1, 4033) [100: b"f"] => "fd=3,flags=,path=f" => "(filestat=,errno=EFAULT)";
        path_filestat_get(3, 0, 4096, 1, 200) => "fd=3,flags=,path=OOM(4096,1)" => "(filestat=,errno=EFAULT)";

        path_filestat_set_times(3, 1, 100, 1, 1234, 5678, 5) [100: b"f"]
            => "fd=3,flags=SYMLINK_FOLLOW,path=f,atim=1234,mtim=5678,fst_flags=ATIM|MTIM"
            => "errno=ESUCCESS";
        path_filestat_set_times(3, 0, 100, 1, 0, 0, 10) [100: b"l"]
            => "fd=3,flags=,path=l,atim=0,mtim=0,fst_flags=ATIM_NOW|MTIM_NOW"
            => "errno=ESUCCESS";
        path_filestat_set_times(5, 1, 100, 1, 0, 0, 0) [100: b"d"]
            => "fd=5,flags=SYMLINK_FOLLOW,path=d,atim=0,mtim=0,fst_flags="
            => "errno=ESUCCESS";
        path_filestat_set_times(3, 1, 100, 1, 0, 0, 12) [100: b"f"]
            => "fd=3,flags=SYMLINK_FOLLOW,path=f,atim=0,mtim=0,fst_flags=MTIM|MTIM_NOW"
            => "errno=EINVAL";
        path_filestat_set_times(3, 1, 100, 1, 0, 0, 5) [100: b"x"]
            => "fd=3,flags=SYMLINK_FOLLOW,path=x,atim=0,mtim=0,fst_flags=ATIM|MTIM"
            => "errno=ENOENT";
        path_filestat_set_times(4, 1, 100, 1, 0, 0, 5) [100: b"f"]
            => "fd=4,flags=SYMLINK_FOLLOW,path=f,atim=0,mtim=0,fst_flags=ATIM|MTIM"
            => "errno=EROFS";
        path_filestat_set_times(11, 1, 100, 1, 0, 0, 5) [100: b"f"]
            => "fd=11,flags=SYMLINK_FOLLOW,path=f,atim=0,mtim=0,fst_flags=ATIM|MTIM"
            => "errno=EBADF";
        path_filestat_set_times(3, 1, -1, 2, 0, 0, 5)
            => "fd=3,flags=SYMLINK_FOLLOW,path=OOM(18446744073709551615,2),atim=0,mtim=0,fst_flags=ATIM|MTIM"
            => "errno=EFAULT";

        path_link(3, 0, 100, 1, 3, 150, 3) [100: b"f", 150: b"new"]
            => "old_fd=3,old_flags=,old_path=f,new_fd=3,new_path=new"
            => "errno=ESUCCESS";
        path_link(3, 1, 100, 1, 3, 150, 3) [100: b"l", 150: b"new"]
            => "old_fd=3,old_flags=SYMLINK_FOLLOW,old_path=l,new_fd=3,new_path=new"
            => "errno=ESUCCESS";
        path_link(3, 0, 100, 3, 8, 150, 3) [100: b"d/g", 150: b"new"]
            => "old_fd=3,old_flags=,old_path=d/g,new_fd=8,new_path=new"
            => "errno=ESUCCESS";
        path_link(3, 0, 100, 1, 5, 150, 3) [100: b"f", 150: b"new"]
            => "old_fd=3,old_flags=,old_path=f,new_fd=5,new_path=new"
            => "errno=EXDEV";
        path_link(3, 0, 100, 1, 3, 150, 1) [100: b"f", 150: b"d"]
            => "old_fd=3,old_flags=,old_path=f,new_fd=3,new_path=d"
            => "errno=EEXIST";
        path_link(3, 0, 100, 1, 3, 150, 3) [100: b"x", 150: b"new"]
            => "old_fd=3,old_flags=,old_path=x,new_fd=3,new_path=new"
            => "errno=ENOENT";
        path_link(3, 0, 100, 1, 4, 150, 3) [100: b"f", 150: b"new"]
            => "old_fd=3,old_flags=,old_path=f,new_fd=4,new_path=new"
            => "errno=EROFS";
        path_link(3, 2, 100, 1, 3, 150, 3) [100: b"f", 150: b"new"]
            => "old_fd=3,old_flags=,old_path=f,new_fd=3,new_path=new"
            => "errno=EINVAL";
        path_link(3, 0, 100, 1, 3, 4095, 2) [100: b"f"]
            => "old_fd=3,old_flags=,old_path=f,new_fd=3,new_path=OOM(4095,2)"
            => "errno=EFAULT";

        path_open(3, 0, 100, 1, 0, 2, 0, 0, 30) [100: b"f"]
            => "fd=3,dirflags=,path=f,oflags=,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=11,errno=ESUCCESS)"
            {30: b"\x0b\0\0\0"};
        path_open(3, 1, 100, 1, 0, 66, 0, 1, 31) [100: b"l"]
            => "fd=3,dirflags=SYMLINK_FOLLOW,path=l,oflags=,fs_rights_base=FD_READ|FD_WRITE,fs_rights_inheriting=,fdflags=APPEND"
            => "(opened_fd=11,errno=ESUCCESS)"
            {31: b"\x0b\0\0\0"};
        path_open(3, 0, 100, 3, 5, 64, 0, 0, 4092) [100: b"new"]
            => "fd=3,dirflags=,path=new,oflags=CREAT|EXCL,fs_rights_base=FD_WRITE,fs_rights_inheriting=,fdflags="
            => "(opened_fd=11,errno=ESUCCESS)"
            {4092: b"\x0b\0\0\0"};
        path_open(4, 0, 100, 1, 2, 16384, -1, 0, 30) [100: b"d"]
            => "fd=4,dirflags=,path=d,oflags=DIRECTORY,fs_rights_base=FD_READDIR,fs_rights_inheriting=FD_DATASYNC|FD_READ|FD_SEEK|FDSTAT_SET_FLAGS|FD_SYNC|FD_TELL|FD_WRITE|FD_ADVISE|FD_ALLOCATE|PATH_CREATE_DIRECTORY|PATH_CREATE_FILE|PATH_LINK_SOURCE|PATH_LINK_TARGET|PATH_OPEN|FD_READDIR|PATH_READLINK|PATH_RENAME_SOURCE|PATH_RENAME_TARGET|PATH_FILESTAT_GET|PATH_FILESTAT_SET_SIZE|PATH_FILESTAT_SET_TIMES|FD_FILESTAT_GET|FD_FILESTAT_SET_SIZE|FD_FILESTAT_SET_TIMES|PATH_SYMLINK|PATH_REMOVE_DIRECTORY|PATH_UNLINK_FILE|POLL_FD_READWRITE|SOCK_SHUTDOWN,fdflags="
            => "(opened_fd=11,errno=ESUCCESS)"
            {30: b"\x0b\0\0\0"};
        path_open(3, 0, 100, 1, 5, 2, 0, 0, 30) [100: b"f"]
            => "fd=3,dirflags=,path=f,oflags=CREAT|EXCL,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=EEXIST)";
        path_open(3, 0, 100, 1, 2, 2, 0, 0, 30) [100: b"f"]
            => "fd=3,dirflags=,path=f,oflags=DIRECTORY,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=ENOTDIR)";
        path_open(3, 0, 100, 1, 0, 64, 0, 0, 30) [100: b"d"]
            => "fd=3,dirflags=,path=d,oflags=,fs_rights_base=FD_WRITE,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=EISDIR)";
        path_open(3, 0, 100, 1, 0, 2, 0, 0, 30) [100: b"l"]
            => "fd=3,dirflags=,path=l,oflags=,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=ELOOP)";
        path_open(3, 0, 100, 1, 0, 2, 0, 0, 30) [100: b"x"]
            => "fd=3,dirflags=,path=x,oflags=,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=ENOENT)";
        path_open(3, 0, 100, 1, 16, 2, 0, 0, 30) [100: b"f"]
            => "fd=3,dirflags=,path=f,oflags=,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=EINVAL)";
        path_open(3, 0, 100, 1, 0, 2, 0, 32, 30) [100: b"f"]
            => "fd=3,dirflags=,path=f,oflags=,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=EINVAL)";
        path_open(4, 0, 100, 1, 8, 2, 0, 0, 30) [100: b"f"]
            => "fd=4,dirflags=,path=f,oflags=TRUNC,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=EROFS)";
        path_open(3, 0, 100, 1, 0, 2, 0, 0, 4093) [100: b"f"]
            => "fd=3,dirflags=,path=f,oflags=,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=EFAULT)";
        path_open(3, 0, 100, 4000, 0, 2, 0, 0, 30)
            => "fd=3,dirflags=,path=OOM(100,4000),oflags=,fs_rights_base=FD_READ,fs_rights_inheriting=,fdflags="
            => "(opened_fd=,errno=EFAULT)";

        path_readlink(3, 100, 4, 300, 10, 30) [100: b"loop"]
            => "fd=3,path=loop,buf=300,buf_len=10"
            => "(bufused=4,errno=ESUCCESS)"
            {30: b"\x04\0\0\0", 300: b"loop"};
        path_readlink(4, 100, 1, 300, 1, 31) [100: b"l"]
            => "fd=4,path=l,buf=300,buf_len=1"
            => "(bufused=1,errno=ESUCCESS)"
            {31: b"\x01\0\0\0", 300: b"f"};
        path_readlink(3, 100, 4, 300, 2, 30) [100: b"loop"]
            => "fd=3,path=loop,buf=300,buf_len=2"
            => "(bufused=2,errno=ESUCCESS)"
            {30: b"\x02\0\0\0", 300: b"lo"};
        path_readlink(3, 100, 1, 300, 10, 30) [100: b"f"]
            => "fd=3,path=f,buf=300,buf_len=10"
            => "(bufused=,errno=EINVAL)";
        path_readlink(3, 100, 1, 300, 10, 30) [100: b"x"]
            => "fd=3,path=x,buf=300,buf_len=10"
            => "(bufused=,errno=ENOENT)";
        path_readlink(3, 100, 1, 4090, 10, 30) [100: b"l"]
            => "fd=3,path=l,buf=4090,buf_len=10"
            => "(bufused=,errno=EFAULT)";
        path_readlink(3, 100, 1, 300, 10, 4094) [100: b"l"]
            => "fd=3,path=l,buf=300,buf_len=10"
            => "(bufused=,errno=EFAULT)";

        path_remove_directory(3, 100, 1) [100: b"e"] => "fd=3,path=e" => "errno=ESUCCESS";
        path_remove_directory(3, 100, 2) [100: b"e/"] => "fd=3,path=e/" => "errno=ESUCCESS";
        path_remove_directory(5, 100, 3) [100: b"./e"] => "fd=5,path=./e" => "errno=ESUCCESS";
        path_remove_directory(3, 100, 1) [100: b"d"] => "fd=3,path=d" => "errno=ENOTEMPTY";
        path_remove_directory(3, 100, 1) [100: b"f"] => "fd=3,path=f" => "errno=ENOTDIR";
        path_remove_directory(3, 100, 1) [100: b"x"] => "fd=3,path=x" => "errno=ENOENT";
        path_remove_directory(4, 100, 1) [100: b"e"] => "fd=4,path=e" => "errno=EROFS";
        path_remove_directory(3, 4096, 1) => "fd=3,path=OOM(4096,1)" => "errno=EFAULT";

        path_rename(3, 100, 1, 3, 150, 3) [100: b"f", 150: b"new"]
            => "fd=3,old_path=f,new_fd=3,new_path=new"
            => "errno=ESUCCESS";
        path_rename(3, 100, 1, 8, 150, 1) [100: b"f", 150: b"g"]
            => "fd=3,old_path=f,new_fd=8,new_path=g"
            => "errno=ESUCCESS";
        path_rename(3, 100, 1, 3, 150, 4) [100: b"e", 150: b"new/"]
            => "fd=3,old_path=e,new_fd=3,new_path=new/"
            => "errno=ESUCCESS";
        path_rename(3, 100, 1, 5, 150, 3) [100: b"f", 150: b"new"]
            => "fd=3,old_path=f,new_fd=5,new_path=new"
            => "errno=EXDEV";
        path_rename(3, 100, 1, 3, 150, 1) [100: b"f", 150: b"e"]
            => "fd=3,old_path=f,new_fd=3,new_path=e"
            => "errno=EISDIR";
        path_rename(3, 100, 1, 3, 150, 1) [100: b"e", 150: b"f"]
            => "fd=3,old_path=e,new_fd=3,new_path=f"
            => "errno=ENOTDIR";
        path_rename(3, 100, 1, 3, 150, 1) [100: b"e", 150: b"d"]
            => "fd=3,old_path=e,new_fd=3,new_path=d"
            => "errno=ENOTEMPTY";
        path_rename(3, 100, 1, 3, 150, 3) [100: b"d", 150: b"d/x"]
            => "fd=3,old_path=d,new_fd=3,new_path=d/x"
            => "errno=EINVAL";
        path_rename(4, 100, 1, 3, 150, 3) [100: b"f", 150: b"new"]
            => "fd=4,old_path=f,new_fd=3,new_path=new"
            => "errno=EROFS";
        path_rename(3, 100, 4000, 3, 150, 3) => "fd=3,old_path=OOM(100,4000),new_fd=3,new_path=???" => "errno=EFAULT";

        path_symlink(100, 1, 3, 150, 3) [100: b"f", 150: b"new"] => "old_path=f,fd=3,new_path=new" => "errno=ESUCCESS";
        path_symlink(100, 7, 8, 150, 3) [100: b"nowhere", 150: b"new"]
            => "old_path=nowhere,fd=8,new_path=new"
            => "errno=ESUCCESS";
        path_symlink(100, 4, 5, 150, 5) [100: b"../f", 150: b"d/new"]
            => "old_path=../f,fd=5,new_path=d/new"
            => "errno=ESUCCESS";
        path_symlink(100, 1, 3, 150, 1) [100: b"x", 150: b"f"] => "old_path=x,fd=3,new_path=f" => "errno=EEXIST";
        path_symlink(100, 0, 3, 150, 3) [150: b"new"] => "old_path=,fd=3,new_path=new" => "errno=ENOENT";
        path_symlink(100, 1, 4, 150, 3) [100: b"f", 150: b"new"] => "old_path=f,fd=4,new_path=new" => "errno=EROFS";
        path_symlink(100, 2, 3, 150, 3) [100: b"f\0", 150: b"new"]
            => "old_path=f\\x00,fd=3,new_path=new"
            => "errno=EINVAL";
        path_symlink(4090, 7, 3, 150, 3) [150: b"new"] => "old_path=OOM(4090,7),fd=3,new_path=new" => "errno=EFAULT";

        path_unlink_file(3, 100, 1) [100: b"f"] => "fd=3,path=f" => "errno=ESUCCESS";
        path_unlink_file(3, 100, 4) [100: b"loop"] => "fd=3,path=loop" => "errno=ESUCCESS";
        path_unlink_file(8, 100, 1) [100: b"g"] => "fd=8,path=g" => "errno=ESUCCESS";
        path_unlink_file(3, 100, 1) [100: b"d"] => "fd=3,path=d" => "errno=EISDIR";
        path_unlink_file(3, 100, 2) [100: b"f/"] => "fd=3,path=f/" => "errno=ENOTDIR";
        path_unlink_file(3, 100, 1) [100: b"x"] => "fd=3,path=x" => "errno=ENOENT";
        path_unlink_file(4, 100, 1) [100: b"f"] => "fd=4,path=f" => "errno=EROFS";
        path_unlink_file(3, 4095, 2) => "fd=3,path=OOM(4095,2)" => "errno=EFAULT";

        poll_oneoff(100, 300, 1, 30) [100: subscription(0, 1, 1000, 0)]
            => "in=100,out=300,nsubscriptions=1"
            => "(nevents=1,errno=ESUCCESS)"
            {30: b"\x01\0\0\0", 308: b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"};
        poll_oneoff(101, 301, 1, 31) [101: subscription(1, 7, 0, 0)]
            => "in=101,out=301,nsubscriptions=1"
            => "(nevents=1,errno=ESUCCESS)"
            {31: b"\x01\0\0\0", 309: b"\0\0\x01\0\0\0\0\0\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"};
        poll_oneoff(100, 300, 3, 30) [100: subscription(2, 9, 0, 0), 148: subscription(0, 0, 0, 1), 196: subscription(1, 11, 0, 0)]
            => "in=100,out=300,nsubscriptions=3"
            => "(nevents=3,errno=ESUCCESS)"
            {30: b"\x03\0\0\0", 308: b"\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 340: b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 372: b"\x08\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"};
        poll_oneoff(100, 300, 1, 30) [100: subscription(0, 9, 0, 0)]
            => "in=100,out=300,nsubscriptions=1"
            => "(nevents=1,errno=ESUCCESS)"
            {30: b"\x01\0\0\0", 308: b"\x1c\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"};
        poll_oneoff(100, 300, 0, 30) => "in=100,out=300,nsubscriptions=0" => "(nevents=,errno=EINVAL)";
        poll_oneoff(100, 300, 1, 30) => "in=100,out=300,nsubscriptions=1" => "(nevents=,errno=EINVAL)";
        poll_oneoff(4049, 300, 1, 30) => "in=4049,out=300,nsubscriptions=1" => "(nevents=,errno=EFAULT)";
        poll_oneoff(100, 4065, 1, 30) [100: subscription(1, 7, 0, 0)]
            => "in=100,out=4065,nsubscriptions=1"
            => "(nevents=,errno=EFAULT)";
        poll_oneoff(100, 300, 1, 4093) [100: subscription(1, 7, 0, 0)]
            => "in=100,out=300,nsubscriptions=1"
            => "(nevents=,errno=EFAULT)";
        poll_oneoff(100, 300, -1, 30) => "in=100,out=300,nsubscriptions=-1" => "(nevents=,errno=EFAULT)";

        proc_raise(0) => "sig=0" => "errno=ENOSYS";
        proc_raise(15) => "sig=15" => "errno=ENOSYS";
        proc_raise(-1) => "sig=-1" => "errno=ENOSYS";

        sched_yield() => "" => "errno=ESUCCESS";
        sched_yield() [0: b"x"] => "" => "errno=ESUCCESS";
        sched_yield() [4095: b"x"] => "" => "errno=ESUCCESS";

        random_get(8, 16) => "buf=8,buf_len=16" => "errno=ESUCCESS" {8: [b'*'; 16]};
        random_get(4096, 0) => "buf=4096,buf_len=0" => "errno=ESUCCESS";
        random_get(4095, 1) => "buf=4095,buf_len=1" => "errno=ESUCCESS" {4095: b"*"};
        random_get(4095, 2) => "buf=4095,buf_len=2" => "errno=EFAULT";
        random_get(0, 4097) => "buf=0,buf_len=4097" => "errno=EFAULT";
        random_get(-1, -1) => "buf=-1,buf_len=-1" => "errno=EFAULT";

        sock_accept(6, 0, 30) => "fd=6,flags=" => "(fd=11,errno=ESUCCESS)" {30: b"\x0b\0\0\0"};
        sock_accept(6, 4, 31) => "fd=6,flags=NONBLOCK" => "(fd=11,errno=ESUCCESS)" {31: b"\x0b\0\0\0"};
        sock_accept(6, 4, 4092) => "fd=6,flags=NONBLOCK" => "(fd=11,errno=ESUCCESS)" {4092: b"\x0b\0\0\0"};
        sock_accept(6, 1, 30) => "fd=6,flags=APPEND" => "(fd=,errno=EINVAL)";
        sock_accept(9, 0, 30) => "fd=9,flags=" => "(fd=,errno=EINVAL)";
        sock_accept(7, 0, 30) => "fd=7,flags=" => "(fd=,errno=ENOTSOCK)";
        sock_accept(11, 0, 30) => "fd=11,flags=" => "(fd=,errno=EBADF)";
        sock_accept(6, 0, 4093) => "fd=6,flags=" => "(fd=,errno=EFAULT)";

        sock_recv(9, 200, 1, 0, 30, 40) [200: iovec(300, 9)]
            => "fd=9,ri_data=200,ri_data_len=1,ri_flags="
            => "(ro_datalen=5,ro_flags=,errno=ESUCCESS)"
            {30: b"\x05\0\0\0", 40: b"\0\0", 300: b"hello"};
        sock_recv(9, 200, 1, 1, 31, 41) [200: iovec(300, 2)]
            => "fd=9,ri_data=200,ri_data_len=1,ri_flags=RECV_PEEK"
            => "(ro_datalen=2,ro_flags=,errno=ESUCCESS)"
            {31: b"\x02\0\0\0", 41: b"\0\0", 300: b"he"};
        sock_recv(9, 200, 2, 2, 30, 40) [200: iovec(303, 2), 208: iovec(300, 2)]
            => "fd=9,ri_data=200,ri_data_len=2,ri_flags=RECV_WAITALL"
            => "(ro_datalen=4,ro_flags=,errno=ESUCCESS)"
            {30: b"\x04\0\0\0", 40: b"\0\0", 300: b"ll?he"};
        sock_recv(9, 200, 1, 4, 30, 40) [200: iovec(300, 9)]
            => "fd=9,ri_data=200,ri_data_len=1,ri_flags="
            => "(ro_datalen=,ro_flags=,errno=EINVAL)";
        sock_recv(6, 200, 1, 0, 30, 40) [200: iovec(300, 9)]
            => "fd=6,ri_data=200,ri_data_len=1,ri_flags="
            => "(ro_datalen=,ro_flags=,errno=ENOTCONN)";
        sock_recv(7, 200, 1, 0, 30, 40) [200: iovec(300, 9)]
            => "fd=7,ri_data=200,ri_data_len=1,ri_flags="
            => "(ro_datalen=,ro_flags=,errno=ENOTSOCK)";
        sock_recv(9, 200, 1, 0, 4093, 40) [200: iovec(300, 9)]
            => "fd=9,ri_data=200,ri_data_len=1,ri_flags="
            => "(ro_datalen=,ro_flags=,errno=EFAULT)";
        sock_recv(9, 200, 1, 0, 30, 4095) [200: iovec(300, 9)]
            => "fd=9,ri_data=200,ri_data_len=1,ri_flags="
            => "(ro_datalen=,ro_flags=,errno=EFAULT)";
        sock_recv(9, 200, 1, 0, 30, 40) [200: iovec(4095, 2)]
            => "fd=9,ri_data=200,ri_data_len=1,ri_flags="
            => "(ro_datalen=,ro_flags=,errno=EFAULT)";

        sock_send(9, 200, 1, 0, 30) [200: iovec(300, 3), 300: b"abc"]
            => "fd=9,si_data=200,si_data_len=1,si_flags="
            => "(so_datalen=3,errno=ESUCCESS)"
            {30: b"\x03\0\0\0"};
        sock_send(9, 200, 2, 0, 31) [200: iovec(300, 1), 208: iovec(301, 2), 300: b"abc"]
            => "fd=9,si_data=200,si_data_len=2,si_flags="
            => "(so_datalen=3,errno=ESUCCESS)"
            {31: b"\x03\0\0\0"};
        sock_send(9, 200, 0, 0, 30)
            => "fd=9,si_data=200,si_data_len=0,si_flags="
            => "(so_datalen=0,errno=ESUCCESS)"
            {30: b"\0\0\0\0"};
        sock_send(9, 200, 1, 1, 30) [200: iovec(300, 3)]
            => "fd=9,si_data=200,si_data_len=1,si_flags=1"
            => "(so_datalen=,errno=EINVAL)";
        sock_send(6, 200, 1, 0, 30) [200: iovec(300, 3)]
            => "fd=6,si_data=200,si_data_len=1,si_flags="
            => "(so_datalen=,errno=EPIPE)";
        sock_send(3, 200, 1, 0, 30) [200: iovec(300, 3)]
            => "fd=3,si_data=200,si_data_len=1,si_flags="
            => "(so_datalen=,errno=ENOTSOCK)";
        sock_send(9, 4089, 1, 0, 30) => "fd=9,si_data=4089,si_data_len=1,si_flags=" => "(so_datalen=,errno=EFAULT)";
        sock_send(9, 200, 1, 0, 4093) [200: iovec(300, 3)]
            => "fd=9,si_data=200,si_data_len=1,si_flags="
            => "(so_datalen=,errno=EFAULT)";

        sock_shutdown(9, 1) => "fd=9,how=RD" => "errno=ESUCCESS";
        sock_shutdown(9, 2) => "fd=9,how=WR" => "errno=ESUCCESS";
        sock_shutdown(9, 3) => "fd=9,how=RD|WR" => "errno=ESUCCESS";
        sock_shutdown(9, 0) => "fd=9,how=" => "errno=EINVAL";
        sock_shutdown(9, 4) => "fd=9,how=" => "errno=EINVAL";
        sock_shutdown(9, 258) => "fd=9,how=WR" => "errno=EINVAL";
        sock_shutdown(8, 3) => "fd=8,how=RD|WR" => "errno=ENOTSOCK";
        sock_shutdown(11, 3) => "fd=11,how=RD|WR" => "errno=EBADF";
    }
}
