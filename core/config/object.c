#include "config/object.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NONE ", not a shared object"

/* What the linker has put in front of this very program. */
extern const ElfW(Ehdr) own __asm__("__ehdr_start") __attribute__((visibility("hidden")));

static const char *machine_name(unsigned machine)
{
	static const struct {
		unsigned machine;
		const char *name;
	} all[] = { { EM_X86_64, "x86-64" }, { EM_AARCH64, "ARM64" },      { EM_386, "x86" },
		    { EM_ARM, "ARM" },       { EM_RISCV, "RISC-V" },       { EM_PPC64, "PowerPC" },
		    { EM_PPC, "PowerPC" },   { EM_S390, "S/390" },         { EM_MIPS, "MIPS" },
		    { EM_SPARCV9, "SPARC" }, { EM_LOONGARCH, "LoongArch" } };
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].machine == machine)
			return all[i].name;
	return NULL;
}

static void add_machine(struct text *out, const unsigned char *ident, unsigned machine)
{
	const char *name = machine_name(machine);

	if (name)
		text_puts(out, name);
	else
		text_printf(out, "machine %u of ELF", machine);
	text_printf(out, " (%d bits, %s)", ident[EI_CLASS] == ELFCLASS64 ? 64 : 32,
		    ident[EI_DATA] == ELFDATA2LSB ? "little endian" : "big endian");
}

/* Two bytes of a header, in its own order. */
static unsigned half(const unsigned char *ident, const unsigned char *at)
{
	return ident[EI_DATA] == ELFDATA2LSB ? at[0] | (unsigned)at[1] << 8
					     : at[1] | (unsigned)at[0] << 8;
}

static bool is_for_here(const unsigned char *bytes, struct text *what)
{
	unsigned type = half(bytes, bytes + offsetof(ElfW(Ehdr), e_type));
	unsigned machine = half(bytes, bytes + offsetof(ElfW(Ehdr), e_machine));
	size_t len = what->len;

	if (type == ET_REL)
		text_puts(what, "is an object file" NONE ": link it with cc -shared");
	else if (type == ET_EXEC)
		text_puts(what, "is a program" NONE);
	else if (type == ET_CORE)
		text_puts(what, "is a core dump" NONE);
	if (what->len > len)
		return false;
	if (machine == own.e_machine && bytes[EI_CLASS] == own.e_ident[EI_CLASS] &&
	    bytes[EI_DATA] == own.e_ident[EI_DATA])
		return true;
	text_puts(what, "was built for ");
	add_machine(what, bytes, machine);
	text_puts(what, ", and this muster for ");
	add_machine(what, own.e_ident, own.e_machine);
	return false;
}

static bool is_text(const unsigned char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((bytes[i] < ' ' && !strchr("\t\n\r\f", bytes[i])) || bytes[i] == 0x7f)
			return false;
	return true;
}

/* What begins in another way than shared objects do. */
static const char *other_file(const unsigned char *bytes, size_t len)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *is;
	} all[] = {
		{ "!<arch>\n", 8, "is a static library" NONE },
		{ "!<thin>\n", 8, "is a static library" NONE },
		{ "MZ", 2, "is a library for Windows" NONE },
		{ "\xcf\xfa\xed\xfe", 4, "is a library for macOS" NONE },
		{ "\xce\xfa\xed\xfe", 4, "is a library for macOS" NONE },
		{ "\xca\xfe\xba\xbe", 4, "is a library for macOS" NONE },
		{ "version https://git-lfs", 23,
		  "is a text file that stands for one in Git LFS" NONE ": git lfs pull" },
	};
	size_t i;

	if (!len)
		return "is an empty file" NONE;
	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (len >= all[i].len && !memcmp(bytes, all[i].bytes, all[i].len))
			return all[i].is;
	if (is_text(bytes, len))
		return "is a text file" NONE;
	return "is a file of another kind" NONE;
}

