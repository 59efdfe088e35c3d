/*
 * What the processor can do.
 *
 * Loops over bytes are written for each of these; all of them give the same.
 * Which one is taken is found out at run time, and tests take each.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "cpu/cpu.h"

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
	if (!CPU_HAS(AVX2, "avx2") || !CPU_HAS(BMI1, "bmi") || !CPU_HAS(BMI2, "bmi2") ||
	    !CPU_HAS(LZCNT, "lzcnt") || !CPU_HAS(POPCNT, "popcnt") ||
	    !CPU_HAS(PCLMULQDQ, "pclmul"))
		return MACHINE_PORTABLE;
	if (!CPU_HAS(AVX512F, "avx512f") || !CPU_HAS(AVX512BW, "avx512bw") ||
	    !CPU_HAS(AVX512VL, "avx512vl") || !CPU_HAS(AVX512DQ, "avx512dq") ||
	    !CPU_HAS(AVX512_VBMI2, "avx512vbmi2"))
		return MACHINE_AVX2;
	return MACHINE_AVX512;
#else
	return MACHINE_PORTABLE;
#endif
}

#endif
