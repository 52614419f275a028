// SPDX-License-Identifier: Apache-2.0
package nbd4j.it;

import java.util.List;

/**
 * Command lines of nbdkit, with every plugin and filter of Debian that needs neither network nor further packages. Not
 * there: cdi, iso, ssh, torrent (these need them), cc (a compiler), nbd (another server) and sh (which eval stands
 * for), and the filters exitlast and exitwhen, which end the server, pause, which changes no answer, and tls-fallback,
 * which shows another disk to those without TLS.
 */
final class NbdkitLines {
    private static final String EVAL =
            "eval get_size='echo 1M' pread='dd if=/dev/zero count=$3 iflag=count_bytes status=none' ";

    /** For every version. */
    static final List<String> COMMON = List.of(
            "memory 1M",
            "-r memory 1M",
            "-n memory 1M",
            "-o memory 1M",
            "-e default memory 1M",
            "--no-sr memory 1M",
            "--mask-handshake=1 memory 1M",
            "data ' @0x8000 1*513 @0x80000 2 ' size=1000001",
            "file @/disk",
            "file @/odd",
            "file @/empty",
            "file dir=@/exports",
            "floppy @/exports",
            "full 1M",
            "info mode=address",
            "info mode=exportname",
            "null 0",
            "null 8T",
            "partitioning @/disk @/disk2 partition-type=gpt",
            "pattern 1000001",
            "random 1M",
            "sparse-random 64M",
            "split @/disk @/odd",
            "zero",
            EVAL + "is_rotational='exit 0'",
            EVAL + "can_write='exit 0' can_flush='exit 0' can_trim='exit 0' can_zero='exit 0' can_fua='echo native' "
                    + "can_fast_zero='exit 0' can_cache='echo native' can_multi_conn='exit 0'",
            EVAL
                    + "can_extents='exit 0' extents='echo 0 4096 hole; echo 4096 512 zero; echo 4608 1K hole,zero; echo 5632 1M'",
            EVAL + "list_exports='echo INTERLEAVED; echo a; echo alpha; echo b; echo beta; echo; echo none' "
                    + "export_description='echo the \"$2\" one'",
            EVAL
                    + "list_exports='echo NAMES; echo good; echo bad' open='[ \"$3\" != bad ] || { echo ENOENT no >&2; exit 1; }'",
            EVAL + "open='echo EACCES no >&2; exit 1'",
            EVAL + "can_extents='exit 0' extents='echo EIO broken map >&2; exit 1'",
            "--filter=blocksize memory 1M minblock=4K maxdata=64K",
            "--filter=blocksize-policy memory 1M blocksize-minimum=512 blocksize-preferred=64K blocksize-maximum=1M "
                    + "blocksize-error-policy=error",
            "--filter=cache memory 1M",
            "--filter=cacheextents file @/disk",
            "--filter=checkwrite file @/disk",
            "--filter=cow memory 1M cow-block-size=4K",
            "--filter=cow file @/disk",
            "--filter=ddrescue memory 1M ddrescue-mapfile=@/rescue",
            "--filter=delay memory 1M rdelay=0",
            "--filter=error memory 1M error-rate=0",
            "--filter=error memory 1M error-pread-rate=100%",
            "--filter=exportname memory 1M exportname=a exportname=b exportname-list=explicit exportdesc='fixed:the one'",
            "--filter=exportname memory 1M exportname=a exportname-strict=true default-export=a",
            "--filter=extentlist memory 1M extentlist=@/extents",
            "--filter=fua memory 1M fuamode=pass",
            "--filter=fua memory 1M fuamode=emulate",
            "--filter=fua memory 1M fuamode=native",
            "--filter=fua memory 1M fuamode=force",
            "--filter=fua memory 1M fuamode=discard",
            "--filter=gzip file @/disk.gz",
            "--filter=ip memory 1M allow=anyunix",
            "--filter=limit memory 1M limit=4",
            "--filter=multi-conn memory 1M multi-conn-mode=disable",
            "--filter=multi-conn memory 1M multi-conn-mode=emulate",
            "--filter=multi-conn memory 1M multi-conn-mode=unsafe",
            "--filter=multi-conn --filter=cow memory 1M multi-conn-mode=auto",
            "--filter=nocache memory 1M cachemode=none",
            "--filter=nocache memory 1M cachemode=emulate",
            "--filter=nocache memory 1M cachemode=nop",
            "--filter=noextents memory 1M",
            "--filter=nofilter memory 1M",
            "--filter=noparallel memory 1M serialize=connections",
            "--filter=nozero memory 1M zeromode=none",
            "--filter=nozero memory 1M zeromode=emulate",
            "--filter=nozero memory 1M zeromode=notrim",
            "--filter=nozero memory 1M zeromode=plugin",
            "--filter=offset memory 2M offset=1M range=512K",
            "--filter=partition partitioning @/disk @/disk2 partition=2",
            "--filter=protect memory 1M protect=0-1023",
            "--filter=rate memory 1M rate=1G",
            "--filter=readahead memory 1M",
            "--filter=retry memory 1M",
            "--filter=retry-request memory 1M",
            "--filter=scan memory 1M",
            "--filter=swab memory 1M",
            "--filter=tar file @/disk.tar tar-entry=disk",
            "--filter=truncate memory 1000000 truncate=2M",
            "--filter=truncate memory 1000001 round-up=4K",
            "--filter=xz file @/disk.xz");

    /** What needs programs that the other root lacks, and servers that nbdinfo 1.22 cannot ask for a size. */
    static final List<String> HERE = List.of(
            "--mask-handshake=0 memory 1M",
            "--mask-handshake=2 memory 1M",
            "curl file://@/disk protocols=file",
            "linuxdisk @/exports",
            "ondemand dir=@/demand size=1M",
            "tmpdisk 1M command='truncate -s 1M \"$disk\"'",
            "--filter=ext2 file @/disk.ext2 ext2file='/two words'",
            "--filter=luks file @/disk.luks passphrase=123456",
            "--filter=log memory 1M logfile=/dev/null",
            "--filter=stats memory 1M statsfile=/dev/null");

    /** What nbdkit 1.32 does not have. */
    static final List<String> NEW = List.of(
            "ones 1M",
            "--filter=evil memory 1M evil-probability=0",
            "--filter=readonly memory 1M",
            "--filter=rotational memory 1M",
            "--filter=spinning memory 1M",
            "--filter=time-limit memory 1M time-limit=60");

    private NbdkitLines() {}
}
