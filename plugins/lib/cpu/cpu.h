/*
 * What the processor can do, for loops that have a vector version.
 *
 *     if (CPU_HAS(AVX2, "avx2") && CPU_HAS(BMI2, "bmi2"))
 *             run = run_avx2;
 *
 * The first name is glibc's, of <sys/platform/x86.h>, the second gcc's.  Where glibc
 * is old enough not to have one of its own, gcc's answers.
 *
 * glibc asks the processor once, when the program starts.  What the compiler brings
 * along asks again in each shared object, when it is loaded and whether or not
 * anybody wants to know.  A virtual machine stops for every such question: that was
 * 0.1 ms for a plugin, a tenth of what an empty process takes.
 */
#ifndef CPU_H
#define CPU_H

#include <features.h>

#if !defined(__x86_64__)
#define CPU_HAS(glibc, gcc) 0
#elif defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
#include <sys/platform/x86.h>
#define CPU_HAS(glibc, gcc) CPU_FEATURE_ACTIVE(glibc)
#else
#define CPU_HAS(glibc, gcc) __builtin_cpu_supports(gcc)
#endif

#endif
