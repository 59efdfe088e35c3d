#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>

#include "sweep.h"

const struct fault faults[FAULTS] = {
	[FAULT_ENOSPC] = { "ENOSPC", .error = ENOSPC, .sticky = true },
	[FAULT_EIO] = { "EIO", .error = EIO, .sticky = true },
	[FAULT_EMFILE] = { "EMFILE", .error = EMFILE, .sticky = true },
	[FAULT_EINTR] = { "EINTR", .error = EINTR },
	[FAULT_ENOMEM] = { "ENOMEM", .error = ENOMEM, .sticky = true },
	[FAULT_SHORT] = { "short", .sticky = true },
	[FAULT_TERM] = { "TERM", .signal = SIGTERM },
	[FAULT_HUP] = { "HUP", .signal = SIGHUP },
	[FAULT_INT] = { "INT", .signal = SIGINT },
	[FAULT_KILL] = { "KILL", .signal = SIGKILL },
	[FAULT_ALLOC] = { "alloc", .error = ENOMEM, .sticky = true },
};

#define SPACE  (1U << FAULT_ENOSPC)
#define IO     (1U << FAULT_EIO)
#define FILES  (1U << FAULT_EMFILE)
#define INTR   (1U << FAULT_EINTR)
#define MEMORY (1U << FAULT_ENOMEM)
#define SHORT  (1U << FAULT_SHORT)

#define NOTHING .path = -1, .fd = -1, .length = -1, .flags = -1
#define FD      .path = -1, .fd = 0, .length = -1, .flags = -1
#define PATH(n) .path = (n), .fd = -1, .length = -1, .flags = -1
#define BYTES   .path = -1, .fd = 0, .length = 2, .flags = -1

/* openat() gives ENOSPC only when it may create: the tracer looks at its flags. */
const struct call calls[] = {
	{ SYS_openat, "openat", SPACE | IO | FILES | INTR, .path = 1, .fd = -1, .length = -1,
	  .flags = 2 },
	{ SYS_read, "read", IO | INTR | SHORT, BYTES },
	{ SYS_pread64, "pread64", IO | INTR | SHORT, BYTES },
	{ SYS_readv, "readv", IO | INTR, FD },
	{ SYS_write, "write", SPACE | IO | INTR | SHORT, BYTES },
	{ SYS_pwrite64, "pwrite64", SPACE | IO | INTR | SHORT, BYTES },
	{ SYS_writev, "writev", SPACE | IO | INTR, FD },
	{ SYS_copy_file_range, "copy_file_range", SPACE | IO, FD },
	{ SYS_sendfile, "sendfile", IO | INTR, FD },
	{ SYS_close, "close", IO | INTR, FD, .after = true },
	{ SYS_fsync, "fsync", SPACE | IO | INTR, FD },
	{ SYS_fdatasync, "fdatasync", SPACE | IO | INTR, FD },
	{ SYS_sync_file_range, "sync_file_range", SPACE | IO, FD },
	{ SYS_ftruncate, "ftruncate", SPACE | IO | INTR, FD },
	{ SYS_fallocate, "fallocate", SPACE | IO | INTR, FD },
	{ SYS_lseek, "lseek", 0, FD },
	{ SYS_mkdirat, "mkdirat", SPACE | IO, PATH(1) },
	{ SYS_unlinkat, "unlinkat", IO, PATH(1), .removes = true },
	{ SYS_renameat, "renameat", SPACE | IO, PATH(1) },
	{ SYS_renameat2, "renameat2", SPACE | IO, .path = 1, .fd = -1, .length = -1, .flags = 4 },
	{ SYS_linkat, "linkat", SPACE | IO, PATH(3) },
	{ SYS_symlinkat, "symlinkat", SPACE | IO, PATH(2) },
	{ SYS_readlinkat, "readlinkat", IO, PATH(1) },
	{ SYS_newfstatat, "newfstatat", IO, PATH(1) },
	{ SYS_fstat, "fstat", IO, FD },
	{ SYS_statx, "statx", IO, PATH(1) },
	{ SYS_faccessat, "faccessat", IO, PATH(1) },
	{ SYS_faccessat2, "faccessat2", IO, PATH(1) },
	{ SYS_getdents64, "getdents64", IO, FD },
	{ SYS_fchmod, "fchmod", IO, FD },
	{ SYS_fchmodat, "fchmodat", IO, PATH(1) },
	{ SYS_fchown, "fchown", IO, FD },
	{ SYS_fchownat, "fchownat", IO, PATH(1) },
	{ SYS_utimensat, "utimensat", IO, PATH(1) },
	{ SYS_fcntl, "fcntl", INTR, FD },
	{ SYS_flock, "flock", INTR, FD },
	{ SYS_dup, "dup", FILES, FD },
	{ SYS_dup3, "dup3", INTR, FD },
	{ SYS_pipe2, "pipe2", FILES, NOTHING },
	{ SYS_socket, "socket", FILES, NOTHING },
	{ SYS_memfd_create, "memfd_create", FILES, NOTHING },
	{ SYS_eventfd2, "eventfd2", FILES, NOTHING },
	{ SYS_getcwd, "getcwd", 0, NOTHING },
	{ SYS_wait4, "wait4", INTR, NOTHING },
	{ SYS_waitid, "waitid", INTR, NOTHING },
	{ SYS_ppoll, "ppoll", INTR, NOTHING },
	{ SYS_mmap, "mmap", MEMORY, .path = -1, .fd = 4, .length = -1, .flags = -1 },
	{ SYS_mremap, "mremap", MEMORY, NOTHING },
	{ SYS_mprotect, "mprotect", MEMORY, NOTHING },
	{ SYS_brk, "brk", MEMORY, NOTHING },
	{ SYS_clone3, "clone3", MEMORY, NOTHING },
	{ SYS_exit_group, "exit_group", 0, NOTHING },
#ifdef SYS_open /* the calls of old, which glibc still makes on x86-64 */
	{ SYS_open, "open", SPACE | IO | FILES | INTR, .path = 0, .fd = -1, .length = -1,
	  .flags = 1 },
	{ SYS_mkdir, "mkdir", SPACE | IO, PATH(0) },
	{ SYS_rmdir, "rmdir", IO, PATH(0), .removes = true },
	{ SYS_unlink, "unlink", IO, PATH(0), .removes = true },
	{ SYS_rename, "rename", SPACE | IO, PATH(0) },
	{ SYS_link, "link", SPACE | IO, PATH(1) },
	{ SYS_symlink, "symlink", SPACE | IO, PATH(1) },
	{ SYS_readlink, "readlink", IO, PATH(0) },
	{ SYS_access, "access", IO, PATH(0) },
	{ SYS_stat, "stat", IO, PATH(0) },
	{ SYS_lstat, "lstat", IO, PATH(0) },
	{ SYS_chmod, "chmod", IO, PATH(0) },
	{ SYS_chown, "chown", IO, PATH(0) },
	{ SYS_dup2, "dup2", INTR, FD },
	{ SYS_pipe, "pipe", FILES, NOTHING },
	{ SYS_poll, "poll", INTR, NOTHING },
#endif
	{ 0 },
};

const struct call *call_find(long number)
{
	const struct call *c;

	for (c = calls; c->name; c++)
		if (c->number == number)
			return c;
	return NULL;
}
