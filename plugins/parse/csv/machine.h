/*
 * What the processor can do.
 *
 * Loops over bytes are written for each of these; all of them give the same.
 * Which one is taken is found out at run time, and tests take each.
 */
#ifndef MACHINE_H
#define MACHINE_H

enum machine {
	MACHINE_UNKNOWN,  /* not found out yet */
	MACHINE_PORTABLE, /* 64 bits at a time, anywhere */
	MACHINE_AVX2,     /* with BMI1, BMI2 and PCLMUL */
	MACHINE_AVX512,   /* F, BW, VL and VBMI2, and all of the former */
	MACHINES,
};

#if defined __x86_64__ && defined __GNUC__
#define MACHINE_X86 1
#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")))
#define TARGET_AVX512 \
	__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2")))
#else
#define MACHINE_X86 0
#endif

/* The best of them here. */
static inline enum machine machine_find(void)
{
#if MACHINE_X86
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
	    !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("popcnt") ||
	    !__builtin_cpu_supports("pclmul"))
		return MACHINE_PORTABLE;
	if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
	    !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512vbmi2"))
		return MACHINE_AVX2;
	return MACHINE_AVX512;
#else
	return MACHINE_PORTABLE;
#endif
}

#endif
