# For csv.sh: lines "label|program, threads|bytes|wall processor peak-KiB status" of one job, a
# line of the table for each program.  The last column is the median beside that of the first
# program with as many threads.
BEGIN {
	FS = "|"
}

{
	if (!($2 in count))
		order[++programs] = $2
	n = ++count[$2]
	split($4, took, " ")
	for (i = 1; i <= 3; i++)
		value[$2, i, n] = took[i] + 0
	label = $1
	bytes = $3
}

# Sorts column `i` of a program into `sorted` and gives its median.
function median(program, i,   n, j, k, t)
{
	n = count[program]
	for (j = 1; j <= n; j++) {
		t = value[program, i, j]
		for (k = j; k > 1 && sorted[k - 1] > t; k--)
			sorted[k] = sorted[k - 1]
		sorted[k] = t
	}
	return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

END {
	for (p = 1; p <= programs; p++) {
		program = order[p]
		threads = program
		sub(/.*, /, "", threads)
		wall = median(program, 1)
		fastest = sorted[1]
		if (!(threads in first))
			first[threads] = wall
		printf "%-22s %-18s %9.3f %9.3f %9.3f %9.1f %9.1f %9.2f\n", p == 1 ? label : "",
			program, wall, fastest, median(program, 2), bytes / 1e6 / wall,
			median(program, 3) / 1024, wall / first[threads]
	}
}