/* How many bytes a shared object must have, by what its headers say. */
static uint64_t whole_size(int fd, const ElfW(Ehdr) * header)
{
	uint64_t size = header->e_shoff + (uint64_t)header->e_shnum * header->e_shentsize, end;
	unsigned i;

	for (i = 0; i < header->e_phnum; i++) {
		ElfW(Phdr) segment = { 0 };
		uint64_t at = header->e_phoff + (uint64_t)i * header->e_phentsize;

		end = at + sizeof segment;
		if (pread(fd, &segment, sizeof segment, (off_t)at) == sizeof segment &&
		    segment.p_type == PT_LOAD)
			end = segment.p_offset + segment.p_filesz;
		size = end > size ? end : size;
	}
	return size;
}

static bool is_sound(int fd, uint64_t bytes, struct text *what)
{
	unsigned char start[sizeof(ElfW(Ehdr))];
	ssize_t read = pread(fd, start, sizeof start, 0);
	size_t len = read > 0 ? (size_t)read : 0;
	uint64_t size = sizeof start;
	ElfW(Ehdr) header;

	if (read < 0)
		return true;
	if (len < SELFMAG || memcmp(start, ELFMAG, SELFMAG) != 0) {
		text_puts(what, other_file(start, len));
		return false;
	}
	if (len >= offsetof(ElfW(Ehdr), e_version) && !is_for_here(start, what))
		return false;
	if (len == sizeof header) {
		memcpy(&header, start, sizeof header);
		size = whole_size(fd, &header);
	}
	if (size > bytes)
		text_printf(what, "is a shared object cut short: it has %llu of %llu bytes",
			    (unsigned long long)bytes, (unsigned long long)size);
	return size <= bytes;
}

bool object_is_sound(const char *path, uint64_t bytes, struct text *what)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool sound = fd < 0 || is_sound(fd, bytes, what);

	if (fd >= 0)
		close(fd);
	return sound;
}

/* From its first byte in memory to its last; 0: it has none. */
static uint64_t span(int fd)
{
	uint64_t first = UINT64_MAX, last = 0;
	ElfW(Ehdr) header;
	unsigned i;

	if (pread(fd, &header, sizeof header, 0) != sizeof header)
		return 0;
	for (i = 0; i < header.e_phnum; i++) {
		ElfW(Phdr) segment;
		uint64_t at = header.e_phoff + (uint64_t)i * header.e_phentsize;

		if (pread(fd, &segment, sizeof segment, (off_t)at) != sizeof segment ||
		    segment.p_type != PT_LOAD)
			continue;
		first = segment.p_vaddr < first ? segment.p_vaddr : first;
		if (segment.p_vaddr + segment.p_memsz > last)
			last = segment.p_vaddr + segment.p_memsz;
	}
	return last > first ? last - first : 0;
}

/* Why it cannot be mapped; 0: it can, or nothing of it is to be. */
static int map_error(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	uint64_t size;
	void *mapped;

	if (fd < 0)
		return errno;
	size = span(fd);
	if (size) {
		mapped = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		if (mapped == MAP_FAILED)
			err = errno;
		else
			munmap(mapped, size);
	}
	close(fd);
	return err;
}

/* Of a message that a file could not be mapped, which it does not explain: 0, errno, or -1 of
 * another message. */
static int unmapped(const char *error)
{
	static const char *const reasons[] = { ": failed to map segment from shared object",
					       ": cannot map zero-fill pages",
					       ": cannot change memory protections",
					       ": cannot apply additional memory protection" };
	const char *end = NULL;
	size_t i;
	char *path;
	int err;

	for (i = 0; !end && i < sizeof reasons / sizeof *reasons; i++)
		end = strstr(error, reasons[i]);
	if (!end)
		return -1;
	path = strndup(error, (size_t)(end - error));
	err = path ? map_error(path) : ENOMEM;
	free(path);
	return err;
}

bool object_lacks_memory(const char *error)
{
	return strstr(error, strerror(ENOMEM)) || strstr(error, ": out of memory") ||
	       unmapped(error) == ENOMEM;
}

bool object_is_forbidden(const char *error)
{
	int err = unmapped(error);

	return err == EPERM || err == EACCES;
}

bool object_is_mappable(const char *error)
{
	return unmapped(error) == 0;
}
